// Terminates worker threads in the middle of their calls, and prints what the process holds after
// half of them and after the last: bytes of memory, and threads. The first ones show nothing:
// malloc keeps a part of what was freed, in each of its arenas, until it has enough to use again.
// Arguments: model, how many.

import { readdirSync } from 'node:fs'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { Worker } from 'node:worker_threads'

interface Held {
  readonly bytes: number
  readonly threads: number
}

/**
 * The least of half a second, and of up to a minute until there are no more threads than
 * `expected`: the system lists a thread for a moment after it has ended.
 */
async function held(expected = Infinity): Promise<Held> {
  let [bytes, threads] = [Infinity, Infinity]
  for (let look = 0; look < 50 || (threads > expected && look < 6000); look++) {
    await sleep(10)
    bytes = Math.min(bytes, process.memoryUsage.rss())
    threads = Math.min(threads, readdirSync('/proc/self/task').length)
  }
  return { bytes, threads }
}

async function main(): Promise<void> {
  const [, , model = '', rounds = '0'] = process.argv
  const states: Held[] = []
  const half = Math.ceil(Number(rounds) / 2)
  for (let round = 1; round <= Number(rounds); round++) {
    const worker = new Worker(path.join(__dirname, 'encode-forever.js'), { workerData: { model, exit: null } })
    await new Promise((resolve) => worker.once('message', resolve))
    await sleep(round % 8)
    await worker.terminate()
    if (round === half || round === Number(rounds)) states.push(await held(states[0]?.threads))
  }
  console.log(JSON.stringify(states))
}
void main()
