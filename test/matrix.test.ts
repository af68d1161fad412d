// EmbeddingMatrix: the forms that stores and clients take, slices and joins, and what is known of
// each row.

import { inspect } from 'node:util'

import test from 'ava'
import { EmbeddingMatrix, Model2VecEmbeddingFunction } from 'model2vec-node'
import type { Dtype } from 'model2vec-node'

import { corpus, POTION, SMALL } from './test-data.js'

const ef = new Model2VecEmbeddingFunction(SMALL, { normalize: true })
const DTYPES: readonly Dtype[] = ['float32', 'float16', 'bfloat16', 'int8', 'binary']
const texts = corpus('docs_en')
  .slice(0, 40)
  .map((text, i) => text.slice(0, 40 * i))
/** With this limit some of them are truncated. */
const maxLength = 100
const HALF = (globalThis as { Float16Array?: new (values: readonly number[]) => Iterable<number> }).Float16Array

for (const dtype of DTYPES) {
  test(`bytes of ${dtype} rows are a Buffer on the memory, and swapBytes a big-endian copy`, (t) => {
    const matrix = ef.encodeSync(texts, { dtype })
    const size = matrix.data.BYTES_PER_ELEMENT
    for (const index of [0, 3, matrix.rows - 1]) {
      const bytes = matrix.bytes(index)
      t.true(Buffer.isBuffer(bytes))
      t.is(bytes.buffer, matrix.data.buffer)
      t.is(bytes.byteOffset, index * matrix.width * size)
      t.is(bytes.length, matrix.width * size)
      const swapped = matrix.swapBytes(index)
      t.not(swapped.buffer, matrix.data.buffer)
      const view = new DataView(swapped.buffer, swapped.byteOffset, swapped.length)
      for (const [i, element] of [...matrix.row(index)].entries()) {
        const read =
          dtype === 'float32'
            ? view.getFloat32(i * 4)
            : dtype === 'int8'
              ? view.getInt8(i)
              : dtype === 'binary'
                ? view.getUint8(i)
                : view.getUint16(i * 2)
        t.is(read, element)
      }
    }
  })

  test(`array, toArray and JSON of ${dtype} are the same numbers, and from makes the same bits of them`, (t) => {
    const matrix = ef.encodeSync(texts, { dtype })
    const rows = matrix.toArray()
    t.deepEqual(matrix.array(5), rows[5])
    t.deepEqual(matrix.toJSON(), rows)
    t.deepEqual(JSON.parse(JSON.stringify({ matrix })), { matrix: rows })
    const again = EmbeddingMatrix.from(rows, { dtype })
    t.deepEqual(again.data, matrix.data)
    t.is(again.dim, matrix.dim)
    t.deepEqual(EmbeddingMatrix.from([...matrix], { dtype, dim: matrix.dim }).data, matrix.data)
    if (dtype === 'float32') t.deepEqual(matrix.array(5), [...matrix.row(5)])
  })

  test(`a slice of ${dtype} rows is a view with their counts, and concat puts slices together`, (t) => {
    const matrix = ef.encodeSync(texts, { dtype, maxLength })
    const places = [...texts.keys()]
    for (const [from, to] of [
      [0, 7],
      [7, 23],
      [23, 1000],
      [-5, -2],
      [5, 5],
      [9, 3],
      [0, Infinity],
      [undefined, undefined],
    ] as const) {
      const part = matrix.slice(from, to)
      const kept = places.slice(from, to)
      t.is(part.rows, kept.length)
      t.is(part.data.buffer, matrix.data.buffer)
      t.deepEqual(
        [...part],
        kept.map((row) => matrix.row(row)),
      )
      t.deepEqual(
        Array.from(part.tokens),
        kept.map((row) => matrix.tokens[row]),
      )
      t.deepEqual(
        kept.map((_, i) => part.isTruncated(i)),
        kept.map((row) => matrix.isTruncated(row)),
      )
      t.is(part.truncated, kept.filter((row) => matrix.isTruncated(row)).length)
    }
    const joined = EmbeddingMatrix.concat([
      matrix.slice(0, 7),
      matrix.slice(7, 7),
      matrix.slice(7, 23),
      matrix.slice(23),
    ])
    t.deepEqual(joined.data, matrix.data)
    t.not(joined.data.buffer, matrix.data.buffer)
    t.deepEqual(joined.tokens, matrix.tokens)
    t.is(joined.truncated, matrix.truncated)
    for (const row of places) t.is(joined.isTruncated(row), matrix.isTruncated(row))
  })
}

test('isTruncated says of each text of a call what the count of truncated texts says of it alone, inline and in a job', async (t) => {
  const expected = texts.map((text) => ef.encodeSync(text, { maxLength }).truncated === 1)
  t.true(expected.includes(true) && expected.includes(false))
  const many = Array.from({ length: 50 }, () => texts).flat()
  for (const matrix of [
    ef.encodeSync(texts, { maxLength }),
    await ef.encode(texts, { maxLength }),
    ef.encodeSync(many, { maxLength }),
    await ef.encode(many, { maxLength }),
    await ef.encode(many, { maxLength, dtype: 'int8', out: new Int8Array(many.length * ef.dim) }),
  ]) {
    t.is(matrix.truncated, (matrix.rows / texts.length) * expected.filter(Boolean).length)
    for (let row = 0; row < matrix.rows; row++) t.is(matrix.isTruncated(row), expected[row % texts.length] === true)
  }
  // Small calls, which run inline.
  for (const limit of [1, 2]) {
    const few = ['a', 'a dog', 'a', 'dog dog dog', '']
    const matrix = await ef.encode(few, { maxLength: limit })
    const cut = [...ef.countTokens(few)].map((count) => count > limit)
    t.deepEqual(
      few.map((_, row) => matrix.isTruncated(row)),
      cut,
    )
    t.is(matrix.truncated, cut.filter(Boolean).length)
    t.deepEqual(Array.from(matrix.tokens), [...ef.countTokens(few, { maxLength: limit })])
  }
  t.true(ef.encodeSync('a dog', { maxLength: 1 }).isTruncated(0))
  t.false(ef.encodeSync('a dog').isTruncated(0))
})

test('every row of a text that encodeAsSequence has cut is truncated, of any number of texts', async (t) => {
  for (const repeat of [1, 200]) {
    const list = Array.from({ length: repeat }, () => ['a dog in the park', 'a dog', '']).flat()
    const options = { maxLength: 3 }
    for (const matrices of [await ef.encodeAsSequence(list, options), ef.encodeAsSequenceSync(list, options)]) {
      for (const [i, matrix] of matrices.entries()) {
        const isCut = i % 3 === 0
        t.is(matrix.truncated, isCut ? 1 : 0)
        for (let row = 0; row < matrix.rows; row++) t.is(matrix.isTruncated(row), isCut)
        t.is(matrix.slice(0, 2).truncated, isCut ? 1 : 0)
      }
    }
  }
})

test('isEmpty is true of rows without a known token, and where tokens are not known, of zeros', (t) => {
  const potion = new Model2VecEmbeddingFunction(POTION)
  const few = ['a dog', '', '𓀀', 'a cat']
  for (const dtype of ['float32', 'float16', 'bfloat16', 'binary'] as const) {
    const matrix = potion.encodeSync(few, { dtype })
    const found = (from: { isEmpty(row: number): boolean }): boolean[] => few.map((_, row) => from.isEmpty(row))
    t.deepEqual(found(matrix), [false, true, true, false])
    t.deepEqual(found(EmbeddingMatrix.from(matrix.data, { dtype, dim: matrix.dim })), [false, true, true, false])
  }
  t.true(EmbeddingMatrix.from([[0, -0]], { dtype: 'float16' }).isEmpty(0))
  t.false(EmbeddingMatrix.from([[0, NaN]]).isEmpty(0))
})

test('length and totalTokens are the sums that callers need', (t) => {
  const matrix = ef.encodeSync(texts)
  t.is(matrix.length, texts.length)
  t.is(
    matrix.totalTokens,
    ef.tokenize(texts).reduce((sum, ids) => sum + ids.length, 0),
  )
  t.is(ef.encodeSync([]).totalTokens, 0)
  t.is(EmbeddingMatrix.from([[1]]).totalTokens, null)
  t.is(EmbeddingMatrix.from([[1]], { tokens: Uint32Array.of(7) }).totalTokens, 7)
  const mixed = [matrix, EmbeddingMatrix.from(matrix.data, { dim: ef.dim })] as const
  t.is(EmbeddingMatrix.concat<'float32'>(mixed).tokens, null)
})

test('from an array is a view, and from rows a copy', (t) => {
  const data = Float32Array.of(1, 2, 3, 4, 5, 6)
  const tokens = Uint32Array.of(1, 2)
  const matrix = EmbeddingMatrix.from(data, { dim: 3, tokens })
  t.is(matrix.data.buffer, data.buffer)
  t.is(matrix.tokens, tokens)
  t.deepEqual([...matrix.row(1)], [4, 5, 6])
  const shared = new Int8Array(new SharedArrayBuffer(4))
  t.is(EmbeddingMatrix.from(shared, { dim: 2, dtype: 'int8' }).data.buffer, shared.buffer)
  const rows = [data.subarray(0, 3), data.subarray(3)]
  const copy = EmbeddingMatrix.from(rows)
  data[0] = 100
  t.deepEqual(copy.toArray(), [
    [1, 2, 3],
    [4, 5, 6],
  ])
  t.is(EmbeddingMatrix.from(new Float32Array(), { dim: 3 }).rows, 0)
  t.is(EmbeddingMatrix.from([], { dim: 3 }).rows, 0)
  t.is(EmbeddingMatrix.from([[255, 16]], { dtype: 'binary', dim: 12 }).dim, 12)
})

test('what is no matrix is refused by name', (t) => {
  const { from, concat } = EmbeddingMatrix as unknown as Record<'from' | 'concat', (...args: unknown[]) => unknown>
  for (const [data, options, message] of [
    [null, { dim: 2 }, /`data` should be a Float32Array or an array of rows for the dtype 'float32', but got null/],
    [new Float64Array(2), { dim: 2 }, /but got a Float64Array/],
    [new Float32Array(2), { dim: 2, dtype: 'float16' }, /`data` should be a Uint16Array, a Float16Array or/],
    [new Float32Array(2), {}, /`dim` should be an integer ≥ 1, but got undefined/],
    [new Float32Array(5), { dim: 2 }, /`data\.length` should be a multiple of 2, the elements of a row, but got 5/],
    [new Float32Array(2), { dim: 1.5 }, /`dim` should be an integer ≥ 1/],
    [new Float32Array(2), { dim: 2, dtype: 'float64' }, /`dtype` should be/],
    [new Float32Array(2), { dim: 2, tokens: [1] }, /`tokens` should be a Uint32Array or null, but got an array/],
    [new Float32Array(2), { dim: 2, tokens: new Uint32Array(2) }, /`tokens\.length` should be 1/],
    [new Float32Array(2), { dim: 2, rows: 1 }, /`rows` is no option of `EmbeddingMatrix\.from`/],
    [[], undefined, /`dim` should be an integer ≥ 1 where no row says it/],
    [[[]], undefined, /`dim` should be an integer ≥ 1 where no row says it/],
    [[[1, 2], [3]], undefined, /`data\[1\]\.length` should be 2, but got 1/],
    [[[1, '2']], undefined, /`data\[0\]\[1\]` should be a number, but got "2"/],
    [[{ length: 2 }], undefined, /`data\[0\]` should be an array of numbers or a Float32Array, but got an object/],
    [[[1, 128]], { dtype: 'int8' }, /`data\[0\]\[1\]` should be an integer from -128 to 127 for the dtype 'int8'/],
    [[null], { dim: 2 }, /`data\[0\]` should be an array of numbers or a Float32Array, but got null/],
    [[null], undefined, /`data\[0\]` should be a row, but got null/],
    [
      Uint8Array.of(0, 7),
      { dtype: 'binary', dim: 5 },
      /`data\[1\]` should be a row whose bits beyond dimension 5 are 0/,
    ],
    [[[0.5]], { dtype: 'binary' }, /should be an integer from 0 to 255/],
  ] as const) {
    t.throws(() => from(data, options), { code: 'ERR_INVALID_OPTION', message })
  }
  const one = EmbeddingMatrix.from([[1, 2]])
  for (const [list, message] of [
    [[], /`list\.length` should be at least 1/],
    [one, /`list` should be an array of EmbeddingMatrix, but got an object/],
    [[one, [1, 2]], /`list\[1\]` should be an EmbeddingMatrix, but got an array/],
    [[one, EmbeddingMatrix.from([[1]])], /`list\[1\]\.dim` should be 2 as the first, but got 1/],
    [[one, EmbeddingMatrix.from([[1, 2]], { dtype: 'int8' })], /`list\[1\]\.dtype` should be 'float32' as the first/],
  ] as const) {
    t.throws(() => concat(list), { code: 'ERR_INVALID_OPTION', message })
  }
  for (const call of [
    () => one.array(1),
    () => one.bytes(-1),
    () => one.swapBytes(0.5),
    () => one.isEmpty(2),
    () => one.isTruncated(1),
    () => one.slice(0.5),
    () => one.slice(0, NaN),
    () => one.float16(0),
  ]) {
    t.throws(call, { code: 'ERR_INVALID_OPTION' })
  }
})

test('memory that was detached is ERR_OUT_TOO_SMALL in every form, and shown by inspect', (t) => {
  const out = new Uint16Array(2 * ef.dim)
  const matrix = ef.encodeSync(['a dog', 'a cat'], { dtype: 'float16', out })
  const unknown = EmbeddingMatrix.from(out, { dtype: 'float16', dim: ef.dim })
  structuredClone(out.buffer, { transfer: [out.buffer] })
  const calls = [
    () => matrix.row(0),
    () => matrix.bytes(0),
    () => matrix.swapBytes(0),
    () => matrix.array(1),
    () => matrix.toArray(),
    () => JSON.stringify(matrix),
    () => matrix.slice(0, 1),
    () => unknown.isEmpty(0),
    () => EmbeddingMatrix.concat([matrix, matrix]),
    ...(HALF === undefined ? [] : [() => matrix.float16()]),
  ]
  for (const call of calls) t.throws(call, { code: 'ERR_OUT_TOO_SMALL' })
  t.regex(inspect(matrix), /detached/)
})

test('float16 is a Float16Array on the memory where Node has one, and else says from which Node on', (t) => {
  const matrix = ef.encodeSync(texts, { dtype: 'float16' })
  if (HALF === undefined) {
    t.throws(() => matrix.float16(), { code: 'ERR_INVALID_OPTION', message: /Node has from 24 on/ })
    return
  }
  const all: { readonly buffer: unknown } = matrix.float16()
  t.true(all instanceof HALF)
  t.is(all.buffer, matrix.data.buffer)
  t.deepEqual([...(matrix.float16(3) as unknown as Iterable<number>)], matrix.array(3))
  const from = EmbeddingMatrix.from(matrix.float16(), { dtype: 'float16', dim: ef.dim })
  t.deepEqual(from.data, matrix.data)
})

test('inspect shows what a matrix is and the beginning of its rows, and not all numbers', (t) => {
  const matrix = EmbeddingMatrix.from(
    [1, 2, 3, 4].map((row) => [row, 0.123456789, -1, 0, 7]),
    { tokens: Uint32Array.of(1, 2, 3, 4) },
  )
  t.is(
    inspect(matrix),
    `EmbeddingMatrix(4 × 5, float32) {
  tokens: 10, truncated: 0,
  [ 1, 0.1235, -1, 0, … 1 more ],
  [ 2, 0.1235, -1, 0, … 1 more ],
  [ 3, 0.1235, -1, 0, … 1 more ],
  … 1 more row
}`,
  )
  t.is(inspect({ a: { matrix } }, { depth: 0 }), '{ a: [Object] }')
  t.is(inspect({ matrix }, { depth: 0 }), '{ matrix: [EmbeddingMatrix(4 × 5, float32)] }')
  t.true(inspect(ef.encodeSync(corpus('docs_en'))).length < 500)
  t.regex(inspect(EmbeddingMatrix.from([], { dim: 3 })), /0 × 3, float32\) \{\n {2}tokens: null, truncated: 0\n\}/)
})

test('encodeOne gives the row of encode in memory of its own, sync and async, inline and as a job, pending or not', async (t) => {
  const long = corpus('docs_en').slice(0, 200).join(' ')
  for (const text of ['a dog', '', long]) {
    for (const dtype of DTYPES) {
      const options = { dtype, maxLength: null }
      const expected = ef.encodeSync([text], options).row(0)
      for (const vector of [await ef.encodeOne(text, options), ef.encodeOneSync(text, options)]) {
        t.deepEqual(vector, expected)
        t.is(vector.byteOffset, 0)
        t.is(vector.buffer.byteLength, vector.byteLength)
      }
    }
  }
  const out = new Float32Array(ef.dim + 5)
  t.is((await ef.encodeOne('a dog', { out })).buffer, out.buffer)
  const several = await Promise.all([ef.encodeOne('a'), ef.encodeOne('b'), ef.encodeOne('c')])
  t.is(new Set(several.map(({ buffer }) => buffer)).size, 3)
  const method = ef as unknown as Record<'encodeOne' | 'encodeOneSync', (...args: unknown[]) => unknown>
  for (const [text, message] of [
    [['a'], /`text` should be a string, but got an array: `encode` takes several/],
    [undefined, /`text` should be a string, but got undefined/],
  ] as const) {
    await t.throwsAsync(method.encodeOne(text) as Promise<unknown>, { code: 'ERR_INVALID_TEXT', message })
    t.throws(() => method.encodeOneSync(text), { code: 'ERR_INVALID_TEXT', message })
  }
  await t.throwsAsync(method.encodeOne('a', { dtypes: 1 }) as Promise<unknown>, {
    code: 'ERR_INVALID_OPTION',
    message: /no option of `encodeOne`/,
  })
  const closed = new Model2VecEmbeddingFunction(SMALL)
  closed.close()
  await t.throwsAsync(closed.encodeOne('a'), { code: 'ERR_CLOSED' })
})
