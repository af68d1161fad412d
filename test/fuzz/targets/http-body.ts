// Any bytes as the body of a request. The first byte says the path, the second how the body is packed.
// No answer is a fault of the server, and a body that is long enough to be read in steps gets the answer
// that the short one gets.

import { brotliCompressSync, gzipSync } from 'node:zlib'

import type * as functionModule from '../../../build/modules/embedding-function.js'
import type * as handlerModule from '../../../build/modules/server/handler.js'
import { load } from '../../modules.js'
import { SMALL } from '../../test-data.js'
import { bounded } from '../limits.js'
import { Fault } from '../outcome.js'

const { createHandler } = load('server/handler') as typeof handlerModule
const { Model2VecEmbeddingFunction } = load('embedding-function') as typeof functionModule

const errors: unknown[] = []
const handler = createHandler(
  { small: new Model2VecEmbeddingFunction(SMALL) },
  { maxBatch: 32, onError: (error) => errors.push(error) },
)

const PATHS = [
  '/v1/embeddings',
  '/embed',
  '/embed_all',
  '/similarity',
  '/predict',
  '/tokenize',
  '/api/embed',
  '/api/embeddings',
]
/** From this many bytes on a body is read in steps. */
const LARGE = (1 << 16) + 1
const PACKED: readonly (readonly [encoding: string, pack: (bytes: Buffer) => Buffer])[] = [
  ['identity', (bytes) => bytes],
  ['gzip', (bytes) => gzipSync(bytes)],
  ['br', (bytes) => brotliCompressSync(bytes)],
  // As they are: seldom packed rightly.
  ['gzip', (bytes) => bytes],
  ['deflate', (bytes) => bytes],
  ['br', (bytes) => bytes],
]

export function fuzz(data: Buffer): Promise<void> {
  const [path = 0, packing = 0] = data
  const body = data.subarray(2)
  const url = `http://localhost${PATHS[path % PATHS.length] ?? ''}`
  const [encoding, pack] = PACKED[packing % PACKED.length] ?? ['identity', (bytes: Buffer) => bytes]
  return bounded(LARGE, async () => {
    const short = await answer(url, encoding, pack(body))
    if (encoding !== 'identity') return
    const long = await answer(url, encoding, Buffer.concat([body, Buffer.alloc(LARGE, ' ')]))
    // What is wrong with JSON, two parsers say in two ways.
    if (short.status !== long.status) throw new Fault(`expected two answers of ${short.status}, but got ${long.status}`)
    if (short.status === 200 && short.text !== long.text) throw new Fault('expected the same answer to the same JSON')
  })
}

async function answer(url: string, encoding: string, body: Buffer): Promise<{ status: number; text: string }> {
  const headers = { 'content-type': 'application/json', 'content-encoding': encoding }
  const response = (await handler(new Request(url, { method: 'POST', headers, body })))
  const { status } = response
  const text = await response.text()
  const [error] = errors.splice(0)
  if (error !== undefined) throw new Fault('expected no error of the server', { cause: error })
  if (status >= 500) throw new Fault(`expected no answer of ${status}: ${text}`)
  JSON.parse(text)
  // Ollama's answers say how long they took.
  return { status, text: text.replaceAll(/"\w+_duration":\d+/g, '') }
}
