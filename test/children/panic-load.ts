// With M2V_FAULT=panic-load, and a native module that injects faults (`npm run test:native` builds
// it), the first load panics. Arguments: model, 'new' or 'load'. Prints the code of the first load,
// and the dimension of the second model.

import { isModel2VecError, Model2VecEmbeddingFunction } from 'model2vec-node'

async function main(): Promise<void> {
  const [, , model = '', form = ''] = process.argv
  const outcomes: unknown[] = []
  for (let round = 0; round < 2; round++) {
    try {
      const ef = form === 'new' ? new Model2VecEmbeddingFunction(model) : await Model2VecEmbeddingFunction.load(model)
      outcomes.push(ef.dim)
    } catch (error) {
      outcomes.push(isModel2VecError(error) ? error.code : String(error))
    }
  }
  console.log(JSON.stringify(outcomes))
}
void main()
