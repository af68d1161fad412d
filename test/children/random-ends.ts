// Begins many calls and opens many functions, each of which ends at a random moment: aborted,
// closed, left, or done. Prints what the process holds that it did not hold before. Runs with
// `--expose-gc`. Arguments: a model, how many ends, and the seed of the moments.

import assert from 'node:assert/strict'
import { setImmediate as turn } from 'node:timers/promises'

import { Model2VecEmbeddingFunction } from 'model2vec-node'

import { differences, settled } from '../soak/held.js'
import { crc, manyTexts } from '../test-data.js'

export interface RandomEnds {
  /** How each end came to be, and how often. */
  readonly ends: Readonly<Record<string, number>>
  /** What is held that was not held before, in words. */
  readonly left: readonly string[]
  /** By how many megabytes the process grew from a tenth of the ends to all of them. */
  readonly grown: number
}

/** So many at the same time. */
const SIDE_BY_SIDE = 8

const [, , model = '', count = '', seed = ''] = process.argv
const texts = manyTexts(600)
const reason = new Error('no longer wanted')

let state = Number(seed) >>> 0
/** An integer from 0 to below `limit`: xorshift, so that a seed gives the same moments again. */
function random(limit: number): number {
  state ^= state << 13
  state ^= state >>> 17
  state ^= state << 5
  return (state >>> 0) % limit
}

/** Waits so many turns of the event loop. */
async function turns(limit: number): Promise<void> {
  for (let left = random(limit); left > 0; left--) await turn()
}

/** `aborted`, or `done` when the call was faster. */
async function endOf(call: Promise<unknown>): Promise<string> {
  return call.then(
    () => 'done',
    (error: unknown) => {
      assert.equal(error, reason)
      return 'aborted'
    },
  )
}

const ef = new Model2VecEmbeddingFunction(model)
const expected = crc(ef.encodeSync(texts).data)

/** A call that is aborted at a random moment, or done before. */
function aborted(name: string, begin: (signal: AbortSignal) => Promise<unknown>): () => Promise<string> {
  return async () => {
    const controller = new AbortController()
    const call = endOf(begin(controller.signal))
    await turns(8)
    controller.abort(reason)
    return `${name} ${await call}`
  }
}

/** Each returns how it ended. */
const KINDS: readonly (() => Promise<string>)[] = [
  aborted('encode', async (signal) => ef.encode(texts, { signal })),
  aborted('tokenize', async (signal) => ef.tokenizeAsync(texts, { signal })),
  aborted('load', async (signal) => {
    const loaded = await Model2VecEmbeddingFunction.load(model, { signal })
    loaded.close()
  }),
  async () => {
    const own = new Model2VecEmbeddingFunction(model)
    const call = own.encode(texts)
    await turns(4)
    own.close()
    assert.equal(crc((await call).data), expected)
    return 'closed in a call'
  },
  async () => {
    const own = await Model2VecEmbeddingFunction.load(model)
    await own.encode(texts.slice(0, random(20)))
    // The garbage collector closes it.
    return 'left open'
  },
  async () => {
    let read = random(3)
    for await (const batch of ef.encodeStream(texts, { batchSize: 100 })) {
      assert.ok(batch.embeddings.rows > 0)
      if (read-- === 0) break
    }
    return 'stream left'
  },
]

async function main(): Promise<void> {
  const ends: Record<string, number> = {}
  let left = Number(count)
  const runner = async (until: number): Promise<void> => {
    while (left > until) {
      left--
      const kind = KINDS[random(KINDS.length)]
      const end = (await kind?.()) ?? ''
      ends[end] = (ends[end] ?? 0) + 1
    }
  }
  const side = async (until: number): Promise<unknown> =>
    Promise.all(Array.from({ length: SIDE_BY_SIDE }, async () => runner(until)))
  // What the first ones take (threads, caches, code) is no growth.
  await side(Number(count) * 0.9)
  const before = await settled()
  const memory = process.memoryUsage.rss()
  await side(0)
  const after = await settled(before)
  assert.equal(crc(ef.encodeSync(texts).data), expected)
  const grown = (process.memoryUsage.rss() - memory) / 2 ** 20
  const report: RandomEnds = { ends, left: differences(before, after), grown }
  console.log(JSON.stringify(report))
}
void main()
