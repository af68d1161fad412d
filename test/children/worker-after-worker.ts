// Worker threads, one after the other, that open a model and encode with it: half of them end by
// themselves, half are ended. After 20 and after 80 the process sends itself SIGUSR2. Argument: a
// model.

import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { Worker } from 'node:worker_threads'

const WARM_UP = 20
const ROUNDS = 80

async function workerThread(isEnded: boolean): Promise<void> {
  const worker = new Worker(path.join(__dirname, 'encode-forever.js'), {
    workerData: { model: process.argv[2], exit: isEnded ? null : 1 },
  })
  const over = new Promise((resolve, reject) => worker.once('exit', resolve).once('error', reject))
  await new Promise((resolve) => worker.once('message', resolve).once('exit', resolve))
  if (isEnded) await worker.terminate()
  await over
}

async function main(): Promise<void> {
  for (let round = 1; round <= ROUNDS; round++) {
    await workerThread(round % 2 === 0)
    if (round !== WARM_UP && round !== ROUNDS) continue
    for (let collection = 0; collection < 5; collection++) {
      globalThis.gc?.()
      await sleep(20)
    }
    process.kill(process.pid, 'SIGUSR2')
    await sleep(20)
  }
}
void main()
