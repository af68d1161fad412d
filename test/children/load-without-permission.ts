// Loads the default model, an id of the Hub at argv[2] into the cache argv[3], and the directory
// argv[3]; prints the outcome of each.

import { isModel2VecError, Model2VecEmbeddingFunction } from 'model2vec-node'
import type { LoadOptions, ModelSource } from 'model2vec-node'

const [, , endpoint, cacheDir] = process.argv

async function outcome(source: ModelSource | undefined, options: LoadOptions): Promise<unknown> {
  try {
    const ef = await Model2VecEmbeddingFunction.load(source, options)
    ef.close()
    return 'loaded'
  } catch (error) {
    if (!isModel2VecError(error)) return String(error)
    return [error.code, error.message.replace(cacheDir ?? '', '…').replace(/\. Use .*/, '')]
  }
}

async function main(): Promise<void> {
  const outcomes = [
    await outcome(undefined, { cacheDir }),
    await outcome('org/Name', { endpoint, cacheDir }),
    await outcome(cacheDir, {}),
  ]
  console.log(JSON.stringify(outcomes))
}

void main()
