// Rows of every element type and dimensionality: those that numpy and ml_dtypes make of Python's
// vectors, in every bit.

import { readFileSync } from 'node:fs'
import vm from 'node:vm'

import test from 'ava'
import { Model2VecEmbeddingFunction } from 'model2vec-node'
import type { Dtype, DtypeArray, EmbeddingMatrix, HalfArray, TokenArray } from 'model2vec-node'

import { corpus, crc, manyTexts, modelPath, SMALL } from './test-data.js'

type ByDtype<T> = Partial<Record<Dtype, T>>
interface References {
  readonly normalized: ByDtype<number[]>
  readonly plain: ByDtype<number[]>
  readonly sequence_normalized: ByDtype<number>
  readonly sequence: ByDtype<number>
}
/** What test/expected/output_types.py wrote. */
const expected = JSON.parse(readFileSync('test/expected/output_types.json', 'utf8')) as {
  readonly block: number
  readonly widened: Record<'float16' | 'bfloat16', number>
  readonly models: Record<string, Record<string, References>>
}
const DTYPES: readonly Dtype[] = ['float32', 'float16', 'bfloat16', 'int8', 'binary']
interface RowClass {
  new (length: number): DtypeArray<Dtype>
  new (buffer: ArrayBufferLike, byteOffset?: number, length?: number): DtypeArray<Dtype>
  readonly BYTES_PER_ELEMENT: number
  readonly name: string
}
const CLASSES: Readonly<Record<Dtype, RowClass>> = {
  float32: Float32Array,
  float16: Uint16Array,
  bfloat16: Uint16Array,
  int8: Int8Array,
  binary: Uint8Array,
}
const texts = corpus('edge')
const ef = new Model2VecEmbeddingFunction(SMALL)

/** The CRC-32 of each block of rows. */
function blocks({ data, width, rows }: EmbeddingMatrix<Dtype>): number[] {
  const starts = Array.from({ length: Math.ceil(rows / expected.block) }, (_, i) => i * expected.block)
  return starts.map((start) => crc(data.subarray(start * width, (start + expected.block) * width)))
}

function entries<T>(digests: ByDtype<T>): [Dtype, T][] {
  return Object.entries(digests) as [Dtype, T][]
}

for (const [model, runs] of Object.entries(expected.models)) {
  test(`${model} gives the rows of numpy and ml_dtypes`, async (t) => {
    using each = new Model2VecEmbeddingFunction(modelPath(model))
    const fifth = texts.filter((_, i) => i % 5 === 0)
    // The others are for the Rust tests, which have the same references
    // (crates/engine/tests/output_types.rs).
    for (const [columns, references] of Object.entries(runs)) {
      if (!['full', '1', '7', '129'].includes(columns)) continue
      const dimensionality = columns === 'full' ? undefined : Number(columns)
      for (const normalize of [true, false]) {
        for (const [dtype, digests] of entries(normalize ? references.normalized : references.plain)) {
          const matrix = await each.encode(texts, { dtype, dimensionality, normalize })
          t.deepEqual(blocks(matrix), digests, `${dtype}, ${columns}, normalize ${normalize}`)
        }
        for (const [dtype, digest] of entries(normalize ? references.sequence_normalized : references.sequence)) {
          const matrices = await each.encodeAsSequence(fifth, { dtype, dimensionality, normalize })
          const { buffer } = matrices[0]?.data ?? new Uint8Array()
          t.is(crc(new Uint8Array(buffer)), digest, `${dtype}, ${columns}, normalize ${normalize}, one row a token`)
        }
      }
    }
  })
}

test('a matrix says what its elements are', async (t) => {
  for (const dtype of DTYPES) {
    const matrix = await ef.encode(['a dog', 'a cat', ''], { dtype, dimensionality: 20, normalize: true })
    t.is(matrix.dtype, dtype)
    t.is(matrix.dim, 20)
    t.is(matrix.width, dtype === 'binary' ? 3 : 20)
    t.is(matrix.rows, 3)
    t.is(matrix.data.constructor, CLASSES[dtype])
    t.is(matrix.data.length, 3 * matrix.width)
    t.deepEqual(matrix.row(1), matrix.data.slice(matrix.width, 2 * matrix.width))
    t.deepEqual([...matrix], [matrix.row(0), matrix.row(1), matrix.row(2)])
    t.is(matrix.row(1).buffer, matrix.data.buffer)
    t.deepEqual(matrix.bytes(1), Buffer.from(matrix.row(1).slice().buffer))
    t.deepEqual(matrix.row(2), new CLASSES[dtype](matrix.width))
    t.deepEqual(Array.from(matrix.tokens), [2, 2, 0])
  }
})

test('documents, queries, sync and async, few and many, with and without out give the same rows', async (t) => {
  for (const dtype of DTYPES) {
    const options = { dtype, dimensionality: 27, normalize: true }
    for (const list of [['a dog', ''], manyTexts(300)]) {
      const matrix = ef.encodeSync(list, options)
      const rows = [...matrix].map(crc)
      t.deepEqual(digests([await ef.encode(list, options)]), digests([matrix]))
      t.deepEqual((await ef.encodeDocuments(list, options)).map(crc), rows)
      t.deepEqual((await ef.encodeQueries(list, options)).map(crc), rows)
      t.deepEqual(ef.encodeDocumentsSync(list, options).map(crc), rows)
      t.deepEqual(ef.encodeQueriesSync(list, options).map(crc), rows)
      const size = matrix.data.length
      for (const out of outs(dtype, size)) {
        for (const encode of ['async', 'sync']) {
          out.fill(7)
          const withOut = { ...options, out }
          const { data } = encode === 'async' ? await ef.encode(list, withOut) : ef.encodeSync(list, withOut)
          t.is(data.buffer, out.buffer)
          t.is(data.byteOffset, out.byteOffset)
          t.is(data.length, size)
          t.is(crc(data), crc(matrix.data))
          t.deepEqual(Array.from(out.subarray(size)), new Array<number>(out.length - size).fill(7))
        }
      }
    }
  }
})

test('encodeAsSequence gives rows of the type, sync and async, few and many, with and without out', async (t) => {
  for (const dtype of DTYPES) {
    const options = { dtype, dimensionality: 13, normalize: true }
    for (const list of [['one two', ''], manyTexts(100)]) {
      const matrices = ef.encodeAsSequenceSync(list, options)
      t.deepEqual(digests(await ef.encodeAsSequence(list, options)), digests(matrices))
      const ids = ef.tokenize(list, { maxLength: null })
      t.deepEqual(
        matrices.map(({ rows, dim, dtype: type }) => ({ rows, dim, type })),
        ids.map(({ length }) => ({ rows: length, dim: 13, type: dtype })),
      )
      // A text of one token is that token's row.
      const one = ef.encodeSync('one', options)
      t.deepEqual(ef.encodeAsSequenceSync('one', options)[0]?.data, one.data)
      const size = matrices.reduce((sum, { data }) => sum + data.length, 0)
      for (const out of outs(dtype, size)) {
        for (const encode of ['async', 'sync']) {
          out.fill(7)
          const withOut = { ...options, out }
          const views =
            encode === 'async' ? await ef.encodeAsSequence(list, withOut) : ef.encodeAsSequenceSync(list, withOut)
          t.is(views[0]?.data.buffer, out.buffer)
          t.deepEqual(digests(views), digests(matrices))
          t.deepEqual(Array.from(out.subarray(size)), new Array<number>(out.length - size).fill(7))
        }
      }
    }
  }
})

/** What matrices say, in short. */
function digests(matrices: EmbeddingMatrix<Dtype, DtypeArray<Dtype>, TokenArray>[]): object[] {
  return matrices.map(({ data, tokens, ...rest }) => ({ ...rest, data: crc(data), tokens: crc(tokens) }))
}

/** Memory of every kind for `size` elements and some more. */
function outs(dtype: Dtype, size: number): DtypeArray<Dtype>[] {
  const elements = CLASSES[dtype]
  const bytes = elements.BYTES_PER_ELEMENT
  return [
    new elements(size),
    new elements(new ArrayBuffer((size + 10) * bytes), 3 * bytes, size + 1),
    new elements(new SharedArrayBuffer((size + 2) * bytes)),
    vm.runInNewContext(`new ${elements.name}(${size + 3})`) as DtypeArray<Dtype>,
    ...(dtype === 'binary' ? [Buffer.alloc(size + 5)] : []),
  ]
}

test("an out that is transferred away while rows of the type are written is ERR_OUT_TOO_SMALL, or the call's", async (t) => {
  const list = manyTexts(500)
  for (const dtype of DTYPES) {
    const options = { dtype, normalize: true } as const
    const { data } = ef.encodeSync(list, options)
    for (let round = 0; round < 20; round++) {
      const out = new CLASSES[dtype](data.length)
      const call = ef.encode(list, { ...options, out }).then(
        (matrix) => (matrix.rows === list.length ? 'encoded' : 'short'),
        (error: unknown) => (error as { code: string }).code,
      )
      if (round % 2 === 1) await new Promise((resolve) => setTimeout(resolve, round / 8))
      structuredClone(out.buffer, { transfer: [out.buffer as ArrayBuffer] })
      t.regex(await call, /^(encoded|ERR_OUT_TOO_SMALL)$/)
    }
    t.is(crc(ef.encodeSync(list, options).data), crc(data))
  }
})

test('dimensionality is the first elements of the vector, scaled after that', async (t) => {
  const list = corpus('docs_en_300').slice(0, 50)
  const full = await ef.encode(list, { normalize: false })
  const first = await ef.encode(list, { normalize: false, dimensionality: 10 })
  t.is(first.dim, 10)
  t.deepEqual(
    [...first],
    [...full].map((row) => row.slice(0, 10)),
  )
  const scaled = await ef.encode(list, { normalize: true, dimensionality: 10 })
  for (const [i, row] of [...scaled].entries()) {
    if ((scaled.tokens[i] ?? 0) > 0) t.true(Math.abs(Math.hypot(...row) - 1) < 1e-6)
  }
  t.deepEqual((await ef.encode(list, { dimensionality: ef.dim })).data, (await ef.encode(list)).data)
})

test("int8 is refused where the model's own setting doesn't normalize", async (t) => {
  const plain = new Model2VecEmbeddingFunction(modelPath('m8k-nonorm'))
  t.false(plain.info.normalize)
  await t.throwsAsync(plain.encode('a', { dtype: 'int8' }), { code: 'ERR_INVALID_OPTION', message: /length 1/ })
  t.throws(() => plain.encodeSync('a', { dtype: 'int8' }), { code: 'ERR_INVALID_OPTION' })
  t.is((await plain.encode('a', { dtype: 'int8', normalize: true })).dtype, 'int8')
  t.is((await ef.encode('a', { dtype: 'int8' })).dtype, 'int8')
  // encodeAsSequence normalizes only with `normalize: true`.
  await t.throwsAsync(ef.encodeAsSequence('a', { dtype: 'int8' }), { code: 'ERR_INVALID_OPTION' })
})

test('toArray gives the values of halves, the integers of int8 and the bytes of binary', async (t) => {
  for (const dtype of ['float16', 'bfloat16'] as const) {
    const out = new Uint16Array(2 ** 16)
    const matrix = await ef.encode(new Array<string>(out.length / ef.dim).fill(''), { dtype, out })
    for (let i = 0; i < out.length; i++) out[i] = i
    const values = Float32Array.from(matrix.toArray().flat(), (value) => (Number.isNaN(value) ? NaN : value))
    t.is(crc(values), expected.widened[dtype])
  }
  const int8 = await ef.encode(['a dog', 'a cat'], { dtype: 'int8', normalize: true })
  t.deepEqual(
    int8.toArray(),
    [...int8].map((row) => Array.from(row)),
  )
  const binary = await ef.encode(['a dog'], { dtype: 'binary' })
  const bits = Array.from((await ef.encode(['a dog'])).row(0), (value) => Number(value > 0)).join('')
  t.deepEqual(binary.toArray(), [Array.from({ length: 4 }, (_, i) => parseInt(bits.slice(i * 8, i * 8 + 8), 2))])
})

const { Float16Array } = globalThis as unknown as {
  readonly Float16Array?: new (length: number) => HalfArray & Iterable<number>
}
const halves = 'an out that is a Float16Array takes the bits of float16'
if (Float16Array === undefined) {
  test.skip(`${halves}: this Node has none`, () => undefined)
} else {
  test(halves, async (t) => {
    const many = manyTexts(2000)
    for (const list of [['a dog', ''], many]) {
      const own = await ef.encode(list, { dtype: 'float16', normalize: true })
      const values = own.toArray().flat()
      for (const isSync of [false, true]) {
        const out = new Float16Array(list.length * ef.dim + 3)
        const options = { dtype: 'float16', normalize: true, out } as const
        const matrix = isSync ? ef.encodeSync(list, options) : await ef.encode(list, options)
        t.is(crc(matrix.data), crc(own.data))
        t.is(matrix.data.buffer, out.buffer)
        const given = [...out]
        t.true(values.every((value, i) => Object.is(value, given[i])))
        t.is(crc(new Uint16Array(out.buffer, 0, own.data.length)), crc(own.data))
      }
    }
    const small = new Float16Array(2 * ef.dim - 1)
    t.throws(() => ef.encodeSync(['a', 'b'], { dtype: 'float16', out: small }), { code: 'ERR_OUT_TOO_SMALL' })
    structuredClone(small.buffer, { transfer: [small.buffer as ArrayBuffer] })
    t.throws(() => ef.encodeSync(['a'], { dtype: 'float16', out: small }), {
      code: 'ERR_OUT_TOO_SMALL',
      message: /has 0/,
    })
    const bfloat16 = { dtype: 'bfloat16', out: new Float16Array(99) } as object
    t.throws(() => ef.encodeSync('a', bfloat16), { code: 'ERR_INVALID_OPTION', message: /but got a Float16Array/ })
  })
}
