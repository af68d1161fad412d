// matrix.json and matrix.base64: what Python and JavaScript read back.

import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'

import test from 'ava'
import { EmbeddingMatrix } from 'model2vec-node'

import { pythonEnvironment } from './python-environment.js'
import { DTYPES, vectors } from './search/vectors.js'

const python = pythonEnvironment('test/search/requirements.txt', 'numpy, ml_dtypes')
const withPython = python.command === null ? test.skip : test

/** The float32 numbers of all patterns of the upper bits, with zeros and with ones below. */
function manyFloats(): Float32Array {
  const patterns = new Uint32Array(2 ** 19 * 2)
  for (let i = 0; i < 2 ** 19; i++) {
    patterns[2 * i] = (i << 13) >>> 0
    patterns[2 * i + 1] = ((i << 13) | ((Math.imul(i, 2_654_435_761) >>> 7) & 0x1fff)) >>> 0
  }
  return new Float32Array(patterns.buffer)
}

withPython('Python reads the float32 back that were written, of all patterns of the upper 19 bits', (t) => {
  const data = manyFloats()
  const matrix = EmbeddingMatrix.from(data, { dim: 1024 })
  const folder = mkdtempSync(path.join(tmpdir(), 'json-'))
  const json = matrix.json()
  t.true(Buffer.isBuffer(json))
  writeFileSync(path.join(folder, 'json'), json)
  execFileSync(python.command ?? '', ['test/search/read_json.py', folder])
  const bytes = readFileSync(path.join(folder, 'bits'))
  const read = new Uint32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength))
  const written = new Uint32Array(data.buffer)
  t.is(read.length, written.length)
  const wrong = written.findIndex((pattern, i) =>
    Number.isFinite(data[i]) ? read[i] !== pattern : ((read[i] ?? 0) & 0x7fffffff) <= 0x7f800000,
  )
  t.is(wrong, -1)
})

test('JSON.parse gives numbers that round to the same elements, of every element type, for all rows and for one', (t) => {
  for (const dtype of DTYPES) {
    const dim = dtype === 'binary' ? 24 : 19
    const matrix = vectors(dtype, 50, dim, 31)
    const readBack = (text: string): EmbeddingMatrix<typeof dtype> =>
      EmbeddingMatrix.from(JSON.parse(text) as number[][], { dtype, dim })
    t.deepEqual(readBack(String(matrix.json())).data, matrix.data)
    t.deepEqual(readBack(`[${String(matrix.json(49))}]`).data, matrix.row(49))
  }
})

test('numbers that JSON has not are null, and no rows are an empty array', (t) => {
  const matrix = EmbeddingMatrix.from(Float32Array.of(NaN, Infinity, -Infinity, -0, 0.1, 1e-7), { dim: 3 })
  t.is(String(matrix.json(0)), '[null,null,null]')
  t.deepEqual(JSON.parse(String(matrix.json(1))), [-0, 0.1, 1e-7])
  t.is(String(EmbeddingMatrix.from(new Float32Array(), { dim: 3 }).json()), '[]')
})

test('base64 is that of the bytes of a row', (t) => {
  for (const dtype of DTYPES) {
    for (const dim of [1, 2, 3, 256]) {
      const matrix = vectors(dtype, 3, dim, 32)
      for (let i = 0; i < 3; i++) t.is(matrix.base64(i), Buffer.from(matrix.bytes(i)).toString('base64'))
    }
  }
})

test('there is no text of a row that there is not, or whose memory is gone', (t) => {
  const data = new Float32Array(4)
  const matrix = EmbeddingMatrix.from(data, { dim: 2 })
  for (const index of [2, -1, 0.5, NaN]) {
    t.throws(() => matrix.json(index), { code: 'ERR_INVALID_OPTION', message: /`index`/ })
    t.throws(() => matrix.base64(index), { code: 'ERR_INVALID_OPTION', message: /`index`/ })
  }
  structuredClone(data.buffer, { transfer: [data.buffer] })
  for (const call of [() => matrix.json(), () => matrix.json(1), () => matrix.base64(0)]) {
    t.throws(call, { code: 'ERR_OUT_TOO_SMALL' })
  }
})
