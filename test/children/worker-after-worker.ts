// Worker threads, one after the other, that open a model and encode with it: half of them end by
// themselves, half are ended. After each 20 the process sends itself SIGUSR2 three times, each after
// a collection. Argument: a model.

import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { Worker } from 'node:worker_threads'

const ROUNDS = 120
const BLOCK = 20
const LOOKS = 3

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
    if (round % BLOCK !== 0) continue
    for (let look = 0; look < LOOKS; look++) {
      globalThis.gc?.()
      await sleep(30)
      process.kill(process.pid, 'SIGUSR2')
    }
    await sleep(30)
  }
}
void main()
