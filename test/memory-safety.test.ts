// Nothing that a caller does to `out`, to the texts, to the model or to the process while a call
// runs can crash the process. Each way is tried many times, with the call at another point each
// time.

import { execFile } from 'node:child_process'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'

import test from 'ava'
import type { ExecutionContext } from 'ava'
import { isModel2VecError, Model2VecEmbeddingFunction } from 'model2vec-node'

import { manyTexts, SMALL } from './test-data.js'

interface WasmMemory {
  readonly buffer: ArrayBuffer
  grow(pages: number): number
}
// Node has it, but its types leave it to those of browsers.
declare const WebAssembly: {
  Memory: new (limits: { initial: number; maximum: number; shared?: boolean }) => WasmMemory
}

const ROUNDS = 200
const ef = new Model2VecEmbeddingFunction(SMALL)
const ofOneThread = new Model2VecEmbeddingFunction(SMALL, { threads: 1 })
const texts = manyTexts(1500)
const expected = ef.encodeSync(texts).data

type Outcome = 'ERR_OUT_TOO_SMALL' | 'encoded'

/**
 * Runs `disturb` on an `out` while a call fills it, after 0 to 3 ms, and says how the calls ended.
 * In every fourth round it runs before the event loop's next turn, so that the call can't have
 * ended.
 */
async function disturbed(
  t: ExecutionContext,
  makeOut: () => Float32Array,
  disturb: (out: Float32Array) => void,
): Promise<Record<Outcome, number>> {
  const outcomes = { ERR_OUT_TOO_SMALL: 0, encoded: 0 }
  for (let round = 0; round < ROUNDS; round++) {
    const out = makeOut()
    const call = ef.encode(texts, { out }).then(
      () => 'encoded',
      (error: unknown) => (isModel2VecError(error) ? error.code : error),
    )
    if (round % 4 > 0) await sleep((round % 16) / 4)
    disturb(out)
    const outcome = await call
    if (outcome !== 'ERR_OUT_TOO_SMALL' && outcome !== 'encoded') {
      t.is(outcome, 'ERR_OUT_TOO_SMALL')
      break
    }
    outcomes[outcome]++
  }
  t.deepEqual((await ef.encode(texts)).data, expected)
  return outcomes
}

test('an out that is transferred away is ERR_OUT_TOO_SMALL', async (t) => {
  const outcomes = await disturbed(
    t,
    () => new Float32Array(texts.length * ef.dim),
    (out) => structuredClone(out.buffer, { transfer: [out.buffer as ArrayBuffer] }),
  )
  t.log(outcomes)
  t.true(outcomes.ERR_OUT_TOO_SMALL > 0)
})

test('an out that is resized to nothing is ERR_OUT_TOO_SMALL', async (t) => {
  const bytes = texts.length * ef.dim * 4
  // Resizable buffers: Node 20 has them, the types of this language version don't.
  const resizable = ArrayBuffer as unknown as new (size: number, options: { maxByteLength: number }) => ArrayBuffer
  const outcomes = await disturbed(
    t,
    () => new Float32Array(new resizable(bytes, { maxByteLength: bytes })),
    (out) => {
      ;(out.buffer as unknown as { resize(size: number): void }).resize(0)
    },
  )
  t.log(outcomes)
  t.true(outcomes.ERR_OUT_TOO_SMALL > 0)
})

test('an out on a wasm memory that grows is ERR_OUT_TOO_SMALL', async (t) => {
  const pages = Math.ceil((texts.length * ef.dim * 4) / 65_536)
  const memories = new WeakMap<object, WasmMemory>()
  const outcomes = await disturbed(
    t,
    () => {
      const memory = new WebAssembly.Memory({ initial: pages, maximum: pages + 1 })
      const out = new Float32Array(memory.buffer, 0, texts.length * ef.dim)
      memories.set(out, memory)
      return out
    },
    (out) => memories.get(out)?.grow(1),
  )
  t.log(outcomes)
  t.true(outcomes.ERR_OUT_TOO_SMALL > 0)
})

for (const what of ['transferred', 'resized'] as const) {
  test(`an out of encodeAsSequence that is ${what} while it runs is ERR_OUT_TOO_SMALL`, async (t) => {
    const sequences = await ef.encodeAsSequence(texts)
    const bytes = sequences.reduce((sum, { data }) => sum + data.byteLength, 0)
    const resizable = ArrayBuffer as unknown as new (
      size: number,
      options: { maxByteLength: number },
    ) => ArrayBuffer & { resize(size: number): void }
    const outcomes: Record<string, number> = {}
    for (let round = 0; round < 60; round++) {
      const buffer = new resizable(bytes, { maxByteLength: bytes })
      const out = round % 2 === 0 ? new Float32Array(buffer) : new Float32Array(buffer, 0, bytes / 4)
      const call = ef.encodeAsSequence(texts, { out }).then(
        () => 'encoded',
        (error: unknown) => (isModel2VecError(error) ? error.code : String(error)),
      )
      // In every fourth round the call can't have ended: the event loop had no turn.
      if (round % 4 > 0) await sleep(round)
      if (what === 'resized') buffer.resize(round % 3 === 0 ? 0 : bytes - 4)
      else structuredClone(buffer, { transfer: [buffer] })
      const outcome = await call
      outcomes[outcome] = (outcomes[outcome] ?? 0) + 1
    }
    t.log(outcomes)
    const { ERR_OUT_TOO_SMALL: refused = 0, encoded = 0 } = outcomes
    t.true(refused > 0)
    t.is(refused + encoded, 60)
    t.is((await ef.encodeAsSequence(texts)).length, texts.length)
  })
}

test('an out on a shared wasm memory that grows keeps its memory', async (t) => {
  const pages = Math.ceil((texts.length * ef.dim * 4) / 65_536)
  const memory = new WebAssembly.Memory({ initial: pages, maximum: pages + 20, shared: true })
  for (let round = 0; round < 20; round++) {
    const out = new Float32Array(memory.buffer, 0, texts.length * ef.dim).fill(0)
    const call = ef.encode(texts, { out })
    memory.grow(1)
    t.deepEqual(Float32Array.from((await call).data), expected)
  }
})

/** Texts whose element `at` runs `disturb` when it is read, by a getter and by a proxy. */
function trapped(count: number, at: number, disturb: () => void): string[][] {
  const values = texts.slice(0, count)
  const withGetter = [...values]
  Object.defineProperty(withGetter, at, {
    get: () => {
      disturb()
      return values[at]
    },
  })
  const proxy = new Proxy(values, {
    get: (target, key, receiver): unknown => {
      if (key === String(at)) disturb()
      return Reflect.get(target, key, receiver)
    },
  })
  return [withGetter, proxy]
}

test('a getter or proxy in the texts that detaches out is ERR_OUT_TOO_SMALL, async and sync, small and large', async (t) => {
  for (const [count, at] of [
    [3, 0],
    [3, 2],
    [1500, 0],
    [1500, 700],
    [1500, 1499],
  ] as const) {
    for (let kind = 0; kind < 2; kind++) {
      for (let round = 0; round < 20; round++) {
        const run = (): { list: string[]; out: Float32Array } => {
          const out = new Float32Array(count * ef.dim)
          const detach = (): void => {
            structuredClone(out.buffer, { transfer: [out.buffer] })
          }
          return { list: trapped(count, at, detach)[kind] ?? [], out }
        }
        for (const caller of [ef, ofOneThread]) {
          const sync = run()
          t.throws(() => caller.encodeSync(sync.list, { out: sync.out }), { code: 'ERR_OUT_TOO_SMALL' })
        }
        const later = run()
        await t.throwsAsync(ef.encode(later.list, { out: later.out }), { code: 'ERR_OUT_TOO_SMALL' })
      }
    }
  }
})

test('a getter or proxy in the texts that closes the model lets the call finish', async (t) => {
  for (const [count, at] of [
    [3, 1],
    [1500, 0],
    [1500, 700],
  ] as const) {
    for (let kind = 0; kind < 2; kind++) {
      for (const method of ['encode', 'encodeSync', 'encodeAsSequence', 'encodeAsSequenceSync', 'tokenize'] as const) {
        const closing = new Model2VecEmbeddingFunction(SMALL)
        const list =
          trapped(count, at, () => {
            closing.close()
          })[kind] ?? []
        const result = await closing[method](list)
        if ('rows' in result) t.deepEqual(result.data, expected.subarray(0, count * ef.dim))
        else t.is(result.length, count)
        t.throws(() => closing.dim, { code: 'ERR_CLOSED' })
      }
    }
  }
})

test('what a getter in the texts throws ends the call with that error', async (t) => {
  for (const [count, at] of [
    [3, 1],
    [1500, 700],
  ] as const) {
    for (let kind = 0; kind < 2; kind++) {
      const error = new Error('from the caller')
      const list =
        trapped(count, at, () => {
          throw error
        })[kind] ?? []
      t.is(await t.throwsAsync(ef.encode(list)), error)
      t.is(
        t.throws(() => ef.encodeSync(list)),
        error,
      )
      t.is(
        t.throws(() => ef.tokenize(list)),
        error,
      )
    }
  }
})

test('texts that change while they are read give the old or the new text, or ERR_INVALID_TEXT', async (t) => {
  for (let round = 0; round < 50; round++) {
    const changing: unknown[] = manyTexts(20_000)
    const call = ef.encode(changing as string[]).then(
      (matrix) => matrix.rows === 20_000,
      (error: unknown) => isModel2VecError(error) && error.code === 'ERR_INVALID_TEXT',
    )
    await sleep(round % 5)
    if (round % 2 === 0) changing.length = 5
    else changing.fill(5)
    t.true(await call)
  }
})

test('a typed array that lies about its length or its memory is taken for what it is', async (t) => {
  const out = new Float32Array(10)
  Object.defineProperty(out, 'length', { value: 1e9 })
  Object.defineProperty(out, 'buffer', { value: new SharedArrayBuffer(4e6) })
  await t.throwsAsync(ef.encode(texts, { out }), { code: 'ERR_OUT_TOO_SMALL' })
  t.throws(() => ef.encodeSync(texts, { out }), { code: 'ERR_OUT_TOO_SMALL' })
})

for (const script of ['terminate-workers', 'exit-in-workers']) {
  test(`${script}: worker threads that end in the middle of a call take nothing with them`, async (t) => {
    const { stdout } = await promisify(execFile)(process.execPath, [
      path.join(__dirname, 'children', `${script}.js`),
      SMALL,
      String(ROUNDS),
    ])
    t.is(stdout, `${ROUNDS} workers\n`)
  })
}

test('process.exit() in the middle of a call ends the process as it should', async (t) => {
  for (let round = 0; round < ROUNDS; round += 4) {
    // Four processes at once: they disturb each other's timing.
    await Promise.all(
      [0, 1, 2, 3].map(async (offset) => {
        const script = path.join(__dirname, 'children', 'exit-in-call.js')
        const child = promisify(execFile)(process.execPath, [script, SMALL, String((round + offset) % 12)])
        const { code, signal } = await child.then(
          () => ({ code: 0, signal: null }),
          (error: unknown) => error as { code: number; signal: string | null },
        )
        t.is(signal, null)
        t.is(code, 7)
      }),
    )
  }
})
