// Calls on a model whose rows go through its head: of texts, and of rows of a matrix. All ways give
// the same bits; what Python gives is compared in pipeline.test.ts.

import { cpSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'

import test from 'ava'

import type * as headModule from '../build/modules/call/head.js'
import type * as encodeModule from '../build/modules/call/encode.js'
import type * as textsModule from '../build/modules/call/texts.js'
import type * as functionModule from '../build/modules/embedding-function.js'
import type * as matrixModule from '../build/modules/matrix/embedding-matrix.js'
import type * as loadModule from '../build/modules/model/load.js'
import type { Model } from '../build/modules/model/model.js'
import type * as encodeOptionsModule from '../build/modules/options/encode.js'
import type { EncodeOptions } from '../build/modules/options/encode.js'
import type * as loadOptionsModule from '../build/modules/options/load.js'
import { headFile, withHeadConfig } from './head-file.js'
import { manyTexts, SMALL } from './test-data.js'
import { load } from './modules.js'

const { applyHead, applyHeadSync } = load('call/head') as typeof headModule
const { encode, encodeSync } = load('call/encode') as typeof encodeModule
const { EmbeddingMatrix } = load('matrix/embedding-matrix') as typeof matrixModule
const { Model2VecEmbeddingFunction } = load('embedding-function') as typeof functionModule
const { textList } = load('call/texts') as typeof textsModule
const { loadOrLeave } = load('model/load') as typeof loadModule
const { checkEncodeOptions } = load('options/encode') as typeof encodeOptionsModule
const { checkLoadOptions } = load('options/load') as typeof loadOptionsModule

function modelWithHead(...sizes: readonly number[]): string {
  const directory = mkdtempSync(path.join(tmpdir(), 'm2v-head-calls-'))
  cpSync(SMALL, directory, { recursive: true })
  const config = path.join(directory, 'config.json')
  const settings = { n_layers: sizes.length - 1, activation: 'softmax', classes: null }
  writeFileSync(config, withHeadConfig(readFileSync(config), settings))
  writeFileSync(path.join(directory, 'head.safetensors'), headFile(...sizes))
  return directory
}

const directory = modelWithHead(32, 40, 5)

function opened(options: object = {}, source = directory): Model {
  return loadOrLeave(source, checkLoadOptions(options, 'Model2VecPipeline', true)).now()
}

const given = (
  options?: EncodeOptions<'float32' | 'float16' | 'bfloat16' | 'int8'>,
): ReturnType<typeof checkEncodeOptions> => checkEncodeOptions('predictProba', options)

const texts = [...manyTexts(3000), '', 'x'.repeat(300_000)]
const model = opened()
const rows = model.throughHead('activated')
const expected = encodeSync(rows, textList(texts), given())
const embeddings = encodeSync(model, textList(texts), given())

test('a model whose rows go through its head has as many dimensions as the head has outputs', (t) => {
  t.is(rows.info.dim, 5)
  t.is(model.info.dim, 32)
  t.deepEqual(model.head, {
    activation: 'softmax',
    classes: null,
    layers: 2,
    inputs: 32,
    outputs: 5,
    precision: 'float32',
  })
  t.deepEqual([expected.rows, expected.dim, expected.dtype], [texts.length, 5, 'float32'])
  for (const row of expected) t.true(Math.abs(Array.from(row).reduce((sum, x) => sum + x, 0) - 1) < 1e-6)
  t.is(model.throughHead('activated'), rows)
  t.notDeepEqual(encodeSync(model.throughHead('scores'), textList(texts), given()).data, expected.data)
})

test('texts give the same rows at once, as a job, with any number of threads, and into any memory', async (t) => {
  t.deepEqual((await encode(rows, textList(texts), given())).data, expected.data)
  for (const threads of [1, 2, 7]) {
    const other = opened({ threads }).throughHead('activated')
    t.deepEqual((await encode(other, textList(texts), given())).data, expected.data, `${threads} threads`)
    t.deepEqual(encodeSync(other, textList(texts), given()).data, expected.data, `${threads} threads`)
  }
  for (const memory of [new ArrayBuffer(texts.length * 20), new SharedArrayBuffer(texts.length * 20)]) {
    const out = new Float32Array(memory)
    await encode(rows, textList(texts), given({ out }))
    t.deepEqual([...out], [...expected.data])
  }
  for (const count of [1, 2, 20]) {
    const few = await encode(rows, textList(texts.slice(0, count)), given())
    t.deepEqual([...few.data], [...expected.data.subarray(0, count * 5)], `${count} texts`)
  }
  t.deepEqual(expected.tokens, embeddings.tokens)
  t.is(expected.truncated, embeddings.truncated)
})

test('rows of a matrix give what their texts give, on this thread and on others', async (t) => {
  for (const threads of [1, 3]) {
    const other = opened({ threads }).throughHead('activated')
    for (const made of [await applyHead(other, embeddings, given()), applyHeadSync(other, embeddings, given())]) {
      t.deepEqual(made.data, expected.data)
      t.deepEqual(made.tokens, embeddings.tokens)
      t.is(made.truncated, embeddings.truncated)
      t.is(made.isTruncated(texts.length - 1), true)
    }
  }
  const few = embeddings.slice(3, 5)
  t.deepEqual([...(await applyHead(rows, few, given())).data], [...expected.data.subarray(15, 25)])
  t.is((await applyHead(rows, embeddings.slice(0, 0), given())).rows, 0)
})

test('a matrix may be of float16 or bfloat16, or one that was loaded, and its memory of any kind', async (t) => {
  for (const dtype of ['float16', 'bfloat16'] as const) {
    const halves = encodeSync(model, textList(texts.slice(0, 40)), given({ dtype }))
    const widened = EmbeddingMatrix.from(halves.toArray())
    const made = await applyHead(rows, halves, given())
    t.deepEqual(made.data, applyHeadSync(rows, widened, given()).data, dtype)
  }
  const shared = new Float32Array(new SharedArrayBuffer(embeddings.data.byteLength))
  shared.set(embeddings.data)
  const made = await applyHead(rows, EmbeddingMatrix.from(shared, { dim: 32 }), given())
  t.deepEqual(made.data, expected.data)
  t.is(made.tokens, null)
})

test('a matrix that holds no embeddings of the model is refused', (t) => {
  const refused = (matrix: unknown): { code: string; message: string } => {
    const error = t.throws(() => applyHeadSync(rows, matrix as matrixModule.EmbeddingMatrix, given()))
    return error as unknown as { code: string; message: string }
  }
  t.like(refused(EmbeddingMatrix.from(new Float32Array(62), { dim: 31 })), {
    code: 'ERR_SHAPE_MISMATCH',
    message: "`matrix` should have the 32 dimensions of the model's embeddings, but has 31",
  })
  const bytes = EmbeddingMatrix.from(new Int8Array(32), { dim: 32, dtype: 'int8' })
  t.like(refused(bytes), {
    code: 'ERR_INVALID_OPTION',
    message: "`matrix` should be of 'float32', 'float16' or 'bfloat16' for a head, but is of 'int8'",
  })
  t.like(refused([[1, 2]]), { code: 'ERR_INVALID_OPTION' })
  const other = { data: new Float64Array(32), rows: 1, dim: 32, width: 32, dtype: 'float32' }
  t.like(refused(other), {
    code: 'ERR_INVALID_OPTION',
    message: '`matrix.data` should be a Float32Array, but got a Float64Array',
  })
  const gone = EmbeddingMatrix.from(new Float32Array(64), { dim: 32 })
  structuredClone(gone.data.buffer, { transfer: [gone.data.buffer] })
  t.like(refused(gone), { code: 'ERR_OUT_TOO_SMALL' })
})

test('an abort ends a call of a large matrix, and progress is reported to its end', async (t) => {
  const deep = opened({}, modelWithHead(32, 2000, 2000, 5)).throughHead('scores')
  const many = EmbeddingMatrix.from(new Float32Array(100_000 * 32), { dim: 32 })
  const controller = new AbortController()
  const reason = new Error('enough')
  setTimeout(() => {
    controller.abort(reason)
  }, 30)
  await t.throwsAsync(async () => applyHead(deep, many, given({ signal: controller.signal })), { is: reason })
  const reports: unknown[] = []
  const onProgress = (progress: unknown): void => {
    reports.push(progress)
  }
  await applyHead(rows, embeddings, given({ onProgress }))
  t.deepEqual(reports.at(-1), { done: texts.length, total: texts.length })
})

test('a head is for rows of texts alone: rows of token ids do not go through it', (t) => {
  t.throws(() => rows.embedding(3), { code: 'ERR_INTERNAL' })
})

test('both share the table: a function on the same directory loads no second one, and closing one leaves the others', (t) => {
  const ef = new Model2VecEmbeddingFunction(directory)
  t.true(ef.info.hasHead)
  t.false(new Model2VecEmbeddingFunction(SMALL).info.hasHead)
  t.deepEqual(ef.encodeSync(texts.slice(0, 5)).data, encodeSync(model, textList(texts.slice(0, 5)), given()).data)
  const base = opened()
  const embedder = base.share()
  const through = base.throughHead('scores')
  base.close()
  t.throws(() => encodeSync(through, textList(['a']), given()), { code: 'ERR_CLOSED' })
  t.is(encodeSync(embedder, textList(['a']), given()).dim, 32)
  embedder.close()
  t.is(ef.encodeSync(['a']).dim, 32)
})
