// EmbeddingMatrix.load and save: `.npy` files, with numpy as the other side.

import { execFileSync } from 'node:child_process'
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  lstatSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { pathToFileURL } from 'node:url'

import test from 'ava'
import { EmbeddingMatrix, isModel2VecError, Model2VecEmbeddingFunction } from 'model2vec-node'
import type { Dtype } from 'model2vec-node'

import { pythonEnvironment } from './python-environment.js'
import { corpus, crc, SMALL } from './test-data.js'

const python = pythonEnvironment('test/matrix/requirements.txt', 'numpy, ml_dtypes')
const ef = new Model2VecEmbeddingFunction(SMALL, { normalize: true })
const texts = corpus('docs_en').slice(0, 30)
const DTYPES: readonly Dtype[] = ['float32', 'float16', 'bfloat16', 'int8', 'binary']

function folder(): string {
  return mkdtempSync(path.join(os.tmpdir(), 'model2vec-npy-'))
}

function numpy(...args: string[]): string[] {
  if (python.command === null) return []
  return execFileSync(python.command, ['test/matrix/npy.py', ...args], { encoding: 'utf8' })
    .trimEnd()
    .split('\n')
}

const withNumpy = python.command === null ? test.skip : test

withNumpy('numpy reads what save writes, in all five element types', async (t) => {
  const place = folder()
  const descriptions = { float32: '<f4', float16: '<f2', bfloat16: '|V2', int8: '|i1', binary: '|u1' }
  for (const dtype of DTYPES) {
    const matrix = await ef.encode(texts, { dtype })
    const file = path.join(place, `${dtype}.npy`)
    await matrix.save(file)
    const found = JSON.parse(numpy('read', file)[0] ?? '') as { descr: string; shape: number[]; crc: number }
    t.deepEqual(found.shape, [texts.length, matrix.width])
    t.is(found.descr.replace('<V2', '|V2'), descriptions[dtype])
    t.is(found.crc, crc(matrix.data))
  }
})

withNumpy('load reads what numpy.save writes, of all versions of the format', async (t) => {
  const place = folder()
  numpy('write', place)
  const eighths = [0, 1, 2].map((row) => [0, 1, 2, 3].map((column) => (row * 4 + column) / 8))
  const integers = eighths.map((row) => row.map(Math.trunc))
  const files = {
    float32: ['float32', eighths],
    float16: ['float16', eighths],
    bfloat16: ['bfloat16', eighths],
    int8: ['int8', integers],
    uint8: ['binary', integers],
    'version-2': ['float32', eighths],
    'version-3': ['float32', eighths],
    empty: ['float32', []],
  } as const
  for (const [name, [dtype, expected]] of Object.entries(files)) {
    const matrix = await EmbeddingMatrix.load(path.join(place, `${name}.npy`))
    t.is(matrix.dtype, dtype)
    t.deepEqual(matrix.toArray(), expected as unknown as number[][], name)
    t.is(matrix.dim, dtype === 'binary' ? 32 : 4)
    t.is(matrix.tokens, null)
    t.is(matrix.totalTokens, null)
  }
  for (const [name, message] of [
    ['fortran', /fortran\.npy: expected a matrix in C order/],
    ['vector', /expected a matrix in C order/],
    ['float64', /expected elements of float32, float16, bfloat16, int8, binary, but got <f8/],
    ['big-endian', /but got >f4/],
  ] as const) {
    await t.throwsAsync(EmbeddingMatrix.load(path.join(place, `${name}.npy`)), { code: 'ERR_BAD_NPY', message })
  }
})

withNumpy('numbers become the float16 and bfloat16 that numpy and ml_dtypes round them to', (t) => {
  // All upper halves of float32, each with lower halves around the ties.
  const patterns = new Uint32Array(65536 * 7)
  const lower = [0, 1, 0x0fff, 0x1000, 0x1001, 0x8000, 0xffff]
  for (let i = 0; i < patterns.length; i++) patterns[i] = Math.floor(i / 7) * 65536 + (lower[i % 7] ?? 0)
  const floats = new Float32Array(patterns.buffer)
  const file = path.join(folder(), 'floats')
  writeFileSync(file, floats)
  const numbers = Array.from(floats).filter((value) => !Number.isNaN(value))
  const expected = numpy('round', file).map(Number)
  const found = (['float16', 'bfloat16'] as const).map((dtype) => crc(EmbeddingMatrix.from([numbers], { dtype }).data))
  t.deepEqual(found, expected)
})

for (const dtype of DTYPES) {
  test(`a matrix of ${dtype} that was saved is loaded with the same bits`, async (t) => {
    const matrix = await ef.encode(texts, { dtype })
    const file = path.join(folder(), 'x.npy')
    await matrix.save(pathToFileURL(file))
    const loaded = await EmbeddingMatrix.load(file, { dtype, dim: ef.dim })
    t.deepEqual(loaded.data, matrix.data)
    t.deepEqual([loaded.rows, loaded.dim, loaded.dtype], [matrix.rows, matrix.dim, matrix.dtype])
    const part = loaded.slice(3, 5)
    await part.save(file)
    t.deepEqual((await EmbeddingMatrix.load(file)).toArray(), matrix.slice(3, 5).toArray())
  })
}

test('save replaces a file at once, keeps its mode, follows a link, and leaves nothing beside it', async (t) => {
  const place = folder()
  const [file, link] = [path.join(place, 'x.npy'), path.join(place, 'link.npy')]
  writeFileSync(file, 'old')
  chmodSync(file, 0o600)
  if (process.platform !== 'win32') symlinkSync(file, link)
  await ef.encodeSync(texts).save(process.platform === 'win32' ? file : link)
  t.is(statSync(file).size, 128 + texts.length * ef.dim * 4)
  if (process.platform !== 'win32') t.is(statSync(file).mode & 0o777, 0o600)
  t.deepEqual(readdirSync(place).sort(), process.platform === 'win32' ? ['x.npy'] : ['link.npy', 'x.npy'])
})

// Windows lets only administrators make links.
const posixTest = process.platform === 'win32' ? test.skip : test

posixTest('save makes the file that a link leads to when it is not there yet', async (t) => {
  const place = folder()
  symlinkSync('x.npy', path.join(place, 'link.npy'))
  await ef.encodeSync(texts).save(path.join(place, 'link.npy'))
  t.true(lstatSync(path.join(place, 'link.npy')).isSymbolicLink())
  t.is(statSync(path.join(place, 'x.npy')).size, 128 + texts.length * ef.dim * 4)
})

test('what can not be written leaves the old file and nothing beside it', async (t) => {
  const place = folder()
  const matrix = ef.encodeSync(texts)
  mkdirSync(path.join(place, 'folder'))
  for (const [name, message] of [
    ['folder', /folder is no file/],
    ['no/such.npy', /such\.npy can't be written: no such file or directory \(ENOENT\)/],
  ] as const) {
    await t.throwsAsync(matrix.save(path.join(place, name)), { code: 'ERR_INVALID_OPTION', message })
  }
  await t.throwsAsync(matrix.save(`${path.join(place, 'new')}/`), {
    code: 'ERR_INVALID_OPTION',
    message: /`path` should be the path of a file/,
  })
  await t.throwsAsync(matrix.save(5 as never), { code: 'ERR_INVALID_OPTION', message: /`path` should be a path/ })
  const file = path.join(place, 'x.npy')
  writeFileSync(file, 'old')
  const into = new Float32Array(ef.dim)
  const gone = ef.encodeSync('a dog', { out: into })
  structuredClone(into.buffer, { transfer: [into.buffer] })
  await t.throwsAsync(gone.save(file), { code: 'ERR_OUT_TOO_SMALL' })
  t.is(readFileSync(file, 'utf8'), 'old')
  t.deepEqual(readdirSync(place).sort(), ['folder', 'x.npy'])
})

test('a damaged file is an error that names it, and takes no more memory than the file has', async (t) => {
  const place = folder()
  const good = path.join(place, 'good.npy')
  await ef.encodeSync(texts).save(good)
  const bytes = readFileSync(good)
  const header = (dictionary: string): Buffer => {
    const copy = Buffer.from(bytes)
    copy.write(dictionary.padEnd(117), 10, 'latin1')
    return copy
  }
  const files: Record<string, [Buffer, RegExp]> = {
    nothing: [Buffer.alloc(0), /expected an \.npy file/],
    text: [Buffer.from('a text that is longer than that'), /expected an \.npy file, but it starts otherwise/],
    'only the start': [bytes.subarray(0, 20), /expected a whole header/],
    'version 4': [Buffer.concat([Buffer.from('\x93NUMPY\x04\x00', 'latin1'), bytes.subarray(8)]), /found 4\.0/],
    'too short': [bytes.subarray(0, -1), /expected 30 rows of 32, which end at byte 3968, but the file has 3967 bytes/],
    hostile: [
      header("{'descr': '<f4', 'fortran_order': False, 'shape': (4000000000000, 4000), }"),
      /the file has 3968 bytes/,
    ],
    'rows of nothing': [
      header("{'descr': '<f4', 'fortran_order': False, 'shape': (5, 0), }"),
      /expected rows of at least one element, and a number of them, but its shape is \(5, 0\)/,
    ],
    object: [header("{'descr': '|O', 'fortran_order': False, 'shape': (3, 4), }"), /but got \|O/],
    fields: [header("{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (3, 4), }"), /expected elements of/],
    'long header': [
      Buffer.concat([Buffer.from('\x93NUMPY\x02\x00\xff\xff\xff\x7f', 'latin1'), bytes]),
      /found one of 2147483647 bytes/,
    ],
  }
  for (const [name, [content, message]] of Object.entries(files)) {
    const file = path.join(place, name)
    writeFileSync(file, content)
    const error = await t.throwsAsync(EmbeddingMatrix.load(file), { code: 'ERR_BAD_NPY', message })
    t.true(isModel2VecError(error) && error.message.startsWith(`${file}: `), name)
  }
  truncateSync(good, bytes.length)
  await t.throwsAsync(EmbeddingMatrix.load(path.join(place, 'none.npy')), {
    code: 'ERR_INVALID_OPTION',
    message: /none\.npy can't be read: no such file or directory \(ENOENT\)/,
  })
  await t.throwsAsync(EmbeddingMatrix.load(place), { code: 'ERR_INVALID_OPTION', message: /can't be read: illegal/ })
  for (const [options, message] of [
    [{ dtype: 'int8' }, /`dtype` should be 'float32', which .*good\.npy has, but got "int8"/],
    [{ dim: 31 }, /`dim` should be for rows of 32 elements/],
    [{ dtype: 'float99' }, /`dtype` should be/],
    [{ type: 'int8' }, /`type` is no option of `EmbeddingMatrix\.load`/],
  ] as const) {
    await t.throwsAsync(EmbeddingMatrix.load(good, options as never), { code: 'ERR_INVALID_OPTION', message })
  }
})

test('dimensions of binary rows that are no multiple of 8 are given with load', async (t) => {
  const file = path.join(folder(), 'x.npy')
  const matrix = ef.encodeSync(texts, { dtype: 'binary', dimensionality: 12 })
  await matrix.save(file)
  t.is((await EmbeddingMatrix.load(file)).dim, 16)
  t.is((await EmbeddingMatrix.load(file, { dim: 12 })).dim, 12)
  await t.throwsAsync(EmbeddingMatrix.load(file, { dim: 17 }), { code: 'ERR_INVALID_OPTION' })
})
