// However many calls there are, the event loop has its turns: timers fire, signals are seen. Every
// test here counts turns or waits for a timer; none compares times.

import { AsyncLocalStorage } from 'node:async_hooks'
import { execFileSync } from 'node:child_process'
import { getEventListeners } from 'node:events'
import path from 'node:path'
import { setImmediate as turn } from 'node:timers/promises'

import test from 'ava'
import { Model2VecEmbeddingFunction } from 'model2vec-node'

import { manyTexts, modelPath, POTION, SMALL } from './test-data.js'
import { holdThread } from './waiting.js'

const ef = new Model2VecEmbeddingFunction(SMALL)
const texts = manyTexts(2000)

function* endlessTexts(): Generator<string> {
  for (;;) yield* texts
}

for (const batchSize of [1, 8, 16, 200, 2048]) {
  test.serial(`a stream that never ends is stopped by a timer's signal, in batches of ${batchSize}`, async (t) => {
    const signal = AbortSignal.timeout(50)
    const read = async (): Promise<void> => {
      for await (const { items } of ef.encodeStream(endlessTexts(), { batchSize, signal }))
        t.is(items.length, batchSize)
    }
    await t.throwsAsync(read, { name: 'TimeoutError', any: true })
  })
}

const SMALL_CALLS: Readonly<Record<string, (text: string) => Promise<unknown>>> = {
  encode: (text) => ef.encode(text),
  encodeDocuments: (text) => ef.encodeDocuments([text]),
  encodeQueries: (text) => ef.encodeQueries([text]),
  encodeAsSequence: (text) => ef.encodeAsSequence(text),
}
/** Far more calls than run in the time that a timer needs. */
const MANY = 1_000_000

for (const [method, call] of Object.entries(SMALL_CALLS)) {
  test.serial(`a timer fires while ${method} is called again and again`, async (t) => {
    const timer = AbortSignal.timeout(5)
    let calls = 0
    while (!timer.aborted && calls < MANY) {
      await call('one short text')
      calls++
    }
    t.true(timer.aborted, `not within ${calls} calls`)
  })

  test.serial(`${method} called 20,000 times at once takes several turns of the event loop`, async (t) => {
    let settled = 0
    const calls = Array.from({ length: 20_000 }, async () => {
      await call('one short text')
      settled++
    })
    await turn()
    const afterOneTurn = settled
    await Promise.all(calls)
    t.is(settled, 20_000)
    t.true(afterOneTurn < 20_000, 'all in one turn')
  })
}

test.serial(
  'large calls share the time of a turn: reading the texts of one is not followed by those of all others',
  async (t) => {
    let now = 0
    let isOver = false
    const count = (): void => {
      now++
      if (!isOver) setImmediate(count)
    }
    setImmediate(count)
    const readsIn = new Map<number, number>()
    /**
     * Longer than calls may hold a turn, so that a turn has room for one such text of those that
     * wait, and one of a call that starts.
     */
    const slowText = (): string => {
      holdThread(3)
      readsIn.set(now, (readsIn.get(now) ?? 0) + 1)
      return 'a text that takes long to read'
    }
    const slowTexts = Array.from({ length: 20 }, () => {
      const list = texts.slice(0, 600)
      for (const index of [0, 256, 512]) Object.defineProperty(list, index, { get: slowText, enumerable: true })
      return list
    })
    const results = await Promise.all(slowTexts.map((list) => ef.encode(list)))
    isOver = true
    t.deepEqual(
      results.map(({ rows }) => rows),
      slowTexts.map(() => 600),
    )
    const most = Math.max(...readsIn.values())
    t.is(
      [...readsIn.values()].reduce((all, reads) => all + reads),
      60,
    )
    t.true(most <= 3, `${most} of 60 in one turn`)
  },
)

/** How many turns the event loop has while `work` runs. */
async function turnsDuring(work: () => Promise<void>): Promise<number> {
  let turns = 0
  let isOver = false
  const count = (): void => {
    turns++
    if (!isOver) setImmediate(count)
  }
  setImmediate(count)
  await work()
  isOver = true
  return turns
}

for (const batchSize of [8, 16, 200]) {
  test.serial(
    `a stream whose texts take long to get leaves the event loop its turns, in batches of ${batchSize}`,
    async (t) => {
      const text = (item: string): string => {
        holdThread(1)
        return item
      }
      const turns = await turnsDuring(async () => {
        for await (const { items } of ef.encodeStream(texts.slice(0, 200), { batchSize, text }))
          t.true(items.length > 0)
      })
      // 200 ms of the caller's work, of which a turn has a few.
      t.true(turns >= 20, `${turns} turns`)
    },
  )
}

test.serial('a loop that does other work between small calls leaves the event loop its turns', async (t) => {
  const turns = await turnsDuring(async () => {
    for (let i = 0; i < 100; i++) {
      await ef.encode('one short text')
      holdThread(1)
    }
  })
  t.true(turns >= 10, `${turns} turns`)
})

test.serial(
  "what a call runs of its caller runs in that one's asynchronous context, also after it has waited",
  async (t) => {
    const context = new AsyncLocalStorage<number>()
    const wrong: string[] = []
    const call = (id: number): Promise<unknown> =>
      context.run(id, () => {
        const list = texts.slice(0, 600)
        const check = (what: string): void => {
          if (context.getStore() !== id) wrong.push(`${what} of ${id} ran in ${context.getStore()}`)
        }
        const getter = (): string => {
          check('a getter')
          return 'a text'
        }
        for (const index of [0, 300, 599]) Object.defineProperty(list, index, { get: getter, enumerable: true })
        const onProgress = (): void => {
          check('onProgress')
        }
        const calls = [ef.encode(list, { onProgress }), ef.encode([getter()], { onProgress })]
        return Promise.all(calls)
      })
    await Promise.all(Array.from({ length: 200 }, (_, id) => call(id)))
    t.deepEqual(wrong, [])
  },
)

test.serial('an onProgress that throws in a loop of small calls leaves the event loop its turns', async (t) => {
  const failure = new Error('from onProgress')
  const onProgress = (): void => {
    throw failure
  }
  let turns = 0
  const immediate = (): void => {
    turns++
  }
  // Each call rejects without a turn of the event loop, so that nothing but the budget gives it
  // one.
  let calls = 0
  setImmediate(immediate)
  while (turns === 0 && calls < 20_000) {
    calls++
    await ef.encode('one short text', { onProgress }).then(
      () => t.fail(),
      (error: unknown) => error === failure || t.fail(),
    )
  }
  t.is(turns, 1, `${calls} calls`)
})

test.serial('an abort ends the wait of a call at once, whatever waits before it', async (t) => {
  const controller = new AbortController()
  let ended = 0
  const others = Array.from({ length: 200 }, async () => {
    await ef.encode(texts)
    ended++
  })
  const small = ef.encode('one short text', { signal: controller.signal })
  const large = ef.encode(texts, { signal: controller.signal })
  const outcome = Promise.allSettled([small, large])
  controller.abort()
  t.deepEqual(
    (await outcome).map(({ status }) => status),
    ['rejected', 'rejected'],
  )
  t.true(ended < 200, 'not before all others')
  await Promise.all(others)
})

test.serial('a call of few texts does not wait for all large calls that wait before it', async (t) => {
  let ended = 0
  const large = Array.from({ length: 100 }, async () => {
    await ef.encode(texts)
    ended++
  })
  await ef.encode('one short text')
  t.true(ended < 100)
  await Promise.all(large)
})

test.serial('results that were given out are not kept while other calls wait', (t) => {
  const script = path.resolve('build/test/children/queue-memory.js')
  const output = execFileSync(process.execPath, ['--expose-gc', '--single-threaded-gc', script, POTION], {
    encoding: 'utf8',
  })
  const [largest = NaN, live = NaN] = output.trim().split(' ').map(Number)
  t.log(`${largest} MB at most, of which ${live} are of calls that run`)
  t.true(largest < 3 * live)
})

test.serial(
  'a thousand calls with one signal add one listener, warn of nothing, and leave nothing behind',
  async (t) => {
    const warnings: Error[] = []
    const note = (warning: Error): void => void warnings.push(warning)
    process.on('warning', note)
    const { signal } = new AbortController()
    const large = manyTexts(300)
    const calls = [
      ...Array.from({ length: 1000 }, () => ef.encode(large, { signal })),
      ...Array.from({ length: 20 }, () => ef.encodeDocuments(large, { signal })),
      ...Array.from({ length: 20 }, () => ef.encodeAsSequence(large, { signal })),
    ]
    const over = new AbortController()
    const isOver = (): boolean => over.signal.aborted
    const all = Promise.all(calls).finally(() => {
      over.abort()
    })
    let most = 0
    while (!isOver()) {
      most = Math.max(most, getEventListeners(signal, 'abort').length)
      await turn()
    }
    await all
    t.is(most, 1)
    for await (const { rows } of (async function* () {
      for await (const { embeddings } of ef.encodeStream(texts, { batchSize: 50, concurrency: 30, signal }))
        yield embeddings
    })()) {
      t.is(rows, 50)
    }
    t.is(getEventListeners(signal, 'abort').length, 0)
    await turn()
    process.off('warning', note)
    t.deepEqual(warnings, [])
  },
)

test.serial(
  'an aborted signal ends all the calls that it was given to, those that wait for their turn too',
  async (t) => {
    const reason = new Error('enough')
    const controller = new AbortController()
    const { signal } = controller
    const calls = Array.from({ length: 20_000 }, () => ef.encode('one short text', { signal }))
    const large = Array.from({ length: 20 }, () => ef.encode(texts, { signal }))
    controller.abort(reason)
    const outcomes = await Promise.allSettled([...calls, ...large])
    const rejected = outcomes.filter(({ status }) => status === 'rejected') as PromiseRejectedResult[]
    t.true(rejected.every((outcome) => outcome.reason === reason))
    // Those that ran before it was aborted.
    t.true(rejected.length > 0)
    t.true(outcomes.slice(-20).every(({ status }) => status === 'rejected'))
  },
)

test.serial('a call that waits for its turn is one that runs: close lets it finish', async (t) => {
  const own = new Model2VecEmbeddingFunction(SMALL)
  const calls = Array.from({ length: 20_000 }, () => own.encode('one short text'))
  own.close()
  const all = await Promise.all(calls)
  t.deepEqual(all.at(-1)?.data, ef.encodeSync('one short text').data)
  await t.throwsAsync(own.encode('one short text'), { code: 'ERR_CLOSED' })
})

test.serial(
  'a text that is read in pieces gives the ids of its words, pairs of surrogates at the borders of pieces too',
  async (t) => {
    // A model of bytes: it has ids for what no other knows. An odd number of units before pairs:
    // borders of 2^n units lie within a pair.
    const bytes = new Model2VecEmbeddingFunction(modelPath('bpe-roberta-v10'))
    const short = bytes.tokenize('a 😀 😀', { maxLength: null })[0] ?? new Uint32Array()
    const [first = 0, ...repeated] = short
    t.true(repeated.length >= 4 && repeated.length % 2 === 0)
    const word = repeated.slice(0, repeated.length / 2)
    t.deepEqual(repeated, [...word, ...word])
    const count = 200_000
    const text = `a${' 😀'.repeat(count)}`
    t.deepEqual(
      bytes.tokenize(text, { maxLength: null })[0],
      Uint32Array.from([first, ...Array.from({ length: count }, () => word).flat()]),
    )
    const { tokens, truncated } = await bytes.encode(['a', text, 'a'], { maxLength: null })
    t.deepEqual([[...tokens], truncated], [[1, 1 + count * word.length, 1], 0])
    const cut = await bytes.encode(['a', text, 'a'], { maxLength: 150_000 })
    t.deepEqual([[...cut.tokens], cut.truncated], [[1, 150_000, 1], 1])
  },
)
