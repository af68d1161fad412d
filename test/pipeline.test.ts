// Model2VecPipeline: the labels and probabilities of Python model2vec 0.10.0, for every committed
// head, and what the class does besides.

import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { pathToFileURL } from 'node:url'

import test from 'ava'
import type { ExecutionContext } from 'ava'
import { EmbeddingMatrix, Model2VecEmbeddingFunction, Model2VecPipeline } from 'model2vec-node'
import type { Label } from 'model2vec-node'

import { headNames, headPath, headReference, tensorsOf } from './heads.js'
import type { HeadReference } from './heads.js'
import { corpus, manyTexts, modelPath } from './test-data.js'

/** How far a result may be from numpy's, whose own sums depend on the CPU. */
function toleranceOf(largest: number): number {
  return 1e-6 * Math.max(1, largest)
}

/** Of one text: its logits, and whether its two best differ by more than 1e-5. */
function logitsOf({ tensors }: HeadReference, run: string, row: number, outputs: number) {
  const all = tensors.get(`${run}.logits`) ?? []
  const logits = Array.from({ length: outputs }, (_, i) => all[row * outputs + i] ?? NaN)
  const sorted = logits.toSorted((a, b) => b - a)
  const largest = Math.max(...logits.map(Math.abs).filter((value) => !Number.isNaN(value)), 0)
  return { largest, isClear: !((sorted[0] ?? 0) - (sorted[1] ?? -Infinity) <= 1e-5) }
}

/** Compares rows with a tensor of the reference. */
function assertClose(t: ExecutionContext, found: EmbeddingMatrix, reference: HeadReference, name: string): void {
  const expected = reference.tensors.get(name) ?? []
  t.is(found.data.length, expected.length, name)
  const key = name.replace(/\.(logits|proba)$/, '')
  const bad: string[] = []
  for (let row = 0; row < found.rows; row++) {
    const { largest } = logitsOf(reference, key, row, found.dim)
    const tolerance = toleranceOf(largest)
    for (let i = row * found.dim; i < (row + 1) * found.dim; i++) {
      const [is, was] = [found.data[i] ?? 0, expected[i] ?? 0]
      if (Number.isNaN(is) && Number.isNaN(was)) continue
      if (!(Math.abs(is - was) <= tolerance)) bad.push(`${row}: ${is}, Python ${was}`)
    }
  }
  t.deepEqual(bad.slice(0, 5), [], `${name}: ${bad.length} of ${expected.length} differ`)
}

for (const name of headNames()) {
  test(`${name}: labels, probabilities and rows are those of Python`, async (t) => {
    const reference = headReference(name)
    using pipeline = await Model2VecPipeline.load(headPath(name))
    t.is(pipeline.activation, reference.activation)
    t.deepEqual(pipeline.classes, reference.classes)
    let compared = 0
    for (const [key, run] of Object.entries(reference.runs)) {
      const texts = corpus(run.corpus)
      const options = run.max_length === undefined ? {} : { maxLength: run.max_length }
      const predictions = await pipeline.predict(texts, options)
      if (reference.activation === 'identity') {
        assertClose(t, predictions as EmbeddingMatrix, reference, `${key}.logits`)
        compared += texts.length
        continue
      }
      assertClose(t, await pipeline.predictProba(texts, options), reference, `${key}.proba`)
      const labels = predictions as (Label | Label[])[]
      t.is(labels.length, run.rows)
      if (reference.activation === 'softmax') {
        const clear = labels.map((_, row) => logitsOf(reference, key, row, pipeline.dim).isClear)
        const wrong = labels.flatMap((label, row) => (clear[row] === true && label !== run.labels?.[row] ? [row] : []))
        t.deepEqual(wrong, [], `${key}: texts with another label`)
        t.true(clear.filter(Boolean).length >= 0.9 * labels.length)
      } else {
        for (const threshold of [undefined, 0.1, 0.9] as const) {
          const expected = run.labelsAbove?.[String(threshold ?? 0.5)] ?? []
          const found = (await pipeline.predict(texts, { ...options, threshold })) as Label[][]
          const all = reference.tensors.get(`${key}.proba`) ?? []
          // Where a probability is the threshold but for the last bits, either is right.
          const isClear = (row: number): boolean =>
            Array.from({ length: pipeline.dim }, (_, i) => all[row * pipeline.dim + i] ?? 0).every(
              (p) => Math.abs(p - (threshold ?? 0.5)) > toleranceOf(1),
            )
          const wrong = found.flatMap((labels, row) =>
            isClear(row) && JSON.stringify(labels) !== JSON.stringify(expected[row]) ? [row] : [],
          )
          t.deepEqual(wrong, [], `${run.corpus}, threshold ${threshold ?? 'default'}`)
        }
      }
      compared += labels.length
    }
    t.true(compared > 0)
    t.log(`${compared} texts`)
  })
}

const LANGUAGE = headPath('language-quantized')
const TOPICS = headPath('topics')
const PROJECTION = headPath('projection')
const texts = corpus('multilingual_300')

test('all forms of a call give the same: constructor and load, async and Sync, texts and their embeddings, streams', async (t) => {
  for (const directory of [LANGUAGE, TOPICS, PROJECTION]) {
    using pipeline = await Model2VecPipeline.load(directory)
    using constructed = new Model2VecPipeline(pathToFileURL(directory))
    const predictions = await pipeline.predict(texts)
    const embeddings = await pipeline.embedder.encode(texts)
    const plain = (value: unknown): unknown =>
      value instanceof EmbeddingMatrix ? Array.from((value as EmbeddingMatrix).data) : value
    t.deepEqual(plain(pipeline.predictSync(texts)), plain(predictions))
    t.deepEqual(plain(constructed.predictSync(texts)), plain(predictions))
    t.deepEqual(plain(await pipeline.predict(embeddings)), plain(predictions))
    t.deepEqual(plain(pipeline.predictSync(embeddings)), plain(predictions))
    t.deepEqual(plain(await pipeline.predict(texts[0] ?? '')), plain(await pipeline.predict(texts.slice(0, 1))))
    const streamed: unknown[] = []
    for await (const batch of pipeline.predictStream(texts, { batchSize: 64 })) {
      const some = batch.predictions
      streamed.push(...(some instanceof EmbeddingMatrix ? some.data : some))
    }
    t.deepEqual(streamed, plain(predictions))
    if (pipeline.activation === 'identity') continue
    const probabilities = await pipeline.predictProba(texts)
    t.deepEqual([probabilities.rows, probabilities.dim, probabilities.dtype], [300, pipeline.dim, 'float32'])
    t.deepEqual([...probabilities.tokens], [...embeddings.tokens])
    t.deepEqual(pipeline.predictProbaSync(texts).data, probabilities.data)
    t.deepEqual((await pipeline.predictProba(embeddings)).data, probabilities.data)
    t.deepEqual(pipeline.predictProbaSync(embeddings).data, probabilities.data)
    const narrow = await pipeline.embedder.encode(texts, { dtype: 'float16' })
    t.is((await pipeline.predictProba(narrow)).rows, 300)
  }
})

test('many texts, which run on all threads, have the labels that they have one by one', async (t) => {
  using pipeline = await Model2VecPipeline.load<'softmax', string>(LANGUAGE)
  const many = manyTexts(20_000)
  const done: number[] = []
  const labels = await pipeline.predict(many, { onProgress: ({ done: texts }) => done.push(texts) })
  t.is(labels.length, many.length)
  t.is(done.at(-1), many.length)
  for (let i = 0; i < many.length; i += 997) t.is(labels[i], pipeline.predictSync([many[i] ?? ''])[0], `${i}`)
  const matrix = await pipeline.embedder.encode(many)
  t.deepEqual(await pipeline.predict(matrix), labels)
  t.deepEqual(await pipeline.predict([]), [])
  t.is((await pipeline.predictProba([])).rows, 0)
})

test('the scores of a stream are the probabilities of its predictions', async (t) => {
  using language = await Model2VecPipeline.load<'softmax', string>(LANGUAGE)
  const probabilities = await language.predictProba(texts)
  const items = texts.map((text, id) => ({ id, text }))
  let seen = 0
  for await (const batch of language.predictStream(items, { text: (item) => item.text, batchSize: 100 })) {
    t.is(batch.index, seen)
    for (const [i, { id }] of batch.items.entries()) {
      t.is(id, seen++)
      const column = language.classes?.indexOf(batch.predictions[i] ?? '') ?? -1
      t.is(batch.scores[i], probabilities.row(id)[column])
      t.is(batch.scores[i], Math.max(...probabilities.row(id)))
    }
  }
  t.is(seen, texts.length)
  using topics = await Model2VecPipeline.load<'sigmoid', string>(TOPICS)
  const each = await topics.predictProba(texts)
  for await (const { index, predictions, scores } of topics.predictStream(texts, { threshold: 0.2 })) {
    for (const [i, labels] of predictions.entries()) {
      const columns = labels.map((label) => topics.classes?.indexOf(label) ?? -1)
      t.deepEqual(
        scores[i],
        columns.map((column) => each.row(index + i)[column] ?? NaN),
      )
      t.true((scores[i] ?? []).every((score) => score > 0.2))
    }
  }
})

test('a projection gives embeddings in every form that an embedding function has', async (t) => {
  using pipeline = await Model2VecPipeline.load<'identity'>(PROJECTION)
  const rows = await pipeline.predict(texts)
  t.deepEqual([pipeline.dim, rows.dim, pipeline.info.embeddingDim, pipeline.info.dim], [48, 48, 32, 48])
  const matrix = await pipeline.encode(texts)
  t.deepEqual(matrix.data, rows.data)
  t.deepEqual(pipeline.encodeSync(texts).data, rows.data)
  for (const documents of [
    await pipeline.encodeDocuments(texts),
    await pipeline.encodeQueries(texts),
    pipeline.encodeDocumentsSync(texts),
    pipeline.encodeQueriesSync(texts),
  ])
    // prettier-ignore
    t.deepEqual(documents, [...rows])
  let at = 0
  for await (const { embeddings } of pipeline.encodeStream(texts, { batchSize: 100 }))
    for (const row of embeddings) t.deepEqual(row, rows.row(at++))
  t.is(at, texts.length)
  const scaled = await pipeline.encode(texts, { dtype: 'int8', normalize: true, dimensionality: 16 })
  t.deepEqual([scaled.dim, scaled.dtype], [16, 'int8'])
  const unit = await pipeline.encode(texts, { normalize: true })
  for (const row of unit) t.true(Math.abs(Math.hypot(...row) - 1) < 1e-6 || row.every((value) => value === 0))
})

test('a classifier has no embeddings, a projection no probabilities: ERR_BAD_HEAD', async (t) => {
  using classifier = await Model2VecPipeline.load(LANGUAGE)
  const noProjection = { code: 'ERR_BAD_HEAD', message: /activation softmax, expected identity/ }
  await t.throwsAsync(classifier.encode(texts), noProjection)
  await t.throwsAsync(classifier.encodeDocuments(texts), noProjection)
  t.throws(() => classifier.encodeSync(texts), noProjection)
  t.throws(() => classifier.encodeStream(texts), noProjection)
  using projection = await Model2VecPipeline.load(PROJECTION)
  const noProbabilities = { code: 'ERR_BAD_HEAD', message: /activation identity, expected softmax or sigmoid/ }
  await t.throwsAsync(projection.predictProba(texts), noProbabilities)
  t.throws(() => projection.predictProbaSync(texts), noProbabilities)
})

test('`embedder` is the model without the head, on the same table; the function on such a directory too', async (t) => {
  using pipeline = await Model2VecPipeline.load(LANGUAGE)
  const { embedder } = pipeline
  t.is(pipeline.embedder, embedder)
  using ef = new Model2VecEmbeddingFunction(LANGUAGE)
  using base = new Model2VecEmbeddingFunction(modelPath('m8k-vq'))
  t.true(ef.info.hasHead)
  t.false(base.info.hasHead)
  const expected = await base.encode(texts)
  t.deepEqual((await embedder.encode(texts)).data, expected.data)
  t.deepEqual((await ef.encode(texts)).data, expected.data)
  t.is(embedder.dim, pipeline.info.embeddingDim)
  // Closed on its own, it leaves the pipeline; closed with the pipeline, it is closed.
  embedder.close()
  t.is((await pipeline.predict(texts)).length, 300)
  const other = await Model2VecPipeline.load(LANGUAGE)
  const { embedder: second } = other
  other.close()
  other.close()
  await t.throwsAsync(second.encode(texts), { code: 'ERR_CLOSED' })
  await t.throwsAsync(other.predict(texts), { code: 'ERR_CLOSED' })
  t.throws(() => other.classes, { code: 'ERR_CLOSED' })
})

test('a call that runs when the pipeline is closed ends as if it were not', async (t) => {
  const pipeline = await Model2VecPipeline.load(LANGUAGE)
  const running = pipeline.predict(manyTexts(5_000))
  pipeline.close()
  t.is(((await running) as string[]).length, 5_000)
})

test('values of the table that are no numbers are 0 and the largest numbers in the embeddings too, as in Python', async (t) => {
  using pipeline = await Model2VecPipeline.load(headPath('nan-table-f16'))
  const rows = await pipeline.embedder.encode(texts)
  t.true(rows.data.every(Number.isFinite))
  using ef = new Model2VecEmbeddingFunction(headPath('nan-table-f16'))
  t.false((await ef.encode(texts)).data.every(Number.isFinite))
})

test('an abort ends calls and streams with its reason', async (t) => {
  using pipeline = await Model2VecPipeline.load(LANGUAGE)
  const reason = new Error('enough')
  const aborted = AbortSignal.abort(reason)
  await t.throwsAsync(pipeline.predict(texts, { signal: aborted }), { is: reason })
  await t.throwsAsync(pipeline.predictProba(texts, { signal: aborted }), { is: reason })
  const controller = new AbortController()
  const late = pipeline.predict(manyTexts(50_000), { signal: controller.signal })
  controller.abort(reason)
  await t.throwsAsync(late, { is: reason })
  const stream = pipeline.predictStream(texts, { signal: aborted })
  await t.throwsAsync(stream.next(), { is: reason })
  await t.throwsAsync(Model2VecPipeline.load(LANGUAGE, { signal: aborted }), { is: reason })
})

test('what a call can not take is refused, with the name of the option', async (t) => {
  using pipeline = await Model2VecPipeline.load(TOPICS)
  const wrong = (options: object): Promise<unknown> => pipeline.predict(texts, options)
  await t.throwsAsync(wrong({ threshold: 1.5 }), { code: 'ERR_INVALID_OPTION', message: /`threshold`.*0 to 1.*1\.5/ })
  await t.throwsAsync(wrong({ threshold: '0.5' }), { code: 'ERR_INVALID_OPTION' })
  await t.throwsAsync(wrong({ normalize: true }), { message: /`normalize` is no option of `predict`/ })
  await t.throwsAsync(pipeline.predictProba(texts, { threshold: 0.5 } as object), {
    message: /`threshold` is no option/,
  })
  t.throws(() => pipeline.predictStream(texts, { batchSize: 0 }), { code: 'ERR_INVALID_OPTION' })
  t.throws(() => pipeline.predictStream('text' as never), { code: 'ERR_INVALID_TEXT' })
  await t.throwsAsync(pipeline.predict([1] as never), { code: 'ERR_INVALID_TEXT' })
  await t.throwsAsync(pipeline.predict(null as never), { code: 'ERR_INVALID_TEXT' })
  const other = EmbeddingMatrix.from(new Float32Array(14), { dim: 7 })
  await t.throwsAsync(pipeline.predict(other), { code: 'ERR_SHAPE_MISMATCH', message: /32.*7/ })
  const bytes = EmbeddingMatrix.from(new Int8Array(64), { dim: 32, dtype: 'int8' })
  await t.throwsAsync(pipeline.predict(bytes), { code: 'ERR_INVALID_OPTION', message: /int8/ })
  t.throws(() => new Model2VecPipeline(LANGUAGE, { threads: 0 }), { code: 'ERR_INVALID_OPTION' })
  const load = Model2VecPipeline.load.bind(undefined as never) as (source: string) => Promise<unknown>
  await t.throwsAsync(load(LANGUAGE), { code: 'ERR_INVALID_OPTION', message: /Model2VecPipeline\.load/ })
})

/** A copy of a pipeline's folder, changed. */
function changed(change: (folder: string) => void, from = LANGUAGE): string {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'model2vec-head-'))
  cpSync(from, folder, { recursive: true })
  change(folder)
  return folder
}

function config(folder: string, change: (config: Record<string, unknown>) => void): void {
  const file = path.join(folder, 'config.json')
  const content = JSON.parse(readFileSync(file, 'utf8')) as Record<string, unknown>
  change(content)
  writeFileSync(file, JSON.stringify(content))
}

test('a folder without a head, or with one that does not fit, is ERR_BAD_HEAD, which names the file', async (t) => {
  const cases: [folder: string, message: RegExp][] = [
    [modelPath('m8k-f32'), /head\.safetensors/],
    [changed((folder) => { rmSync(path.join(folder, 'head.safetensors')) }), /head\.safetensors/],
    [changed((folder) => { config(folder, (it) => Object.assign(it.head_config as object, { activation: 'tanh' })) }), /config\.json.*tanh/],
    [changed((folder) => { config(folder, (it) => Object.assign(it.head_config as object, { n_layers: 3 })) }), /head\.2\./],
    [changed((folder) => { config(folder, (it) => Object.assign(it.head_config as object, { classes: ['a'] })) }), /7.*1|1.*7/],
  ] // prettier-ignore
  for (const [folder, message] of cases) {
    await t.throwsAsync(Model2VecPipeline.load(folder), { code: 'ERR_BAD_HEAD', message })
    t.throws(() => new Model2VecPipeline(folder), { code: 'ERR_BAD_HEAD', message })
  }
  const old = changed((folder) => {
    rmSync(path.join(folder, 'head.safetensors'))
    writeFileSync(path.join(folder, 'pipeline.skops'), 'PK')
  })
  const message = /pipeline\.skops[^]*convert_legacy_pipeline[^]*ascontiguousarray[^]*save_pretrained/
  await t.throwsAsync(Model2VecPipeline.load(old), { code: 'ERR_BAD_HEAD', message })
})

test('no `head_config` means identity without a layer: rows are the embeddings', async (t) => {
  const folder = changed((it) => {
    config(it, (content) => delete content.head_config)
  })
  using pipeline = await Model2VecPipeline.load<'identity'>(folder)
  t.deepEqual([pipeline.activation, pipeline.classes, pipeline.info.layers], ['identity', null, 0])
  t.deepEqual((await pipeline.predict(texts)).data, (await pipeline.embedder.encode(texts)).data)
})

test('savePretrained keeps the head, and what Python knows of it', async (t) => {
  const folder = path.join(mkdtempSync(path.join(os.tmpdir(), 'model2vec-head-')), 'saved')
  for (const name of ['language-quantized', 'bytes', 'projection', 'language-mixed']) {
    using pipeline = await Model2VecPipeline.load(headPath(name))
    await pipeline.savePretrained(folder)
    using again = await Model2VecPipeline.load(folder)
    t.deepEqual(again.classes, pipeline.classes)
    const plain = (value: unknown): unknown =>
      value instanceof EmbeddingMatrix ? Array.from((value as EmbeddingMatrix).data) : value
    t.deepEqual(plain(await again.predict(texts)), plain(await pipeline.predict(texts)))
    const tensors = (file: string): unknown => Object.fromEntries(tensorsOf(path.join(file, 'head.safetensors')))
    t.deepEqual(tensors(folder), tensors(headPath(name)))
    const head = (file: string): unknown =>
      (JSON.parse(readFileSync(path.join(file, 'config.json'), 'utf8')) as Record<string, unknown>).head_config
    t.deepEqual(head(folder), head(headPath(name)))
  }
})
