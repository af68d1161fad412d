// With M2V_FAULT=panic, and a native module that injects faults (`npm run test:native` builds it),
// the engine's first slice panics. Arguments: model, method, number of texts. Prints the code of
// the first call, and the number of rows of the second.

import { isModel2VecError, Model2VecEmbeddingFunction } from 'model2vec-node'

type Method = 'encode' | 'encodeSync' | 'encodeDocuments' | 'tokenize' | 'encodeAsSequence' | 'encodeAsSequenceSync'

async function main(): Promise<void> {
  const [, , model = '', method = '', count = '0'] = process.argv
  const ef = new Model2VecEmbeddingFunction(model)
  const texts = Array.from({ length: Number(count) }, (_, i) => `the ${i} quick brown foxes`)
  const outcomes: unknown[] = []
  for (let round = 0; round < 2; round++) {
    try {
      const result = await ef[method as Method](texts)
      outcomes.push('rows' in result ? result.rows : result.length)
    } catch (error) {
      outcomes.push(isModel2VecError(error) ? error.code : String(error))
    }
  }
  console.log(JSON.stringify(outcomes))
}
void main()
