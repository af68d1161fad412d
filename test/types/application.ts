// What an application writes with the package's types. types-alone.test.ts checks it with every
// TypeScript that is supported, without the types of Node; nothing here runs.

import { EmbeddingMatrix, isModel2VecError, Model2VecEmbeddingFunction } from 'model2vec-node'
import type { Dtype, EncodeOptions, LoadOptions, StreamBatch } from 'model2vec-node'
import { milvusRows, milvusVectors } from 'model2vec-node/milvus'

const ef = new Model2VecEmbeddingFunction('./model', { normalize: true })
const texts = ['a dog', 'a cat']

interface Configuration {
  readonly dtype?: Dtype
  readonly load?: LoadOptions
}

// An element type that is optional or generic is handed on.
export const configured = (cfg: Configuration) => ef.encode(texts, { dtype: cfg.dtype })
export const optional = (dtype: Dtype | undefined) => ef.encodeDocumentsSync(texts, { dtype })
export const generic = <D extends Dtype = 'float32'>(o?: EncodeOptions<D>) => ef.encode(texts, o)
export function annotated<D extends Dtype = 'float32'>(o?: EncodeOptions<D>): Promise<EmbeddingMatrix<D>> {
  return ef.encode(texts, { ...o, maxLength: 512 } as EncodeOptions<D>)
}
export const wrappedData = async (): Promise<Int8Array> => (await generic({ dtype: 'int8' })).data

// Fresh vectors are bodies of requests, parts of a Blob, and what is digested.
export async function send(url: string): Promise<unknown[]> {
  const m = await ef.encode(texts, { normalize: true })
  const [row] = await ef.encodeDocuments(texts)
  const int8 = ef.encodeSync(texts, { dtype: 'int8' })
  return [
    new Blob([m.data, m.bytes(0), int8.data]),
    await fetch(url, { method: 'POST', body: m.data }),
    await crypto.subtle.digest('SHA-256', m.data),
    new Response(m.bytes(0)),
    new Response(row ?? null),
    new Blob([m.tokens, ...ef.tokenize(texts), ef.embedding(3), ...m]),
    new Blob(await ef.encodeDocuments(texts)),
    new Blob(ef.encodeQueriesSync(texts, { normalize: true })),
    await fetch(url, { method: 'POST', body: await ef.encodeOne('a dog') }),
    new Blob([m.swapBytes(0), m.slice(0, 1).data, await ef.encodeOne('a dog'), ef.countTokens(texts)]),
    new Blob([ef.encodeSync('a', { out: new Float32Array(new ArrayBuffer(1024)) }).data]),
  ]
}

export async function read(source: ReadableStream<{ body: string }>, signal: AbortSignal): Promise<number> {
  let rows = 0
  const options = { text: (item: { body: string }) => item.body, dtype: 'float16', signal } as const
  for await (const batch of ef.encodeStream(source, options)) {
    const { items, embeddings }: StreamBatch<{ body: string }, 'float16'> = batch
    rows += milvusRows(embeddings, items).length + new Blob([embeddings.data]).size
  }
  source.pipeThrough(ef.transform({ text: (item: { body: string }) => item.body }))
  return rows
}

// Token counts are known of what was encoded, and may not be of what comes from elsewhere.
export function total(m: EmbeddingMatrix): number {
  return (m.totalTokens ?? 0) + ef.encodeSync(texts).totalTokens + ef.countTokens('a dog')
}

export async function files(rows: number[][]): Promise<readonly number[]> {
  const made = EmbeddingMatrix.from(rows, { dtype: 'float16' })
  await EmbeddingMatrix.concat([made, made.slice(-1)]).save('x.npy')
  const loaded = await EmbeddingMatrix.load('x.npy', { dtype: 'float16' })
  const bits: Uint16Array = loaded.data
  const bytes: Uint8Array = loaded.bytes(0)
  return [bits.length, bytes.length, loaded.float16().length, total(EmbeddingMatrix.from(rows)), ...loaded.array(0)]
}

export async function load(): Promise<void> {
  const loaded = await Model2VecEmbeddingFunction.load(new URL('file:///model'), {
    fetch,
    signal: AbortSignal.timeout(5),
  })
  try {
    milvusVectors(await loaded.encode(texts))
  } catch (error) {
    if (isModel2VecError(error)) console.log(error.code, error.cause)
  } finally {
    loaded[Symbol.dispose]()
  }
}
