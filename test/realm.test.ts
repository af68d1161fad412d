// Results are of the caller's realm, and the work goes on whatever the environment has made of
// Node's globals. Jest and a `vm` context run this file as well (realm-jest.test.ts,
// realm-vm.test.ts).

import test from 'ava'
import { EmbeddingMatrix, Model2VecEmbeddingFunction } from 'model2vec-node'

import { emptyCache, forgetEnvironment } from './hub/cache-folder.js'
import { filesOf, repository } from './hub/content.js'
import { HubServer } from './hub/server.js'
import { manyTexts, SMALL } from './test-data.js'

/** Jest's, where that runs this file. */
declare const jest: { useFakeTimers(): void; useRealTimers(): void } | undefined

forgetEnvironment()
const ef = new Model2VecEmbeddingFunction(SMALL)
const texts = manyTexts(3000)

test('what native code makes is of the realm that called', async (t) => {
  t.true(ef.tokens instanceof Array)
  for (const list of [['a dog'], texts.slice(0, 100), texts]) {
    const ids = ef.tokenize(list)
    t.true(ids instanceof Array)
    t.true(ids.every((each) => each instanceof Uint32Array))
    t.true((await ef.encodeDocuments(list)).every((row) => row instanceof Float32Array))
    const matrix = await ef.encode(list)
    t.true(matrix instanceof EmbeddingMatrix && matrix.data instanceof Float32Array)
    t.true(matrix.tokens instanceof Uint32Array)
    t.true((await ef.encodeAsSequence(list.slice(0, 500))).every(({ data }) => data instanceof Float32Array))
  }
  t.true(ef.embedding(1) instanceof Float32Array)
  t.true(ef.encode(texts) instanceof Promise)
  await ef.encode(texts)
})

test.serial(
  'large calls, streams and downloads end where the timers are fake and the globals are not of Node',
  async (t) => {
    const server = await HubServer.start(repository('org/Name', filesOf(SMALL)))
    if (typeof jest !== 'undefined') jest.useFakeTimers()
    try {
      t.is((await ef.encodeDocuments(texts)).length, texts.length)
      let rows = 0
      for await (const { embeddings } of ef.encodeStream(texts)) rows += embeddings.rows
      t.is(rows, texts.length)
      const writer = ef.transform().writable.getWriter()
      await writer.abort()
      const options = { endpoint: server.endpoint, cacheDir: emptyCache(), onProgress: () => undefined }
      t.is((await Model2VecEmbeddingFunction.load('org/Name', options)).dim, ef.dim)
      t.is((await Model2VecEmbeddingFunction.load(SMALL, { vocabularyQuantization: 50 })).dim, ef.dim)
    } finally {
      if (typeof jest !== 'undefined') jest.useRealTimers()
      server.stop()
    }
  },
)
