// A fuzzer that is guided by coverage: `node guided.js TARGET SECONDS CURRENT CORPUS [SEEDS…]`. It changes
// files that it knows, runs the target over them, and keeps those that reach something new: a block of code,
// by V8's precise coverage, that was not run before or not so often. It runs in a process of its own:
// CURRENT always has the input that is being run, for a watcher (scripts/fuzz-js.mjs) that ends it.
//
// Not Jazzer.js: its addon (4.0) needs glibc 2.38, and the others of its versions fetch theirs from elsewhere
// than npm's registry.

import { createHash } from 'node:crypto'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { Session } from 'node:inspector'
import type { Profiler } from 'node:inspector'
import path from 'node:path'

import { load } from '../modules.js'
import { Random } from '../mutants/random.js'

interface Target {
  readonly fuzz: (data: Buffer) => Promise<void>
}

/** Code that counts: our readers, and the libraries that they use. */
const COUNTED = /\/build\/modules\/|\/node_modules\/(?:apache-arrow|flatbuffers|hyparquet)/
const MOST_BYTES = 4096
/** Most inputs are changed several times at once. */
const MOST_CHANGES = 6

const TOKENS = [
  ...['"', "'", '\\', '{', '}', '[', ']', ',', ':', '\n', '\r\n', '\n\n', '\t', ';', '|', ' ', '\0', '\ufeff', '\u2028', '\u00e9'],
  ...['null', 'true', '-0', '1e999', '9007199254740993', '\\ud800', '\\u0000', '""', '"text"', '"id"', '__proto__', 'length'],
  ...['PAR1', 'ARROW1', '\x93NUMPY', '<f4', '|i1', '(2, 3)', '../', 'http://', 'sha256', '\x1f\x8b\x08', '\x28\xb5\x2f\xfd'],
].map((token) => Buffer.from(token, /[\x80-\xff]/.test(token) && token.length < 8 ? 'latin1' : 'utf8'))
const NUMBERS = [0, 1, -1, 2, 7, 8, 15, 16, 127, 128, 255, 256, 1024, 32767, 65535, 1 << 20, 2 ** 31 - 1, -(2 ** 31)]

class Coverage {
  readonly #session = new Session()
  /** How often blocks ran, in classes, by their script and range. */
  readonly #seen = new Set<string>()

  start(): void {
    this.#session.connect()
    this.#session.post('Profiler.enable')
    this.#session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: true })
  }

  get blocks(): number {
    return this.#seen.size
  }

  /** Takes what ran since the last call. @returns whether some of it is new */
  take(): boolean {
    const before = this.#seen.size
    this.#session.post('Profiler.takePreciseCoverage', (error, { result }) => {
      if (error !== null) throw error
      for (const script of result) if (COUNTED.test(script.url)) this.#add(script)
    })
    return this.#seen.size > before
  }

  #add({ scriptId, functions }: Profiler.ScriptCoverage): void {
    for (const { ranges } of functions) {
      for (const { startOffset, endOffset, count } of ranges) {
        if (count > 0) this.#seen.add(`${scriptId}:${startOffset}:${endOffset}:${Math.min(6, Math.floor(Math.log2(count)))}`)
      }
    }
  }
}

/** Changes an input that is known, at some places. */
function mutated(known: readonly Buffer[], random: Random): Buffer {
  // Half of the time one of the newest.
  const from = random.below(2) === 0 ? Math.max(0, known.length - 20) : 0
  let bytes: Buffer = Buffer.from(known[from + random.below(known.length - from)] ?? '')
  for (let i = random.below(MOST_CHANGES); i >= 0; i--) {
    const at = random.below(bytes.length + 1)
    const length = Math.min(1 + random.below(1 << random.below(7)), bytes.length - at)
    const [before, part, after] = [bytes.subarray(0, at), bytes.subarray(at, at + length), bytes.subarray(at + length)]
    const other = known[random.below(known.length)] ?? bytes
    const start = random.below(other.length)
    switch (random.below(9)) {
      case 0:
        bytes[at] = (bytes[at] ?? 0) ^ (1 << random.below(8))
        break
      case 1:
        bytes[at] = random.below(256)
        break
      case 2:
        bytes = Buffer.concat([before, number(random), after.subarray(random.below(2) * random.below(8))])
        break
      case 3:
        bytes = Buffer.concat([before, TOKENS[random.below(TOKENS.length)] ?? part, part, after])
        break
      case 4:
        bytes = Buffer.concat([before, after])
        break
      case 5:
        bytes = Buffer.concat([before, ...Array.from({ length: 1 + random.below(8) }, () => part), part, after])
        break
      case 6:
        bytes = Buffer.concat([before, other.subarray(start, start + 1 + random.below(64)), after])
        break
      case 7:
        // The start of one and the end of another.
        bytes = Buffer.concat([before, other.subarray(start)])
        break
      default:
        bytes[at] = (bytes[at] ?? 0) + random.pick([-1, 1, -2, 2, 16, -16])
    }
  }
  return bytes.subarray(0, MOST_BYTES)
}

/** A number that means something, of any size and order of bytes. */
function number(random: Random): Buffer {
  const value = NUMBERS[random.below(NUMBERS.length)] ?? 0
  const bytes = Buffer.alloc(8)
  bytes.writeBigInt64LE(BigInt(value))
  const size = random.pick([1, 2, 4, 4, 8])
  const part = bytes.subarray(0, size)
  return random.below(4) === 0 ? part.reverse() : part
}

async function main([name = '', seconds = '', current = '', corpus = '', ...seeds]: readonly string[]): Promise<void> {
  const { fuzz } = load(`../test/fuzz/targets/${name}`) as Target
  const random = new Random(Number(process.env.FUZZ_SEED ?? Date.now()))
  const coverage = new Coverage()
  const known: Buffer[] = []
  let inputs = 0
  const run = async (input: Buffer): Promise<boolean> => {
    writeFileSync(current, input)
    // A target may not change its input.
    await fuzz(Buffer.from(input))
    inputs++
    return coverage.take()
  }
  const tell = (): void => {
    console.log(JSON.stringify({ inputs, known: known.length, blocks: coverage.blocks }))
  }
  // What a target sets up at its first input is not of an input.
  await fuzz(Buffer.alloc(0)).catch(() => undefined)
  coverage.start()
  for (const folder of [...seeds, corpus]) {
    for (const file of readdirSync(folder)) {
      const input = readFileSync(path.join(folder, file))
      if (await run(input)) known.push(input)
    }
  }
  tell()
  const end = Date.now() + 1000 * Number(seconds)
  for (let next = 0; Date.now() < end;) {
    const input = mutated(known, random)
    if (await run(input)) {
      known.push(input)
      writeFileSync(path.join(corpus, createHash('sha1').update(input).digest('hex')), input)
    }
    if (Date.now() < next) continue
    next = Date.now() + 1000
    tell()
  }
  tell()
}

main(process.argv.slice(2)).catch((error: unknown) => {
  const { stack = '', cause } = error as Error
  console.error(stack, cause)
  process.exitCode = 1
})
