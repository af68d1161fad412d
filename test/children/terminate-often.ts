// Terminates worker threads in the middle of their calls, and says what the process holds after half of them and after the last:
// bytes of memory, and threads. The first ones show nothing: malloc keeps a part of what was freed, in each of its arenas, until it has
// enough to use again. Arguments: model, how many.

import { readdirSync } from 'node:fs'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { Worker } from 'node:worker_threads'

async function main(): Promise<void> {
  const [, , model = '', rounds = '0'] = process.argv
  const held: { bytes: number; threads: number }[] = []
  const half = Math.ceil(Number(rounds) / 2)
  for (let round = 1; round <= Number(rounds); round++) {
    const worker = new Worker(path.join(__dirname, 'encode-forever.js'), { workerData: { model, exit: null } })
    await new Promise((resolve) => worker.once('message', resolve))
    await sleep(round % 8)
    await worker.terminate()
    if (round === half || round === Number(rounds)) {
      held.push({ bytes: process.memoryUsage().rss, threads: readdirSync('/proc/self/task').length })
    }
  }
  console.log(JSON.stringify(held))
}
void main()
