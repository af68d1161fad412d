// Terminates worker threads in the middle of their calls, again and again. Arguments: model, how
// many.

import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { Worker } from 'node:worker_threads'

async function main(): Promise<void> {
  const [, , model = '', rounds = '0'] = process.argv
  for (let round = 0; round < Number(rounds); round++) {
    const worker = new Worker(path.join(__dirname, 'encode-forever.js'), { workerData: { model, exit: null } })
    await new Promise((resolve) => worker.once('message', resolve))
    await sleep(round % 8)
    await worker.terminate()
  }
  console.log(`${rounds} workers`)
}
void main()
