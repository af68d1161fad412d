// Stops the work on one long text, by a signal or by the end of its worker thread, and prints how
// long that took. Arguments: a model, the units of the text, and `abort` or `terminate`.

import { setTimeout as sleep } from 'node:timers/promises'
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads'

import { Model2VecEmbeddingFunction } from 'model2vec-node'

/** What each run prints. */
export interface LongTextStopped {
  /** Milliseconds of processor time for the whole text. */
  readonly whole: number
  /** Milliseconds of processor time from the stop on, until a while after the call's end. */
  readonly after: number
  /** Milliseconds from the stop to the call's end. */
  readonly waited: number
}

const [, , model = '', length = '', way = ''] = isMainThread ? process.argv : (workerData as string[])
const text = 'It is a dog, not naïve cats; the park has 1,000 trees. '.repeat(Math.ceil(Number(length) / 55))
const options = { maxLength: null }

/** All threads of the process. */
function processorTime(): number {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1000
}

/** The call has begun, and most of the text is left. */
const begun = async (whole: number): Promise<unknown> => sleep(Math.min(whole / 10, 100))

/** From now on until the threads would have been done with the text. */
async function measured(whole: number, stop: () => Promise<unknown>): Promise<LongTextStopped> {
  const [start, before] = [performance.now(), processorTime()]
  await stop()
  const waited = performance.now() - start
  await sleep(Math.max(whole, 200))
  return { whole, after: processorTime() - before, waited }
}

async function main(): Promise<void> {
  const ef = new Model2VecEmbeddingFunction(model)
  await ef.encode('a dog')
  const before = processorTime()
  await ef.encode(text, options)
  const whole = processorTime() - before
  if (way === 'abort') {
    const controller = new AbortController()
    const call = ef.encode(text, { ...options, signal: controller.signal })
    await begun(whole)
    const stop = async (): Promise<unknown> => {
      controller.abort('enough')
      return call.then(
        () => Promise.reject(new Error('the call was done before the abort')),
        () => null,
      )
    }
    console.log(JSON.stringify(await measured(whole, stop)))
  } else {
    const worker = new Worker(__filename, { workerData: process.argv })
    await new Promise((resolve) => worker.once('message', resolve))
    await begun(whole)
    console.log(JSON.stringify(await measured(whole, async () => worker.terminate())))
  }
}

async function inWorker(): Promise<void> {
  const ef = new Model2VecEmbeddingFunction(model)
  const call = ef.encode(text, options)
  parentPort?.postMessage('begun')
  await call
}
void (isMainThread ? main() : inWorker())
