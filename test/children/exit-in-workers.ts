// Worker threads that call process.exit() in the middle of their calls, again and again. Arguments:
// model, how many.

import path from 'node:path'
import { Worker } from 'node:worker_threads'

async function main(): Promise<void> {
  const [, , model = '', rounds = '0'] = process.argv
  for (let round = 0; round < Number(rounds); round++) {
    const worker = new Worker(path.join(__dirname, 'encode-forever.js'), { workerData: { model, exit: round % 8 } })
    await new Promise((resolve) => worker.once('exit', resolve))
  }
  console.log(`${rounds} workers`)
}
void main()
