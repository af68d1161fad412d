// Our columns and functions where the types of Arrow and LanceDB want theirs: nothing here runs.

import * as lancedb from '@lancedb/lancedb-0.39'
import * as older from '@lancedb/lancedb-0.37'
import * as arrow from 'apache-arrow'
import { Model2VecEmbeddingFunction } from 'model2vec-node'
import { fixedSizeList, recordBatch } from 'model2vec-node/arrow'
import { registerModel2Vec } from 'model2vec-node/lancedb'

const matrix = new Model2VecEmbeddingFunction().encodeSync(['a dog'], { dtype: 'float16' })
const column: arrow.Vector = fixedSizeList(arrow, matrix)
const batch: arrow.RecordBatch = recordBatch(arrow, { id: [1], column, embedding: matrix })
new arrow.Table([batch])

const embed = await registerModel2Vec(lancedb).create({ model: 'minishlab/potion-base-8M' })
lancedb.embedding.LanceSchema({ text: embed.sourceField(), vector: embed.vectorField(new arrow.Float16()) })
const other = await registerModel2Vec(older, 'other', new Model2VecEmbeddingFunction()).create()
older.embedding.LanceSchema({ text: other.sourceField(), vector: other.vectorField() })

// @ts-expect-error: Arrow has no type for it.
fixedSizeList(arrow, new Model2VecEmbeddingFunction().encodeSync(['a dog'], { dtype: 'bfloat16' }))
