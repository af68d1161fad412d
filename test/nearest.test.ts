// matrix.nearest and nearestSync: what numpy finds in double precision, whatever the way to it.

import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { setImmediate as turn } from 'node:timers/promises'

import test from 'ava'
import { EmbeddingMatrix, isModel2VecError } from 'model2vec-node'
import type { Dtype, NearestOptions, Neighbors, Queries, SearchMetric } from 'model2vec-node'

import { pythonEnvironment } from './python-environment.js'
import { DTYPES, ofType, vectors } from './search/vectors.js'

const python = pythonEnvironment('test/search/requirements.txt', 'numpy, ml_dtypes')
const withNumpy = python.command === null ? test.skip : test

/** The scores that numpy computes in double precision, queries × rows. */
function scoresOf(queries: EmbeddingMatrix<Dtype>, rows: EmbeddingMatrix<Dtype>, metric: SearchMetric): Float64Array {
  const folder = mkdtempSync(path.join(tmpdir(), 'nearest-'))
  writeFileSync(path.join(folder, 'queries'), queries.data)
  writeFileSync(path.join(folder, 'rows'), rows.data)
  const args = ['test/search/scores.py', folder, String(rows.dim), queries.dtype, rows.dtype, metric]
  execFileSync(python.command ?? '', args)
  const bytes = readFileSync(path.join(folder, 'scores'))
  return new Float64Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength))
}

const PAIRS: readonly (readonly [query: Dtype, rows: Dtype])[] = [
  ['float32', 'float32'],
  ['float32', 'float16'],
  ['bfloat16', 'bfloat16'],
  ['float32', 'int8'],
  ['int8', 'int8'],
  ['int8', 'float32'],
  ['binary', 'binary'],
]

for (const [queryDtype, dtype] of PAIRS) {
  const metrics: SearchMetric[] = dtype === 'binary' ? ['hamming'] : ['cosine', 'dot', 'euclidean']
  for (const metric of metrics) {
    withNumpy(`${queryDtype} queries find the rows of ${dtype} that numpy finds, by ${metric}`, async (t) => {
      const dim = 77
      const rows = vectors(dtype, 700, dim, 1)
      const queries = vectors(queryDtype, 70, dim, 2)
      const k = 12
      const found = await rows.nearest(queries, { k, metric })
      t.deepEqual([found.rows, found.k, found.indices.length], [70, k, 70 * k])
      const scores = scoresOf(queries, rows, metric)
      const sign = metric === 'euclidean' || metric === 'hamming' ? -1 : 1
      for (const [query, list] of [...found].entries()) {
        const own = scores.subarray(query * 700, (query + 1) * 700)
        const best = own.toSorted((a, b) => sign * (b - a))
        t.is(list.length, k)
        for (const [rank, { index, score }] of list.entries()) {
          const exact = own[index] ?? NaN
          const unit = Math.max(1, Math.abs(exact))
          t.true(Math.abs(score - exact) <= 2e-6 * unit, `${score} for ${exact}`)
          t.true(Math.abs(exact - (best[rank] ?? NaN)) <= 2e-6 * unit, `rank ${rank}`)
        }
      }
    })
  }
}

/** What can be compared in every bit. */
function bitsOf({ indices, scores, counts, k, rows }: Neighbors): unknown {
  return { indices, scores: new Uint32Array(scores.buffer), counts, k, rows }
}

/** The same vectors on a SharedArrayBuffer. */
function shared(matrix: EmbeddingMatrix<Dtype>): EmbeddingMatrix<Dtype> {
  const { data, dtype, dim } = matrix
  const memory = new SharedArrayBuffer(data.byteLength)
  const copy = new (data.constructor as new (memory: SharedArrayBuffer) => typeof data)(memory)
  copy.set(data)
  return EmbeddingMatrix.from(copy, { dtype, dim })
}

for (const dtype of DTYPES) {
  test(`threads, memory and the number of queries change no bit of the results: ${dtype}`, async (t) => {
    // Large enough for every way: in turns, by copies, in place.
    const rows = vectors(dtype, 30_000, 64, 3)
    const inSharedMemory = shared(rows)
    const queries = vectors(dtype, 100, 64, 4)
    const filter = new Uint8Array(rows.rows).map((_, row) => row % 3)
    for (const options of [{ k: 7 }, { k: 50, filter }] satisfies NearestOptions[]) {
      const expected = rows.nearestSync(queries, { ...options, threads: 1 })
      t.true(expected.counts.every((count) => count === options.k))
      for (const matrix of [rows, inSharedMemory]) {
        for (const threads of [1, 2, 5]) {
          t.deepEqual(bitsOf(await matrix.nearest(queries, { ...options, threads })), bitsOf(expected))
          t.deepEqual(bitsOf(matrix.nearestSync(queries, { ...options, threads })), bitsOf(expected))
        }
        for (const query of [0, 63, 64, 99]) {
          const [list] = [...(await matrix.nearest(queries.row(query), options))]
          t.deepEqual(list, expected.list(query))
        }
      }
    }
  })
}

test('more queries than are prepared at once are each in their place', async (t) => {
  const rows = vectors('float32', 3000, 16, 5)
  const found = await rows.nearest(rows, { k: 3 })
  t.is(found.rows, 3000)
  for (let row = 0; row < 3000; row++) {
    const [best] = found.list(row)
    // A row is nearest to itself, or to an earlier one with the same numbers.
    t.true((best?.score ?? 0) > 0.999_999, `row ${row}`)
  }
  t.deepEqual(bitsOf(rows.nearestSync(rows, { k: 3 })), bitsOf(found))
  const others = await rows.nearest(rows, { k: 3, excludeSelf: true })
  for (let row = 0; row < 3000; row++) t.false(others.list(row).some(({ index }) => index === row))
})

test('excludeSelf knows the matrix, its slices and its rows, and refuses other queries', async (t) => {
  const rows = ofType('float32', [[1, 0], [1, 0.1], [0, 1], [1, 0.2]], 2) // prettier-ignore
  const lists = async (queries: Queries): Promise<number[][]> =>
    [...(await rows.nearest(queries, { k: 2, excludeSelf: true }))].map((list) => list.map(({ index }) => index))
  t.deepEqual(await lists(rows), [[1, 3], [3, 0], [3, 1], [1, 0]]) // prettier-ignore
  t.deepEqual(await lists(rows.slice(2, 4)), [[3, 1], [1, 0]]) // prettier-ignore
  t.deepEqual(await lists(rows.row(1)), [[3, 0]])
  await t.throwsAsync(lists(rows.row(1).slice()), { code: 'ERR_INVALID_OPTION', message: /`excludeSelf`/ })
})

test('rows that cannot be compared are never found, and no score is NaN', async (t) => {
  const dim = 40
  const values = [...vectors('float32', 50, dim, 6)].map((row) => [...row])
  const at = (row: number): number[] => values[row] ?? []
  at(3)[1] = NaN
  at(4)[2] = Infinity
  at(5)[3] = -Infinity
  at(6).fill(0)
  at(7).fill(3e38)
  at(8).fill(1e-40)
  const rows = ofType('float32', values, dim)
  for (const metric of ['cosine', 'dot', 'euclidean'] as const) {
    const found = await rows.nearest([at(0), at(3), at(4), at(6), at(7)], { k: 60, metric })
    t.is(found.k, 60)
    t.false(found.scores.some(Number.isNaN))
    const [ofRow, ofNaN, ofInfinity, ofZeros, ofHuge] = [...found]
    const left = metric === 'cosine' ? [3, 4, 5, 6] : [3, 4, 5]
    t.deepEqual(
      ofRow?.map(({ index }) => index).sort((a, b) => a - b),
      Array.from({ length: 50 }, (_, row) => row).filter((row) => !left.includes(row)),
      metric,
    )
    t.deepEqual([ofNaN, ofInfinity], [[], []], metric)
    t.is(ofZeros?.length, metric === 'cosine' ? 0 : 47)
    t.is(ofHuge?.length, 50 - left.length)
    // Missing places.
    t.deepEqual([found.indices[59], found.scores[59]], [0xffffffff, 0])
  }
})

test('equal scores come by rising row, and more rows are asked for than there are', async (t) => {
  const same = ofType('float32', Array.from({ length: 100 }, () => [1, 2, 3]), 3) // prettier-ignore
  const found = await same.nearest([3, 2, 1], { k: 130 })
  t.deepEqual(found.list(0).map(({ index }) => index), Array.from({ length: 100 }, (_, row) => row)) // prettier-ignore
  t.deepEqual([found.k, found.indices.length, found.counts[0]], [130, 130, 100])
  t.true(found.indices.subarray(100).every((index) => index === 0xffffffff))
  t.true(found.scores.subarray(100).every((score) => score === 0))
  t.deepEqual(same.nearestSync([3, 2, 1], { k: 2 }).list(0).map(({ index }) => index), [0, 1]) // prettier-ignore
})

test('a search of no rows, and one of no queries, find nothing', async (t) => {
  for (const dtype of DTYPES) {
    const none = ofType(dtype, [], 12)
    const some = ofType(dtype, [Array.from({ length: 12 }, (_, i) => i - 5)], 12)
    t.deepEqual([...(await none.nearest(some, { k: 2 }))], [[]])
    t.deepEqual([...none.nearestSync(some, { k: 2 })], [[]])
    t.deepEqual([...(await some.nearest(none))], [])
    t.deepEqual([...(await some.nearest([]))], [])
    t.deepEqual([...none.nearestSync(none)], [])
  }
})

test('minScore is the least score, for distances the largest, and counts itself', async (t) => {
  const rows = ofType('float32', [[0, 0], [3, 4], [6, 8]], 2) // prettier-ignore
  const found = async (options: NearestOptions): Promise<number[]> =>
    (await rows.nearest([0, 0], options)).list(0).map(({ index }) => index)
  t.deepEqual(await found({ metric: 'euclidean', minScore: 5 }), [0, 1])
  t.deepEqual(await found({ metric: 'euclidean', minScore: 4.99 }), [0])
  const [list] = [...(await rows.nearest([3, 4], { metric: 'dot', minScore: 25 }))]
  t.deepEqual(list, [{ index: 2, score: 50 }, { index: 1, score: 25 }]) // prettier-ignore
})

test('a filter is a mask or a list of rows, with the same results', async (t) => {
  for (const dtype of DTYPES) {
    const rows = vectors(dtype, 5000, 32, 7)
    const query = vectors(dtype, 20, 32, 8)
    const allowed = Uint32Array.from({ length: 500 }, (_, i) => i * 7)
    const mask = new Uint8Array(5000)
    for (const row of allowed) mask[row] = 1
    const byList = await rows.nearest(query, { filter: allowed })
    t.deepEqual(bitsOf(await rows.nearest(query, { filter: mask })), bitsOf(byList))
    t.true(byList.indices.every((index) => index % 7 === 0))
    const all = rows.nearestSync(query, { k: 5000 })
    t.deepEqual(byList.list(3), all.list(3).filter(({ index }) => mask[index] === 1).slice(0, 10)) // prettier-ignore
    t.is((await rows.nearest(query, { filter: new Uint8Array(5000) })).counts[0], 0)
  }
})

test('rescore orders the candidates of hamming by the exact metric', async (t) => {
  const dim = 64
  const exact = vectors('float32', 4000, dim, 9)
  const binary = ofType('binary', [...exact].map((row) => [...row]), dim) // prettier-ignore
  const queries = vectors('float32', 30, dim, 10)
  for (const metric of ['cosine', 'dot', 'euclidean'] as const) {
    const found = await binary.nearest(queries, { k: 5, rescore: exact, oversample: 8, metric })
    t.deepEqual(bitsOf(binary.nearestSync(queries, { k: 5, rescore: exact, oversample: 8, metric })), bitsOf(found))
    const bits = ofType('binary', [...queries].map((row) => [...row]), dim) // prettier-ignore
    const candidates = await binary.nearest(bits, { k: 40 })
    for (let query = 0; query < 30; query++) {
      const filter = Uint32Array.from(candidates.list(query), ({ index }) => index).sort()
      const expected = exact.nearestSync(queries.row(query), { k: 5, metric, filter })
      t.deepEqual(found.list(query), expected.list(0))
    }
    // With all rows as candidates it is the exact search.
    const all = await binary.nearest(queries, { k: 5, rescore: exact, oversample: 4000, metric })
    t.deepEqual(bitsOf(all), bitsOf(exact.nearestSync(queries, { k: 5, metric })))
  }
  const others = await binary.nearest(exact.slice(0, 10), { k: 1, rescore: exact, excludeSelf: true })
  for (let row = 0; row < 10; row++) t.not(others.list(row)[0]?.index, row)
})

for (const [name, queries] of [
  ['a few queries', 2],
  ['many queries', 200],
] as const) {
  test(`an abort ends a search of ${name} with the signal's reason`, async (t) => {
    const rows = vectors('float32', 100_000, 128, 11)
    const reason = new Error('enough')
    await t.throwsAsync(rows.nearest(rows.slice(0, queries), { signal: AbortSignal.abort(reason) }), { is: reason })
    for (let round = 0; round < 5; round++) {
      const controller = new AbortController()
      const outcome = rows
        .nearest(rows.slice(0, queries), { signal: controller.signal })
        .catch((error: unknown) => error)
      for (let i = 0; i < round; i++) await turn()
      controller.abort(reason)
      t.is(await outcome, reason)
    }
  })

  test(`memory that is taken away while ${name} run is ERR_OUT_TOO_SMALL, and no crash`, async (t) => {
    const data = vectors('float32', 60_000, 64, 12).data as Float32Array
    const query = data.slice(0, queries * 64)
    for (let round = 0; round < 12; round++) {
      const own = data.slice()
      const matrix = EmbeddingMatrix.from(own, { dim: 64 })
      const outcome = matrix.nearest(EmbeddingMatrix.from(query, { dim: 64 })).then(
        () => 'found',
        (error: unknown) => (isModel2VecError(error) ? error.code : String(error)),
      )
      for (let i = 0; i < round % 4; i++) await turn()
      structuredClone(own.buffer, { transfer: [own.buffer] })
      const code = await outcome
      if (round % 4 === 0) t.is(code, 'ERR_OUT_TOO_SMALL')
      else t.true(code === 'ERR_OUT_TOO_SMALL' || code === 'found', code)
    }
  })
}

test('many results, as many queries of numbers and duplicates without number leave the event loop its turns', async (t) => {
  const rows = vectors('float32', 30_000, 8, 17)
  const some = rows.slice(0, 64)
  const all = some.nearestSync(rows, { k: 64 })
  const turnsOf = async (work: Promise<unknown>): Promise<number> => {
    let turns = 0
    let isOver = false
    const count = (): void => {
      turns++
      if (!isOver) setImmediate(count)
    }
    setImmediate(count)
    await work
    isOver = true
    return turns
  }
  t.true((await turnsOf(rows.nearest(some, { k: 20_000 }))) > 5)
  const lists = rows.toArray()
  const found = some.nearest(lists, { k: 64 })
  t.true((await turnsOf(found)) > 5)
  t.deepEqual(bitsOf(await found), bitsOf(all))
  const many = EmbeddingMatrix.from(new Float32Array(400_000), { dim: 1 })
  const texts = Array.from({ length: many.rows }, (_, i) => `${i % 3}`)
  t.true((await turnsOf(many.duplicates({ threshold: 1, texts }))) > 3)
})

test('with more places than rows the places that are left are empty', async (t) => {
  const some = vectors('float32', 3, 8, 18)
  const found = await some.nearest(some.slice(0, 2), { k: 5 })
  t.deepEqual([...found.counts], [3, 3])
  t.deepEqual([...found.indices].filter((_, i) => i % 5 >= 3), [NO_ROW, NO_ROW, NO_ROW, NO_ROW]) // prettier-ignore
})

test('the event loop has its turns while searches run, and they all end', async (t) => {
  const rows = vectors('float32', 60_000, 128, 13)
  let turns = 0
  let isOver = false
  const count = (): void => {
    turns++
    if (!isOver) setImmediate(count)
  }
  setImmediate(count)
  const searches = Array.from({ length: 20 }, (_, i) => rows.nearest(rows.row(i), { k: 1 }))
  const found = await Promise.all([...searches, rows.nearest(rows.slice(0, 300))])
  isOver = true
  t.deepEqual(found.slice(0, 20).map((each) => each.counts[0]), Array.from({ length: 20 }, () => 1)) // prettier-ignore
  t.true(turns > 20, `${turns} turns`)
})

const NO_ROW = 0xffffffff
const rows = ofType('float32', [[1, 2], [3, 4]], 2) // prettier-ignore
const bits = ofType('binary', [[1, -1], [1, 1]], 2) // prettier-ignore
for (const [title, call, code, message] of [
  ['queries of other dimensions', () => rows.nearestSync([1, 2, 3]), 'ERR_SHAPE_MISMATCH', /2 .*3/],
  ['a matrix of other dimensions', () => rows.nearestSync(ofType('float32', [[1]], 1)), 'ERR_SHAPE_MISMATCH', /2 .*1/],
  ['a string', () => rows.nearestSync('dog' as never), 'ERR_INVALID_OPTION', /`queries` .*"dog"/],
  ['a row that is none', () => rows.nearestSync([[1, 2], 'x'] as never), 'ERR_INVALID_OPTION', /`queries\[1\]`/],
  ['binary queries', () => rows.nearestSync(bits), 'ERR_INVALID_OPTION', /of 'binary'/],
  ['queries of numbers for bits', () => bits.nearestSync([1, 2]), 'ERR_INVALID_OPTION', /binary/],
  ['k below 1', () => rows.nearestSync([1, 2], { k: 0 }), 'ERR_INVALID_OPTION', /`k`/],
  ['an unknown metric', () => rows.nearestSync([1, 2], { metric: 'l1' as never }), 'ERR_INVALID_OPTION', /`metric`/],
  ['hamming for numbers', () => rows.nearestSync([1, 2], { metric: 'hamming' }), 'ERR_INVALID_OPTION', /`metric`/],
  ['cosine for bits', () => bits.nearestSync(bits, { metric: 'cosine' }), 'ERR_INVALID_OPTION', /`metric`/],
  [
    'a mask of another length',
    () => rows.nearestSync([1, 2], { filter: new Uint8Array(3) }),
    'ERR_SHAPE_MISMATCH',
    /2 rows.*3/,
  ],
  [
    'a list that falls',
    () => rows.nearestSync([1, 2], { filter: Uint32Array.of(1, 0) }),
    'ERR_INVALID_OPTION',
    /rising order, but has 0 after 1 at place 1/,
  ],
  [
    'a list with a row too many',
    () => rows.nearestSync([1, 2], { filter: Uint32Array.of(2) }),
    'ERR_INVALID_OPTION',
    /below the 2 that there are, but has 2 at place 0/,
  ],
  [
    'a filter that was detached',
    () => {
      const filter = Uint32Array.of(0, 1)
      structuredClone(filter.buffer, { transfer: [filter.buffer] })
      return rows.nearestSync([1, 2], { filter })
    },
    'ERR_INVALID_OPTION',
    /`filter` was detached/,
  ],
  ...(
    [
      ['data', new Float64Array(2), /`queries\.data` should be a Float32Array, but got a Float64Array/],
      ['width', 8, /`queries\.width` should be 2, but got 8/],
      ['rows', -1, /`queries\.rows` should be an integer ≥ 0, but got -1/],
      ['dtype', 'foo', /`queries\.dtype`/],
      ['dim', 0, /`queries\.dim`/],
    ] as const
  ).map(([field, value, message]) => {
    const fake = { data: Float32Array.of(1, 2), rows: 1, dim: 2, width: 2, dtype: 'float32' as const, [field]: value }
    return [`a matrix with another ${field}`, () => rows.nearestSync(fake), 'ERR_INVALID_OPTION', message] as const
  }),
  [
    'a matrix with fewer elements than rows',
    () => rows.nearestSync({ data: Float32Array.of(1, 2), rows: 2, dim: 2, width: 2, dtype: 'float32' }),
    'ERR_OUT_TOO_SMALL',
    /smaller/,
  ],
  [
    'a row of 16 bits of which the matrix says no type',
    () => rows.nearestSync(Uint16Array.of(1, 2)),
    'ERR_INVALID_OPTION',
    /Uint16Array.*'float32'.*slice/,
  ],
  ['a filter that is none', () => rows.nearestSync([1, 2], { filter: [0] as never }), 'ERR_INVALID_OPTION', /`filter`/],
  ['a minScore of NaN', () => rows.nearestSync([1, 2], { minScore: NaN }), 'ERR_INVALID_OPTION', /`minScore`/],
  ['oversample alone', () => bits.nearestSync(bits, { oversample: 2 }), 'ERR_INVALID_OPTION', /`rescore`/],
  ['rescore of numbers', () => rows.nearestSync([1, 2], { rescore: rows }), 'ERR_INVALID_OPTION', /`rescore`/],
  [
    'rescore of another shape',
    () => bits.nearestSync([1, 2], { rescore: rows.slice(1) }),
    'ERR_SHAPE_MISMATCH',
    /2 rows.*1 row/,
  ],
  ['an unknown option', () => rows.nearestSync([1, 2], { top: 3 } as never), 'ERR_INVALID_OPTION', /`top`/],
  ['a signal that is none', () => rows.nearestSync([1, 2], { signal: 1 as never }), 'ERR_INVALID_OPTION', /`signal`/],
] as const) {
  test(`a search refuses ${title}`, (t) => {
    const error = t.throws(call, { code })
    t.true(isModel2VecError(error))
    t.regex(error.message, message)
  })
}
