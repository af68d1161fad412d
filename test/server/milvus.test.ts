// Milvus itself embeds: a collection with a function for texts, whose provider is our server. Milvus Lite
// has the provider of OpenAI only; that of text-embeddings-inference is in Milvus proper.

import { execFile } from 'node:child_process'
import { promisify } from 'node:util'

import test from 'ava'

import { liteEnvironment, startLite } from '../milvus/lite.js'
import { corpus } from '../test-data.js'
import { ef, serve } from './serving.js'

const python = liteEnvironment('3.2')
const because = python.command === null ? ` (${python.reason})` : ''
const withLite = python.command === null ? test.skip : test
const TEXTS = corpus('docs_en').slice(0, 100)

withLite(`a function of Milvus stores our vectors, and finds a text by its words${because}`, async (t) => {
  const lite = await startLite(python.command ?? '', '3.2')
  t.teardown(() => lite.stop())
  const { url } = await serve(t, { apiKeys: ['a-key'] })
  const args = ['test/server/milvus_function.py', lite.address, url, 'a-key', 'small', String(ef.dim)]
  const running = promisify(execFile)(python.command ?? '', args, { maxBuffer: 1 << 26 })
  running.child.stdin?.end(JSON.stringify(TEXTS))
  const { vectors, found } = JSON.parse((await running).stdout) as { vectors: number[][]; found: number[] }
  const expected = await ef.encode(TEXTS)
  t.is(vectors.length, expected.rows)
  for (const [i, vector] of vectors.entries()) t.deepEqual(Float32Array.from(vector), expected.row(i))
  t.is(found[0], 0)
})

test('what Milvus sends for the provider TEI is answered as it reads it', async (t) => {
  // internal/util/function/models/tei/tei.go: the path is always /embed, and fields that say nothing are left out.
  const { url } = await serve(t)
  const body = JSON.stringify({
    inputs: ['a text', 'word '.repeat(2000)],
    truncate: true,
    truncation_direction: 'Right',
  })
  const response = await fetch(`${url}/embed`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body,
  })
  t.is(response.status, 200)
  const rows = (await response.json()) as number[][]
  const expected = await ef.encode(['a text', 'word '.repeat(2000)], { normalize: true })
  for (const [i, row] of rows.entries()) t.deepEqual(Float32Array.from(row), expected.row(i))
})
