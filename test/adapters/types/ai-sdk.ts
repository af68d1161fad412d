// Our models and providers where the types of `ai` 5, 6 and 7 want theirs: nothing here runs.

import * as ai5 from 'ai-5'
import * as ai6 from 'ai-6'
import * as ai7 from 'ai-7'
import { Model2VecEmbeddingFunction } from 'model2vec-node'
import { createModel2Vec, embeddingModel } from 'model2vec-node/ai-sdk'

const ef = new Model2VecEmbeddingFunction()
const v2 = embeddingModel({ model: 'minishlab/potion-base-8M', quantizeTo: 'int8' }, { spec: 'v2' })
const v3 = embeddingModel(ef, { dtype: 'float16' })

void ai5.embed({ model: v2, value: 'a dog' })
void ai5.embedMany({ model: v2, values: ['a dog'] })
ai5.createProviderRegistry({ model2vec: createModel2Vec({ spec: 'v2' }) })
ai5.customProvider({ textEmbeddingModels: { small: v2 } })

void ai6.embed({ model: v3, value: 'a dog' })
void ai6.embedMany({ model: v3, values: ['a dog'] })
ai6.createProviderRegistry({ model2vec: createModel2Vec() })
ai6.customProvider({ embeddingModels: { small: v3 }, fallbackProvider: createModel2Vec() })

void ai7.embed({ model: v3, value: 'a dog', dimensions: 8 })
void ai7.embedMany({ model: v3, values: ['a dog'] })
ai7.createProviderRegistry({ model2vec: createModel2Vec() })
ai7.customProvider({ embeddingModels: { small: v3 }, fallbackProvider: createModel2Vec() })

// @ts-expect-error: `ai` 5 knows no v3.
void ai5.embed({ model: v3, value: 'a dog' })
