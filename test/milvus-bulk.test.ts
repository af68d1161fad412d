// model2vec-node/milvus and the BulkWriter of the SDK: the files that it writes have the vectors in
// the forms that a Milvus server imports. Sources: internal/util/importutilv2/json/row_parser.go of
// Milvus (a float16 or bfloat16 vector of a JSON file has `dim` numbers), and pymilvus'
// bulk_writer/buffer.py (in a Parquet file these are lists of bytes).

import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'

import test from 'ava'
import type { ExecutionContext } from 'ava'
import { BulkWriter, DataType } from '@zilliz/milvus2-sdk-node'
import { isModel2VecError, Model2VecEmbeddingFunction } from 'model2vec-node'
import type { Dtype, EmbeddingMatrix } from 'model2vec-node'
import { milvusBulkRows, milvusField, milvusRows } from 'model2vec-node/milvus'

import { SMALL } from './test-data.js'

const ef = new Model2VecEmbeddingFunction(SMALL)
const TEXTS = ['a dog in the park', 'a cat on the sofa', '', 'what the weather will be']
const ITEMS = TEXTS.map((text, id) => ({ id, text }))
const DTYPES: readonly Dtype[] = ['float32', 'float16', 'bfloat16', 'int8', 'binary']
const encode = (dtype: Dtype): Promise<EmbeddingMatrix<Dtype>> => ef.encode(TEXTS, { dtype, normalize: true })

/** The file that the writer makes of rows. */
async function write(
  t: ExecutionContext,
  matrix: EmbeddingMatrix<Dtype>,
  format: 'json' | 'parquet',
  rows: readonly object[],
  dynamic = false,
): Promise<string> {
  const localPath = mkdtempSync(path.join(os.tmpdir(), 'model2vec-bulk-'))
  t.teardown(() => {
    rmSync(localPath, { recursive: true, force: true })
  })
  const fields = [
    { name: 'id', data_type: DataType.Int64, is_primary_key: true },
    { name: 'text', data_type: DataType.VarChar, max_length: 1000 },
    milvusField('vector', matrix),
  ]
  const schema = { fields, enable_dynamic_field: dynamic }
  const writer = new BulkWriter({ schema, format, localPath })
  for (const row of rows) await writer.append(row)
  const [[file = ''] = []] = await writer.close()
  return file
}

for (const dtype of DTYPES) {
  for (const dynamic of [false, true]) {
    test(`${dtype} vectors are numbers in a file of JSON${dynamic ? ' with dynamic fields' : ''}`, async (t) => {
      const matrix = await encode(dtype)
      const rows = milvusBulkRows(matrix, ITEMS)
      const items = dynamic ? rows.map((row) => ({ ...row, more: 'than the fields' })) : rows
      const file = await write(t, matrix, 'json', items, dynamic)
      const read = JSON.parse(readFileSync(file, 'utf8')) as { rows: { id: number; text: string; vector: number[] }[] }
      t.deepEqual(
        read.rows.map(({ id, text, vector }) => ({ id, text, vector })),
        // JSON.stringify makes 0 of −0.
        matrix.toArray().map((row, id) => ({ id, text: TEXTS[id] ?? '', vector: row.map((x) => x + 0) })),
      )
    })
  }

  test(`${dtype} vectors are their bytes, or numbers of the column's type, in a file of Parquet`, async (t) => {
    const matrix = await encode(dtype)
    for (const vectors of [matrix, [...matrix]]) {
      const file = await write(t, matrix, 'parquet', milvusBulkRows(vectors, ITEMS, { format: 'parquet' }))
      const bytes = await readFile(file)
      const { parquetReadObjects } = await import('hyparquet')
      const buffer = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length)
      const read = (await parquetReadObjects({ file: buffer })) as { id: bigint; text: string; vector: number[] }[]
      t.deepEqual(
        read.map(({ id, text }) => ({ id: Number(id), text })),
        ITEMS,
      )
      const isHalf = dtype === 'float16' || dtype === 'bfloat16'
      t.deepEqual(
        read.map(({ vector }) => vector),
        isHalf ? TEXTS.map((_, i) => [...matrix.bytes(i)]) : matrix.toArray(),
      )
    }
  })
}

test('the writer alone makes twice as many numbers of half precision bytes in a file of JSON', async (t) => {
  // Why rows for JSON are made apart. Where this fails, the SDK was mended.
  const matrix = await encode('float16')
  const file = await write(t, matrix, 'json', milvusRows(matrix, ITEMS))
  const { rows } = JSON.parse(readFileSync(file, 'utf8')) as { rows: { vector: number[] }[] }
  t.is(rows[0]?.vector.length, 2 * ef.dim)
})

test('what a file could not hold, and no format, are refused', async (t) => {
  const refused = (make: () => unknown, message: RegExp): void => {
    const error = t.throws(make, undefined)
    t.true(isModel2VecError(error) && error.code === 'ERR_INVALID_OPTION', String(error))
    t.regex(error.message, message)
  }
  const halves = await encode('float16')
  refused(() => milvusBulkRows([...halves]), /`vectors` should be an EmbeddingMatrix where the vectors become numbers/)
  refused(() => milvusBulkRows(halves, ITEMS, { format: 'numpy' as never }), /`format` should be 'json' or 'parquet'/)
  refused(() => milvusBulkRows([new Float32Array([1, NaN])]), /`vectors\[0\]\[1\]` should be a finite number/)
  refused(() => milvusBulkRows(halves, ITEMS.slice(1)), /`items.length` should be 4/)
  t.deepEqual(
    milvusBulkRows(await encode('int8'), undefined, { field: 'embedding' }).map((row) => Object.keys(row)),
    TEXTS.map(() => ['embedding']),
  )
})
