// model2vec-node/arrow with apache-arrow itself: the newest, and 18, which LanceDB asks for.

import * as newest from 'apache-arrow'
import test from 'ava'
import { EmbeddingMatrix, isModel2VecError, Model2VecEmbeddingFunction } from 'model2vec-node'
import { fixedSizeList, recordBatch } from 'model2vec-node/arrow'
import type { ArrowDtype } from 'model2vec-node/arrow'

import { SMALL } from '../test-data.js'
import { testWithPeers } from './peers.js'
import { peer } from './programs/program.js'

const TEXTS = ['a dog in the park', '', 'seven ships']
const ef = new Model2VecEmbeddingFunction(SMALL)

for (const [version, load] of [
  ['21', () => Promise.resolve(newest)],
  ['18', () => peer<typeof newest>('apache-arrow')],
] as const) {
  for (const dtype of ['float32', 'float16', 'int8', 'binary'] as ArrowDtype[]) {
    testWithPeers(`${dtype} vectors are a column of apache-arrow ${version} on the same memory`, async (t) => {
      const arrow = await load()
      const matrix = await ef.encode(TEXTS, { dtype, normalize: true })
      const column = fixedSizeList(arrow, matrix)
      t.is(column.length, TEXTS.length)
      t.is(column.nullCount, 0)
      t.is((column.data[0]?.children[0]?.values as Uint8Array).buffer, matrix.data.buffer)

      // Not the same memory twice: apache-arrow 21 writes it once, and can't read that again.
      const other = fixedSizeList(arrow, await ef.encode(TEXTS, { dtype, normalize: true }))
      const batch = recordBatch(arrow, { id: [1n, 2n, 3n], text: TEXTS, embedding: matrix, other })
      const read = arrow.tableFromIPC(arrow.tableToIPC(new arrow.Table([batch])))
      t.is(read.numRows, TEXTS.length)
      t.deepEqual([...(read.getChild('id') ?? [])], [1n, 2n, 3n])
      t.deepEqual([...(read.getChild('text') ?? [])], TEXTS)
      for (const name of ['embedding', 'other']) {
        const child = read.getChild(name)?.data[0]?.children[0]
        const { buffer, byteOffset } = child?.values as Uint8Array
        const bytes = Buffer.from(buffer, byteOffset, matrix.data.byteLength)
        t.deepEqual(bytes, Buffer.from(matrix.data.buffer, matrix.data.byteOffset, matrix.data.byteLength))
      }
      t.deepEqual(
        [...(read.getChild('embedding') ?? [])].map((row: Iterable<number>) => [...row]),
        matrix.toArray(),
      )
    })
  }
}

test('arrays become columns of their values: undefined is null, bigints are Int64, numbers Float64', (t) => {
  const columns = {
    text: ['a', undefined, null],
    number: [1, undefined, 2.5],
    bigint: [2n ** 63n - 1n, null, -(2n ** 63n)],
    typed: Int32Array.of(1, 2, 3),
    flag: [true, null, false],
  }
  const { tableFromIPC, tableToIPC, Table } = newest
  const read = tableFromIPC(tableToIPC(new Table([recordBatch(newest, columns)])))
  t.deepEqual(
    read.schema.fields.map(({ type }) => String(type)),
    ['Utf8', 'Float64', 'Int64', 'Int32', 'Bool'],
  )
  for (const [name, values] of Object.entries(columns)) {
    t.deepEqual(
      [...(read.getChild(name) ?? [])],
      [...values].map((value) => value ?? null),
      name,
    )
  }
})

test('what Arrow has no type for, and columns of different lengths, are refused', async (t) => {
  const refused = (make: () => unknown, message: RegExp): void => {
    const error = t.throws(make, undefined)
    t.true(isModel2VecError(error) && error.code === 'ERR_INVALID_OPTION', String(error))
    t.regex(error.message, message)
  }
  const matrix = await ef.encode(TEXTS)
  const halves = await ef.encode(TEXTS, { dtype: 'bfloat16' })
  refused(() => fixedSizeList(newest, halves as never), /`dtype`/)
  refused(() => fixedSizeList(newest, matrix.data as never), /`matrix`/)
  refused(() => fixedSizeList({} as never, matrix), /`arrow`/)
  const gone = EmbeddingMatrix.from(new Float32Array(8), { dim: 4 })
  structuredClone(gone.data.buffer, { transfer: [gone.data.buffer] })
  t.throws(() => fixedSizeList(newest, gone), { code: 'ERR_OUT_TOO_SMALL' })
  refused(() => recordBatch(newest, { text: ['a'], embedding: matrix }), /1 rows, as the first column has, but got 3/)
  refused(() => recordBatch(newest, { text: 'a' }), /`text`/)
  // Of which Arrow would store others.
  refused(() => recordBatch(newest, { id: [1n, 2n ** 63n] }), /`id\[1\]` .*64 bits/)
  refused(() => recordBatch(newest, { id: [null, 1, 2n] }), /`id\[2\]` should be a number/)
  refused(() => recordBatch(newest, { text: ['a', 5] }), /`text\[1\]` should be a string/)
  refused(() => recordBatch(newest, { text: [Symbol('a')] }), /`text`/)
})
