// Does one thing many times, and prints by how many megabytes the process has grown at most.
// Arguments: what, model, how often.

import { utimesSync } from 'node:fs'
import path from 'node:path'
import { isMainThread, Worker, workerData } from 'node:worker_threads'

import { Model2VecEmbeddingFunction } from 'model2vec-node'

class Subclass extends Model2VecEmbeddingFunction {}

const [, , what = '', model = '', count = ''] = isMainThread ? process.argv : (workerData as string[])
const rounds = Number(count)
/** Large calls with small results: 24 vectors of 128 bytes. */
const longTexts = Array.from({ length: 24 }, () => 'the dogs and the cats in the park of many words '.repeat(600))
const kept: Model2VecEmbeddingFunction[] = []
const open = new Map<string, Model2VecEmbeddingFunction>()

/** One that stays open for all rounds. */
function shared(): Model2VecEmbeddingFunction {
  const ef = open.get(model) ?? new Model2VecEmbeddingFunction(model, { maxLength: null })
  open.set(model, ef)
  return ef
}

/** Uses the model in a new thread, which then ends. */
async function workerThread(): Promise<void> {
  const worker = new Worker(__filename, { workerData: ['', '', 'small and large', model, '20'] })
  await new Promise((resolve, reject) => worker.once('exit', resolve).once('error', reject))
}

const ROUNDS: Readonly<Record<string, (round: number) => unknown>> = {
  load: async (round) => (await Model2VecEmbeddingFunction.load(model)).encodeSync(`text ${round}`),
  new: async (round) => new Model2VecEmbeddingFunction(model).encodeQueries([`text ${round}`]),
  'subclass load': async (round) => (await Subclass.load(model)).encodeSync(`text ${round}`),
  tokenize: (round) => new Model2VecEmbeddingFunction(model).tokenize(`text ${round}`),
  // Another model each time: the same folder, but with a newer file.
  'load of another model': async (round) => {
    utimesSync(path.join(model, 'tokenizer.json'), round + 1, round + 1)
    return (await Model2VecEmbeddingFunction.load(model, { memory: 'copy' })).encodeSync('a text')
  },
  closed: (round) => {
    const ef = new Model2VecEmbeddingFunction(model)
    ef.encodeSync(`text ${round}`)
    ef.close()
    kept.push(ef)
  },
  'large encode': async () => shared().encode(longTexts),
  'large encodeSync': () => shared().encodeSync(longTexts),
  'large tokenize': () => shared().tokenize(longTexts.slice(0, 12)),
  'small and large': async (round) => {
    const ef = new Model2VecEmbeddingFunction(model)
    kept.push(ef)
    await ef.encodeQueries([`text ${round}`])
    await ef.encodeDocuments(Array.from({ length: 600 }, (_, i) => `text ${i}`))
  },
  'worker threads': async () => {
    shared().encodeSync('a text')
    await Promise.all(Array.from({ length: 6 }, workerThread))
  },
}

async function main(): Promise<void> {
  const run = ROUNDS[what]
  if (run === undefined) throw new Error(what)
  // What the first round takes (threads, code) is no growth.
  await run(0)
  const before = process.memoryUsage.rss()
  let most = before
  for (let round = 1; round <= rounds; round++) {
    await run(round)
    most = Math.max(most, process.memoryUsage.rss())
  }
  if (isMainThread) console.log(Math.round((most - before) / 2 ** 20))
}
void main()
