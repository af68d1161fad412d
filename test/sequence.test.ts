// One vector a token: the rows of Python's encode_as_sequence, in every bit.

import { readFileSync } from 'node:fs'

import test from 'ava'
import { Model2VecEmbeddingFunction } from 'model2vec-node'

import { corpus, crc, manyTexts, modelPath, SMALL } from './test-data.js'

interface Digests {
  readonly rows: readonly number[]
  readonly crc32: readonly number[]
}
const expected = JSON.parse(readFileSync('test/expected/encode_as_sequence.json', 'utf8')) as Record<
  string,
  Record<'none' | 'max16', Digests>
>
const texts = corpus('edge').filter((_, i) => i % 5 === 0)
const ef = new Model2VecEmbeddingFunction(SMALL)

for (const [model, runs] of Object.entries(expected)) {
  test(`${model} gives the rows of Python`, async (t) => {
    using each = new Model2VecEmbeddingFunction(modelPath(model))
    for (const [run, { rows, crc32 }] of Object.entries(runs)) {
      const maxLength = run === 'max16' ? 16 : undefined
      const matrices = await each.encodeAsSequence(texts, { maxLength })
      t.deepEqual(
        matrices.map((matrix) => matrix.rows),
        rows,
        run,
      )
      t.deepEqual(
        matrices.map((matrix) => crc(matrix.data)),
        crc32,
        run,
      )
    }
    t.log(`${texts.length} texts in 2 runs`)
  })
}

test("the model's own maxLength is ignored, as in Python", async (t) => {
  const limited = new Model2VecEmbeddingFunction(SMALL, { maxLength: 2 })
  const [matrix] = await limited.encodeAsSequence('one two three four')
  t.is(matrix?.rows, 4)
  t.is(limited.encodeSync('one two three four').tokens[0], 2)
})

test('rows are normalized when asked for', async (t) => {
  const [matrix] = await ef.encodeAsSequence('one two three', { normalize: true })
  for (const row of matrix ?? []) {
    const length = Math.hypot(...row)
    t.true(Math.abs(length - 1) < 1e-6)
  }
  const [one] = await ef.encodeAsSequence('one', { normalize: true })
  t.deepEqual(one?.data, ef.encodeSync('one', { normalize: true }).data)
})

test('rows are those of the ids of tokenize, and their mean is the vector of encode', async (t) => {
  const list = corpus('docs_en_300').slice(0, 50)
  const ids = ef.tokenize(list, { maxLength: null })
  const matrices = await ef.encodeAsSequence(list)
  const vectors = await ef.encode(list, { maxLength: null, normalize: false })
  for (const [i, matrix] of matrices.entries()) {
    t.is<number | undefined, number | undefined>(matrix.rows, ids[i]?.length)
    t.deepEqual(matrix.tokens, new Uint32Array(matrix.rows).fill(1))
    const sum = new Float32Array(ef.dim)
    for (const row of matrix) for (let j = 0; j < ef.dim; j++) sum[j] = (sum[j] ?? NaN) + (row[j] ?? NaN)
    t.deepEqual(
      sum.map((value) => value / matrix.rows),
      vectors.row(i),
    )
    t.deepEqual(matrix.row(0), ef.embedding(ids[i]?.[0] ?? NaN))
  }
})

test('sync and async, few and many, with and without out give the same rows', async (t) => {
  const list = ['', ...manyTexts(1000)]
  const matrices = await ef.encodeAsSequence(list)
  const total = matrices.reduce((sum, matrix) => sum + matrix.rows, 0)
  t.deepEqual(ef.encodeAsSequenceSync(list), matrices)
  for (const i of [0, 1, 500]) t.deepEqual((await ef.encodeAsSequence(list[i] ?? ''))[0]?.data, matrices[i]?.data)
  for (const memory of [ArrayBuffer, SharedArrayBuffer]) {
    const out = new Float32Array(new memory(total * ef.dim * 4 + 8))
    const views = await ef.encodeAsSequence(list, { out })
    t.is(views[1]?.data.buffer, out.buffer)
    t.deepEqual(
      views.map((matrix) => crc(matrix.data)),
      matrices.map((matrix) => crc(matrix.data)),
    )
    out.fill(0)
    const again = ef.encodeAsSequenceSync(list, { out })
    t.deepEqual(
      again.map((matrix) => crc(matrix.data)),
      matrices.map((matrix) => crc(matrix.data)),
    )
  }
})

test('truncated says of each text whether it was cut', async (t) => {
  const list = ['one two three', 'one', '', 'one two three four']
  for (const matrices of [
    await ef.encodeAsSequence(list, { maxLength: 2 }),
    ef.encodeAsSequenceSync(list, { maxLength: 2 }),
  ]) {
    t.deepEqual(
      matrices.map((matrix) => matrix.truncated),
      [1, 0, 0, 1],
    )
    t.deepEqual(
      matrices.map((matrix) => matrix.rows),
      [2, 1, 0, 2],
    )
  }
  const many = await ef.encodeAsSequence(manyTexts(600), { maxLength: 2 })
  t.true(many.every((matrix) => matrix.truncated === 1))
  t.true((await ef.encodeAsSequence(list)).every((matrix) => matrix.truncated === 0))
})
