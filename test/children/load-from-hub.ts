// Loads a model from a Hub into a cache, in a process or a worker thread, and prints or posts its
// dim or its error's code. Arguments, or workerData: endpoint, cache, id.

import { isMainThread, parentPort, workerData } from 'node:worker_threads'

import { isModel2VecError, Model2VecEmbeddingFunction } from 'model2vec-node'

async function main(): Promise<void> {
  const args = isMainThread ? process.argv.slice(2) : (workerData as string[])
  const [endpoint = '', cacheDir = '', id = ''] = args
  const say = (text: string): void => {
    if (parentPort === null) console.log(text)
    else parentPort.postMessage(text)
  }
  say('started')
  try {
    const { dim } = await Model2VecEmbeddingFunction.load(id, { endpoint, cacheDir })
    say(String(dim))
  } catch (error) {
    say(isModel2VecError(error) ? `${error.code} ${error.message}` : String(error))
  }
}
void main()
