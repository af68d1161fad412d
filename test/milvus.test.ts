// model2vec-node/milvus: what leaves the SDK is what the model gave, bit for bit; and what the SDK
// makes of the same vectors without us. A loopback server decodes what was sent.

import test from 'ava'
import { DataType } from '@zilliz/milvus2-sdk-node'
import { isModel2VecError, Model2VecEmbeddingFunction } from 'model2vec-node'
import type { Dtype, EmbeddingMatrix } from 'model2vec-node'
import { milvusField, milvusRows, milvusVector, milvusVectors } from 'model2vec-node/milvus'

import { Loopback } from './milvus/loopback.js'
import type { SentField } from './milvus/loopback.js'
import { SMALL } from './test-data.js'

const ef = new Model2VecEmbeddingFunction(SMALL)
const TEXTS = ['a dog in the park', 'a cat on the sofa', 'seven ships', 'what the weather will be']
const DTYPES: readonly Dtype[] = ['float32', 'float16', 'bfloat16', 'int8', 'binary']
const loopback = Loopback.start()
test.after.always(async () => (await loopback).stop())

const encode = (dtype: Dtype): Promise<EmbeddingMatrix<Dtype>> => ef.encode(TEXTS, { dtype, normalize: true })

/** The bytes of the vectors of an insert, and how many rows are said to have one. */
function sent(fields: readonly SentField[] | undefined): { bytes: Buffer; valid: number } {
  const field = fields?.find(({ field_name }) => field_name === 'vector')
  const vectors = field?.vectors
  const bytes =
    vectors?.float16_vector ?? vectors?.bfloat16_vector ?? vectors?.int8_vector ?? vectors?.binary_vector ?? undefined
  return {
    bytes: bytes ?? Buffer.from(Float32Array.from(vectors?.float_vector?.data ?? []).buffer),
    valid: field?.valid_data.filter(Boolean).length ?? 0,
  }
}

/** What one insert of `data` sends. */
async function insert(
  matrix: { dim: number; dtype: Dtype },
  data: object[],
  { nullable = false, dynamic = false } = {},
): Promise<{ bytes: Buffer; valid: number }> {
  const server = await loopback
  const collection_name = await server.collection({ ...milvusField('vector', matrix), nullable }, dynamic)
  const inserts = server.inserts.length
  await server.client.insert({ collection_name, data: data as never })
  return sent(server.inserts[inserts])
}

/** What one search for `data` sends. */
async function search(matrix: { dim: number; dtype: Dtype }, data: unknown): Promise<readonly Buffer[]> {
  const server = await loopback
  const collection_name = await server.collection(milvusField('vector', matrix))
  const searches = server.searches.length
  await server.client.search({ collection_name, data: data as never, limit: 1 })
  return server.searches[searches]?.values ?? []
}

const bytesOf = (matrix: EmbeddingMatrix<Dtype>): Buffer =>
  Buffer.concat(Array.from({ length: matrix.rows }, (_, index) => matrix.bytes(index)))

// One server, and its lists of what it got.
for (const dtype of DTYPES) {
  for (const nullable of [false, true]) {
    const field = `${nullable ? 'nullable ' : ''}${milvusField('vector', { dim: 8, dtype }).data_type}`

    test.serial(`rows of ${dtype} arrive as they are in a ${field}`, async (t) => {
      const matrix = await encode(dtype)
      const expected = bytesOf(matrix)
      t.true(expected.some((byte) => byte !== 0))
      for (const vectors of [matrix, [...matrix]]) {
        const { bytes, valid } = await insert(matrix, milvusRows(vectors), { nullable })
        t.deepEqual(bytes, expected)
        t.is(valid, nullable ? TEXTS.length : 0)
      }
    })
  }

  test.serial(`rows of ${dtype} arrive as they are in a collection with dynamic fields`, async (t) => {
    const matrix = await encode(dtype)
    const items = TEXTS.map((text) => ({ text }))
    const { bytes } = await insert(matrix, milvusRows(matrix, items, { dynamic: true }), { dynamic: true })
    t.deepEqual(bytes, bytesOf(matrix))
  })

  test.serial(`a search for one ${dtype} row, and for several, sends their bytes`, async (t) => {
    const matrix = await encode(dtype)
    const expected = Array.from({ length: matrix.rows }, (_, index) => Buffer.from(matrix.bytes(index)))
    t.deepEqual(await search(matrix, milvusVectors(matrix)), expected)
    t.deepEqual(await search(matrix, milvusVector(matrix.row(1))), expected.slice(1, 2))
  })
}

test.serial('the last row of memory that is larger, and shared, arrives alone', async (t) => {
  const out = new Int8Array(new SharedArrayBuffer(10 * ef.dim), ef.dim)
  const matrix = await ef.encode(TEXTS, { dtype: 'int8', out })
  const { bytes } = await insert(matrix, milvusRows([matrix.row(3)]))
  t.deepEqual(bytes, Buffer.from(matrix.bytes(3)))
})

// The SDK alone, 3.0.6: why this module exists. Where one of these fails, the SDK was mended, and
// the module may shrink.

test.serial('the SDK alone makes a Float32Array in a nullable field one NaN', async (t) => {
  const matrix = await encode('float32')
  const { bytes } = await insert(matrix, [{ vector: matrix.row(0) }], { nullable: true })
  t.is(bytes.length, 4)
  t.is(bytes.readFloatLE(), NaN)
})

test.serial('the SDK alone makes a Uint8Array in a nullable BinaryVector one zero', async (t) => {
  const matrix = await encode('binary')
  const { bytes } = await insert(matrix, [{ vector: matrix.row(0) }], { nullable: true })
  t.deepEqual(bytes, Buffer.alloc(1))
})

test.serial('the SDK alone inserts the whole memory of a view of an Int8Array', async (t) => {
  const matrix = await encode('int8')
  const { bytes } = await insert(matrix, [{ vector: matrix.row(1) }])
  t.deepEqual(bytes, bytesOf(matrix))
})

test.serial('the SDK alone searches a Float16Vector for a Float32Array with other bytes', async (t) => {
  const [matrix, halves] = [await encode('float32'), await encode('float16')]
  const [bytes] = await search(halves, matrix.row(0))
  t.not(bytes?.length, halves.bytes(0).length)
})

test.serial('the SDK alone rounds bfloat16 towards zero', async (t) => {
  const [matrix, halves] = [await encode('float32'), await encode('bfloat16')]
  const { bytes } = await insert(
    halves,
    matrix.toArray().map((vector) => ({ vector })),
  )
  const truncated = Buffer.alloc(bytes.length)
  const floats = bytesOf(matrix)
  for (let i = 0; i < bytes.length; i += 2) floats.copy(truncated, i, 2 * i + 2, 2 * i + 4)
  t.deepEqual(bytes, truncated)
  t.notDeepEqual(bytes, bytesOf(halves))
})

test.serial('the SDK alone sends nothing of an Int8Array where fields are dynamic', async (t) => {
  const matrix = await encode('int8')
  const { bytes } = await insert(matrix, [{ vector: matrix.row(0).slice() }], { dynamic: true })
  t.is(bytes.length, 0)
})

test.serial('the SDK alone throws at half precision bytes where fields are dynamic', async (t) => {
  const matrix = await encode('float16')
  await t.throwsAsync(insert(matrix, [{ vector: matrix.bytes(0) }], { dynamic: true }), { instanceOf: TypeError })
})

test('a field has the type and the dim that the SDK knows', (t) => {
  for (const dtype of DTYPES) {
    const { name, data_type, dim } = milvusField('embedding', { dim: 256, dtype })
    t.deepEqual([name, dim], ['embedding', 256])
    t.true(Object.hasOwn(DataType, data_type))
  }
  t.is(milvusField('vector', ef.encodeSync('a dog', { dtype: 'float16' })).dim, ef.dim)
})

test('a BinaryVector of a dim that is no multiple of 8 has the bits that fill its last byte', async (t) => {
  const matrix = await ef.encode(TEXTS, { dtype: 'binary', dimensionality: 13 })
  t.is(matrix.dim, 13)
  t.is(milvusField('vector', matrix).dim, 16)
})

test('items keep their fields, and stay as they are', async (t) => {
  const matrix = await encode('float16')
  const items = TEXTS.map((text, id) => ({ id, text, embedding: null }))
  const rows = milvusRows(matrix, items, { field: 'embedding' })
  t.deepEqual(Object.keys(rows[2] ?? {}), ['id', 'text', 'embedding'])
  t.deepEqual(rows[2]?.text, TEXTS[2])
  t.deepEqual(rows[2]?.embedding, new Uint8Array(matrix.bytes(2)))
  t.is(items[2]?.embedding, null)
  t.deepEqual(milvusRows(await ef.encode([])), [])
})

test('`require` and `import` give the same functions', async (t) => {
  const imported = (await import('model2vec-node/milvus')) as object
  t.is((imported as { milvusRows: unknown }).milvusRows, milvusRows)
})

const matrix = ef.encodeSync(TEXTS, { dtype: 'float16' })
const WRONG: Record<string, [call: () => unknown, message: RegExp]> = {
  'a row that is a list': [() => milvusVector([1, 2] as never), /`row` should be a Float32Array, .* but got an array/],
  'a row of doubles': [() => milvusVector(new Float64Array(2) as never), /but got a Float64Array/],
  'no vectors': [() => milvusVectors(null as never), /`vectors` should be an EmbeddingMatrix or .* but got null/],
  'one row for many': [() => milvusVectors(matrix.row(0) as never), /`vectors` should be .* but got a Uint16Array/],
  'rows of several types': [
    () => milvusVectors<Dtype>([matrix.row(0), new Int8Array(matrix.dim)]),
    /`vectors\[1\]` should be a Uint16Array as the first, but got an Int8Array/,
  ],
  'rows of several lengths': [
    () => milvusVectors([matrix.row(0), matrix.row(1).subarray(1)]),
    /`vectors\[1\].length` should be 32 as the first, but got 31/,
  ],
  'an empty row': [() => milvusVectors([new Float32Array(0)]), /`vectors\[0\].length` should be at least 1, but got 0/],
  'fewer items': [() => milvusRows(matrix, [{ id: 1 }]), /`items.length` should be 4, one item per vector, but got 1/],
  'items that are none': [() => milvusRows(matrix, 'abcd' as never), /`items` should be an array, but got "abcd"/],
  'an item that is null': [
    () => milvusRows(matrix, [null, 5, {}, {}] as never),
    /`items\[0\]` should be an object with the row's other fields, but got null/,
  ],
  'an item that is a number': [
    () => milvusRows(matrix, [{}, 5, {}, {}] as never),
    /`items\[1\]` should be .* but got 5/,
  ],
  'an item that is a Map': [
    () => milvusRows(matrix, [{}, {}, new Map([['id', 1]]), {}]),
    /`items\[2\]` should be .* but got a Map/,
  ],
  'an item that is missing': [
    () => milvusRows(matrix, Object.assign(new Array<object>(4), { 0: {} })),
    /`items\[1\]` should be .* but got undefined/,
  ],
  'options that are a Map': [
    () => milvusRows(matrix, [{}, {}, {}, {}], new Map([['field', 'v']]) as never),
    /`options` should be an object, but got a Map: `Object\.fromEntries\(options\)`/,
  ],
  'no format': [
    () => milvusField('v', null as never),
    /`format` should be an EmbeddingMatrix or an object .* but got null/,
  ],
  'an unknown option': [() => milvusRows(matrix, [], { name: 'v' } as never), /`name` is no option of `milvusRows`/],
  'no field name': [() => milvusRows(matrix, TEXTS.map(Object), { field: '' }), /`field` should be a string/],
  'bits of an unknown type': [
    () => milvusRows([...matrix], undefined, { dynamic: true }),
    /`vectors` should be an EmbeddingMatrix where the vectors become numbers/,
  ],
  'NaN through JSON': [
    () => milvusRows([Float32Array.of(1, NaN)], undefined, { dynamic: true }),
    /`vectors\[0\]\[1\]` should be a finite number, as JSON has no other, but got NaN/,
  ],
  'a dtype of numpy': [
    () => milvusField('v', { dim: 8, dtype: 'uint8' as never }),
    /`dtype` should be one of 'float32'/,
  ],
  'half a dim': [() => milvusField('v', { dim: 0.5, dtype: 'int8' }), /`dim` should be an integer ≥ 1, but got 0.5/],
}
for (const [what, [call, message]] of Object.entries(WRONG)) {
  test(`${what}: ERR_INVALID_OPTION`, (t) => {
    const error = t.throws(call, { message })
    t.true(isModel2VecError(error))
    t.is((error as { code?: unknown } | undefined)?.code, 'ERR_INVALID_OPTION')
  })
}

test('memory that was given away: ERR_OUT_TOO_SMALL', (t) => {
  const mine = ef.encodeSync(TEXTS, { out: new Float32Array(TEXTS.length * ef.dim) })
  structuredClone(mine.data, { transfer: [mine.data.buffer] })
  t.throws(() => milvusRows(mine), { code: 'ERR_OUT_TOO_SMALL' })
})
