// matrix.duplicates: what a loop over all pairs gives, and what ends it.

import test from 'ava'
import { EmbeddingMatrix, isModel2VecError } from 'model2vec-node'
import type { Dtype, Duplicates, DuplicatesProgress, SearchMetric } from 'model2vec-node'
import { setImmediate as turn } from 'node:timers/promises'

import { ofType, vectors } from './search/vectors.js'

/** The definition: every row against every kept row before it, by the scores of a search. */
function byAllPairs(matrix: EmbeddingMatrix<Dtype>, metric: SearchMetric, threshold: number): Duplicates {
  const isDistance = metric === 'euclidean' || metric === 'hamming'
  const kept: number[] = []
  const dropped: { index: number; of: number; score: number }[] = []
  for (let index = 0; index < matrix.rows; index++) {
    const scores = new Map(
      matrix
        .nearestSync(matrix.row(index), { k: matrix.rows, metric })
        .list(0)
        .map((each) => [each.index, each.score]),
    )
    const isNear = (of: number): boolean => {
      const score = scores.get(of) ?? NaN
      return isDistance ? score <= threshold : score >= threshold
    }
    const of = kept.find(isNear)
    if (of === undefined) kept.push(index)
    else dropped.push({ index, of, score: scores.get(of) ?? NaN })
  }
  return { kept: Uint32Array.from(kept), dropped }
}

test('equal rows score 1, so that a threshold of 1 finds them', async (t) => {
  for (const dtype of ['float32', 'float16', 'bfloat16', 'int8'] as const) {
    const once = vectors(dtype, 500, 100, 11).toArray()
    const matrix = ofType(dtype, [...once, ...once], 100)
    const { dropped } = await matrix.duplicates({ threshold: 1 })
    const scores = dropped.filter(({ index }) => index >= 500).map(({ score }) => score)
    t.deepEqual(
      scores,
      once.map(() => 1),
      dtype,
    )
  }
})

for (const [dtype, metric, threshold] of [
  ['float32', 'cosine', 0.9],
  ['float32', 'euclidean', 1.5],
  ['float32', 'dot', 3],
  ['bfloat16', 'cosine', 0.9],
  ['int8', 'cosine', 0.9],
  ['binary', 'hamming', 4],
] as const) {
  test(`a row is dropped for the first kept row that is near enough: ${dtype} by ${metric}`, async (t) => {
    // More than two groups.
    const matrix = vectors(dtype, 2500, 24, 21)
    const expected = byAllPairs(matrix, metric, threshold)
    t.true(expected.dropped.length > 200 && expected.kept.length > 100, `${expected.kept.length} of 2500`)
    for (const threads of [1, 3]) t.deepEqual(await matrix.duplicates({ threshold, metric, threads }), expected)
  })
}

test('equal texts are dropped first, for the kept row that has the text or is like it', async (t) => {
  const matrix = ofType('float32', [[1, 0], [0, 1], [1, 0.01], [1, 0.01], [0, 1], [-1, 0]], 2) // prettier-ignore
  const texts = ['a', 'b', 'c', 'c', 'b', 'f']
  const { kept, dropped } = await matrix.duplicates({ threshold: 0.99, texts })
  t.deepEqual([...kept], [0, 1, 5])
  t.deepEqual(
    dropped.map(({ index, of }) => [index, of]),
    [[2, 0], [3, 0], [4, 1]], // prettier-ignore
  )
  t.is(dropped[2]?.score, 1)
  t.is(dropped[0]?.score, dropped[1]?.score)
  // Vectors of zeros have no cosine, but their texts are equal.
  const zeros = ofType('float32', [[0, 0], [0, 0]], 2) // prettier-ignore
  t.deepEqual((await zeros.duplicates({ threshold: 0.5, texts: ['', ''] })).dropped, [{ index: 1, of: 0, score: 1 }])
  t.deepEqual([...(await zeros.duplicates({ threshold: 0.5 })).kept], [0, 1])
  const none = ofType('float32', [[NaN, 1], [NaN, 1]], 2) // prettier-ignore
  const ofNone = await none.duplicates({ threshold: 0.9, metric: 'dot', texts: ['a', 'a'] })
  t.deepEqual(ofNone.dropped, [{ index: 1, of: 0, score: 0 }])
  const dot = await matrix.duplicates({ threshold: 100, metric: 'dot', texts })
  t.deepEqual(dot.dropped[0], { index: 3, of: 2, score: Math.fround(1 + Math.fround(0.01) ** 2) })
})

test('a matrix without rows has no duplicates', async (t) => {
  t.deepEqual(await ofType('float32', [], 4).duplicates({ threshold: 0.9 }), { kept: new Uint32Array(), dropped: [] })
  t.deepEqual(await ofType('float32', [], 4).duplicates({ threshold: 0.9, texts: [] }), {
    kept: new Uint32Array(),
    dropped: [],
  })
})

test('progress rises to all rows, and an exception of the function ends the search', async (t) => {
  const matrix = vectors('float32', 5000, 64, 22)
  const seen: DuplicatesProgress[] = []
  await matrix.duplicates({ threshold: 2, onProgress: (progress) => seen.push(progress) })
  t.deepEqual(seen.at(-1), { done: 5000, total: 5000, remainingMs: 0 })
  for (const [i, { done, remainingMs }] of seen.entries()) {
    t.true(done > (seen[i - 1]?.done ?? 0) && remainingMs >= 0)
  }
  const error = new Error('of the caller')
  const onProgress = (): void => {
    throw error
  }
  await t.throwsAsync(matrix.duplicates({ threshold: 2, onProgress }), { is: error })
})

test("an abort ends the search with the signal's reason, wherever it is", async (t) => {
  const matrix = vectors('float32', 20_000, 64, 23)
  const texts = Array.from({ length: 20_000 }, (_, i) => String(i))
  const reason = new Error('enough')
  for (let round = 0; round < 12; round++) {
    const controller = new AbortController()
    const outcome = matrix
      .duplicates({ threshold: 2, texts, signal: controller.signal })
      .catch((error: unknown) => error)
    for (let i = 0; i < round * 4; i++) await turn()
    controller.abort(reason)
    t.is(await outcome, reason)
  }
  await t.throwsAsync(matrix.duplicates({ threshold: 2, signal: AbortSignal.abort(reason) }), { is: reason })
})

test('memory that is taken away meanwhile is ERR_OUT_TOO_SMALL', async (t) => {
  const { data } = vectors('float32', 20_000, 64, 24)
  for (let round = 0; round < 5; round++) {
    const own = (data as Float32Array).slice()
    const outcome = EmbeddingMatrix.from(own, { dim: 64 })
      .duplicates({ threshold: 2 })
      .catch((error: unknown) => (isModel2VecError(error) ? error.code : error))
    for (let i = 0; i < round * 2; i++) await turn()
    structuredClone(own.buffer, { transfer: [own.buffer] })
    t.is(await outcome, 'ERR_OUT_TOO_SMALL')
  }
})

test('a search for duplicates refuses what it cannot do', async (t) => {
  const matrix = ofType('float32', [[1, 2], [3, 4]], 2) // prettier-ignore
  const refused = async (options: unknown, code: string, message: RegExp): Promise<void> => {
    await t.throwsAsync(matrix.duplicates(options as never), { code, message })
  }
  await refused(undefined, 'ERR_INVALID_OPTION', /`threshold`/)
  await refused({}, 'ERR_INVALID_OPTION', /`threshold` should be a number, but got undefined/)
  await refused({ threshold: NaN }, 'ERR_INVALID_OPTION', /`threshold`/)
  await refused({ threshold: 1, metric: 'hamming' }, 'ERR_INVALID_OPTION', /`metric`/)
  await refused({ threshold: 1, texts: ['a'] }, 'ERR_SHAPE_MISMATCH', /2 rows.*1/)
  await refused({ threshold: 1, texts: 'ab' }, 'ERR_INVALID_OPTION', /`texts`/)
  await refused({ threshold: 1, texts: ['a', 1] }, 'ERR_INVALID_TEXT', /texts\[1\]/)
  await refused({ threshold: 1, onProgress: 1 }, 'ERR_INVALID_OPTION', /`onProgress`/)
})
