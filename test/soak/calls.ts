// Loads that call a model which stays open: bulk, queries, streams, aborted and wrong calls, heads,
// searches.

import assert from 'node:assert/strict'
import { setTimeout as sleep } from 'node:timers/promises'

import { isModel2VecError } from 'model2vec-node'

import { assertRows, random } from './load.js'
import type { Load, Subject } from './load.js'

/** The texts several times over: a job for all threads. */
const TIMES = 8

export function callLoads(subject: Subject): Load[] {
  const { ef, pipeline, texts, labels, latency } = subject
  const many = Array.from({ length: TIMES }, () => texts).flat()
  const shared = new Float32Array(new SharedArrayBuffer(many.length * ef.dim * 4))
  const own = new Float32Array(many.length * ef.dim)
  const corpus = ef.encodeSync(texts)
  const nearest = corpus.nearestSync(corpus, { k: 5 })
  return [
    {
      name: 'bulk',
      pause: 20,
      run: async () => {
        const out = [undefined, own, shared][random(3)]
        const matrix = await ef.encode(many, { out })
        assertRows(matrix, subject)
        const small = await ef.encode(many, { dtype: 'int8', dimensionality: 64 })
        assert.equal(small.rows, many.length)
      },
    },
    {
      name: 'queries',
      pause: 2,
      run: async () => {
        const place = random(texts.length)
        const from = process.hrtime.bigint()
        const rows = await ef.encodeQueries(texts.slice(place, place + 1))
        latency.record(process.hrtime.bigint() - from)
        assertRows(rows, subject, place)
      },
    },
    {
      name: 'streams',
      pause: 50,
      run: async () => {
        const ends = ['whole', 'left', 'failing'][random(3)] ?? 'whole'
        const failure = new Error('the source failed')
        async function* source(): AsyncGenerator<string> {
          for (const [i, text] of many.entries()) {
            if (i % 500 === 0) await sleep(1)
            if (ends === 'failing' && i === 1234) throw failure
            yield text
          }
        }
        let count = 0
        const read = async (): Promise<void> => {
          for await (const { index, embeddings } of ef.encodeStream(source(), { batchSize: 128 })) {
            assertRows(embeddings, subject, index)
            count += embeddings.rows
            if (ends === 'left' && count > 600) break
          }
        }
        if (ends === 'failing') await assert.rejects(read(), (error) => error === failure)
        else await read()
        if (ends === 'whole') assert.equal(count, many.length)
      },
    },
    {
      name: 'aborts',
      pause: 20,
      run: async () => {
        const controller = new AbortController()
        const { signal } = controller
        const reason = new Error('no longer wanted')
        const call = [
          async () => {
            await ef.encode(many, { signal })
          },
          async () => {
            await ef.tokenizeAsync(many, { signal })
          },
          async () => {
            await pipeline.predict(many, { signal })
          },
          async () => {
            await corpus.nearest(corpus, { k: 100, signal })
          },
        ][random(4)]
        const running = call?.().catch((error: unknown) => {
          assert.equal(error, reason)
        })
        await sleep(random(15))
        controller.abort(reason)
        await running
      },
    },
    {
      name: 'wrong calls',
      pause: 50,
      run: async () => {
        const wrong = [...texts.slice(0, 50), 7 as unknown as string]
        const code = (expected: string) => (error: unknown) => isModel2VecError(error) && error.code === expected
        await assert.rejects(ef.encode(wrong), code('ERR_INVALID_TEXT'))
        assert.throws(() => ef.encodeSync(wrong), code('ERR_INVALID_TEXT'))
        await assert.rejects(ef.encode(many, { out: new Float32Array(8) }), code('ERR_OUT_TOO_SMALL'))
        await assert.rejects(ef.encode(texts, { dimensionality: -1 }), code('ERR_INVALID_OPTION'))
      },
    },
    {
      name: 'heads',
      pause: 50,
      run: async () => {
        assert.deepEqual(await pipeline.predict(texts), labels)
        const place = random(texts.length)
        assert.deepEqual(pipeline.predictSync(texts.slice(place, place + 1)), labels.slice(place, place + 1))
      },
    },
    {
      name: 'searches',
      pause: 50,
      run: async () => {
        const found = random(2) === 0 ? await corpus.nearest(corpus, { k: 5 }) : corpus.nearestSync(corpus, { k: 5 })
        assert.deepEqual(found.indices, nearest.indices)
        assert.deepEqual(found.scores, nearest.scores)
        const { kept, dropped } = await corpus.duplicates({ threshold: 0.95 })
        assert.equal(kept.length + dropped.length, texts.length)
      },
    },
  ]
}
