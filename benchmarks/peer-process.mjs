// A peer in a process of its own, which answers each line of JSON with one. The commands:
//
// { do: 'load', model, threads, memory }        imports the library and loads the model's directory → { ns, importNs }, where there is
//                                               something to import; of ours also { kernel }
// { do: 'pass', texts, form } one call for all texts of the file → { ns }, the call alone { do:
// 'queries', texts, form } a call for each text → { ns: [..] } { do: 'paused-queries', texts,
// form, bulk, pause_ms } the same with a pause before each, and, where there is `bulk`, while that is
// embedded again and again { do: 'vectors', texts, form, to } writes the vectors of a pass: float32, little-endian {
// do: 'ids', texts, to } writes the ids of each text, their number first: uint32 → { unknown }
// where it is known { do: 'installed', names } → { bytes }; Python's alone
//
// `texts` and `bulk` are files with an array of strings. A process says { started: true } before it
// loads anything of the library. An answer { error } says why not.

import { spawn, spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { createInterface } from 'node:readline'

import { privateMemory } from './private-memory.mjs'

/** The cores that this process may use, by number; null where `taskset` or /proc doesn't tell. */
function cores() {
  if (process.platform !== 'linux' || spawnSync('taskset', ['--version'], { stdio: 'ignore' }).status !== 0) return null
  const list = /^Cpus_allowed_list:\s*(\S+)/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1]
  return list?.split(',').flatMap((range) => {
    const [first, last = first] = range.split('-').map(Number)
    return Array.from({ length: last - first + 1 }, (_, i) => first + i)
  })
}

const allowed = cores()

/** Whether processes are bound to as many cores as they may have threads. */
export const pinned = allowed !== null && allowed.length >= 2

/** The processes that run: none outlives an error of this one. */
const running = new Set()
process.on('exit', () => running.forEach((child) => child.kill()))
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => process.exit(1))

export class PeerProcess {
  #child
  #answers
  #name

  /**
   * Starts `peer` (one of `peers.mjs`), bound to `threads` cores where that is possible, all peers
   * to the same ones.
   */
  static async start(peer, threads) {
    const [command, ...args] = peer.command()
    // The second core first: this process and the system's interrupts are rather on the first.
    const bound = pinned
      ? ['taskset', '-c', allowed.slice(0, 2).slice(-threads).join(','), command, ...args]
      : [command, ...args]
    const env = {
      ...process.env,
      ...peer.environment,
      RAYON_NUM_THREADS: String(threads),
      TOKENIZERS_PARALLELISM: String(threads > 1),
    }
    const process_ = new PeerProcess(
      peer.name,
      spawn(bound[0], bound.slice(1), { env, stdio: ['pipe', 'pipe', 'pipe'] }),
    )
    const { started } = await process_.#answer()
    if (started !== true) throw new Error(`${peer.name} did not start`)
    return process_
  }

  constructor(name, child) {
    this.#name = name
    this.#child = child
    this.errors = ''
    child.stderr.on('data', (data) => (this.errors = (this.errors + data).slice(-4000)))
    // A peer that has crashed can't be written to; what is waited for says so.
    child.stdin.on('error', () => undefined)
    this.#answers = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
    this.ended = new Promise((resolve, reject) => {
      child.on('error', reject)
      child.on('close', resolve)
    })
    this.ended.catch(() => undefined)
    running.add(child)
    child.on('close', () => running.delete(child))
  }

  async #answer() {
    const { value, done } = await this.#answers.next()
    if (done) {
      await this.ended
      throw new Error(`${this.#name} ended: ${this.errors.trim().split('\n').at(-1) ?? ''}`)
    }
    return JSON.parse(value)
  }

  /**
   * Sends a command and waits for the answer. Throws with the peer's reason when it could not do
   * it.
   */
  async ask(command) {
    this.#child.stdin.write(`${JSON.stringify(command)}\n`)
    const answer = await this.#answer()
    if (answer.error !== undefined) throw new Error(answer.error)
    return answer
  }

  /** In MB, or null. */
  privateMemory() {
    return privateMemory(this.#child.pid)
  }

  /** Ends the process and waits until it has. */
  async close() {
    this.#child.stdin.end()
    await this.ended
  }
}
