// Clients as people use them, against a server that wants a key: the vectors that arrive are those of
// `encode`, in every bit, and an error arrives as the client's own.

import { execFile } from 'node:child_process'
import path from 'node:path'
import { promisify } from 'node:util'

import test from 'ava'
import type { ExecutionContext, ImplementationFn } from 'ava'
import type { EmbeddingMatrix, EncodeOptions } from 'model2vec-node'

import { nodeOf, runProgram, testWithPeers } from '../adapters/peers.js'
import { pythonEnvironment } from '../python-environment.js'
import { corpus } from '../test-data.js'
import type { ClientFault, ClientInput } from './programs/bits.js'
import { ef, serve } from './serving.js'

const KEY = 'a-key-of-the-tests'
const MODEL = 'text-embedding-3-small'
/** More than one batch of any client, and all kinds of characters. An empty text is an error. */
const TEXTS = [...corpus('edge'), ...corpus('docs_en').slice(0, 100), ...corpus('multilingual').slice(0, 100)].filter(
  (text) => text !== '' && !/\p{Cs}/u.test(text),
)

interface Result {
  readonly faults: Readonly<Record<string, ClientFault>>
  /** Of one text. */
  readonly one: string
  readonly plain: string
  readonly [name: string]: unknown
}

async function inputOf(t: ExecutionContext): Promise<Omit<ClientInput, 'client'>> {
  const { url } = await serve(t, { apiKeys: [KEY], aliases: { [MODEL]: 'small' } })
  return { url, key: KEY, model: MODEL, texts: TEXTS }
}

function base64Of({ data }: Pick<EmbeddingMatrix, 'data'>): string {
  return Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString('base64')
}

/** Compares the vectors that a client got under the names of `results`, each with what `encode` gives. */
async function assertVectors(
  t: ExecutionContext,
  result: Result,
  results: Record<string, EncodeOptions>,
): Promise<void> {
  t.true(TEXTS.length > 200)
  for (const [name, options] of Object.entries(results)) {
    t.true(result[name] === base64Of(await ef.encode(TEXTS, options)), name)
  }
  t.is(result.one, base64Of(await ef.encode(TEXTS[0] ?? '')), 'one')
}

function assertFaults(
  t: ExecutionContext,
  { faults }: Result,
  expected: Record<string, [status: number, about: RegExp]>,
): void {
  t.deepEqual(Object.keys(faults).sort(), Object.keys(expected).sort())
  for (const [name, [status, about]] of Object.entries(expected)) {
    const { message, status: found } = faults[name] ?? {}
    t.is(found, status, `${name}: ${message ?? ''}`)
    t.regex(message ?? '', about, name)
  }
}

const OPENAI_FAULTS: Record<string, [number, RegExp]> = {
  tokens: [400, /check_embedding_ctx_length=False/],
  empty: [400, /empty/],
  model: [404, /`other` does not exist/],
  key: [401, /key/],
}

for (const [client, node] of [
  ['openai-6', 20],
  ['openai-7', 22],
] as const) {
  testWithPeers(`${client}: base64, numbers, dimensions, models and errors`, async (t) => {
    const input = { ...(await inputOf(t)), client }
    const result = await runProgram<Result>('openai', input, { node: nodeOf(node), of: 'server' })
    await assertVectors(t, result, { plain: {}, floats: {}, base64: {}, shorter: { dimensionality: 8 }, many: {} })
    assertFaults(t, result, OPENAI_FAULTS)
    const { totalTokens } = await ef.encode(TEXTS)
    t.deepEqual(result.usage, { prompt_tokens: totalTokens, total_tokens: totalTokens })
    t.deepEqual(result.indices, Array.from(TEXTS.keys()))
    t.deepEqual(result.models, ['small', MODEL])
    t.is(result.retrieved, MODEL)
    const { name, code } = result.faults.model ?? {}
    t.deepEqual({ name, code }, { name: 'NotFoundError', code: 'model_not_found' })
  })
}

for (const [client, node] of [
  ['@langchain/openai-1.5', 20],
  ['@langchain/openai-1.6', 22],
] as const) {
  testWithPeers(`${client}: documents in batches, a query, numbers and dimensions`, async (t) => {
    const input = { ...(await inputOf(t)), client }
    const result = await runProgram<Result>('langchain', input, { node: nodeOf(node), of: 'server' })
    await assertVectors(t, result, { plain: {}, floats: {}, shorter: { dimensionality: 8 } })
    assertFaults(t, result, { model: [404, /`other` does not exist/] })
  })
}

for (const [client, ai, node] of [
  ['@ai-sdk/openai-compatible-1', 'ai-5', 20],
  ['@ai-sdk/openai-compatible-2', 'ai-6', 20],
  ['@ai-sdk/openai-compatible-3', 'ai-7', 22],
] as const) {
  testWithPeers(`${client} in ${ai}: embed and embedMany, with dimensions and tokens`, async (t) => {
    const input = { ...(await inputOf(t)), client, ai }
    const result = await runProgram<Result>('ai-sdk', input, { node: nodeOf(node), of: 'server' })
    await assertVectors(t, result, { plain: {}, shorter: { dimensionality: 8 } })
    t.is(result.tokens, (await ef.encode(TEXTS)).totalTokens)
    assertFaults(t, result, { model: [404, /`other` does not exist/] })
  })
}

/** The cosines of a text with others, from doubles. */
async function cosines(text: string, others: readonly string[]): Promise<number[]> {
  const [query = [], ...rows] = (await ef.encode([text, ...others])).toArray()
  const dot = (a: readonly number[], b: readonly number[]): number =>
    a.reduce((sum, x, i) => sum + x * (b[i] ?? NaN), 0)
  return rows.map((row) => dot(query, row) / (Math.sqrt(dot(query, query) * dot(row, row)) || Infinity))
}

function assertNear(t: ExecutionContext, found: unknown, expected: readonly number[]): void {
  t.true(Array.isArray(found))
  t.is((found as number[]).length, expected.length)
  for (const [i, score] of expected.entries())
    t.true(Math.abs(((found as number[])[i] ?? NaN) - score) < 1e-5, String(i))
}

testWithPeers('@huggingface/inference: features at /embed and at the root, similarities, errors', async (t) => {
  const input = { ...(await inputOf(t)), client: '@huggingface/inference' }
  const result = await runProgram<Result>('huggingface', input, { of: 'server' })
  await assertVectors(t, result, { plain: { normalize: true }, root: { normalize: true }, raw: { normalize: false } })
  assertNear(t, result.similarity, await cosines(TEXTS[0] ?? '', TEXTS.slice(1)))
  t.regex(result.faults.long?.message ?? '', /should have at most 512 tokens/)
  t.not(result.faults.key?.message, 'resolved')
})

testWithPeers("ollama: embed, with dimensions and the model's name", async (t) => {
  const input = { ...(await inputOf(t)), client: 'ollama' }
  const result = await runProgram<Result>('ollama', input, { of: 'server' })
  await assertVectors(t, result, { plain: {}, shorter: { dimensionality: 8 } })
  t.is(result.tokens, (await ef.encode(TEXTS)).totalTokens)
  assertFaults(t, result, { model: [404, /`other` does not exist/] })
})

const python = pythonEnvironment('test/server/clients.txt', 'openai, huggingface_hub, numpy')

/** Skipped where there is no Python with the clients. On Linux that fails a run of CI. */
function testWithPython(title: string, implementation: ImplementationFn<[]>): void {
  if (python.command !== null) test.serial(title, implementation)
  else if (process.env.CI === undefined || process.platform !== 'linux') {
    test.serial.skip(`${title} (${python.reason})`, implementation)
  } else {
    const { reason } = python
    test.serial(title, (t) => {
      t.fail(reason)
    })
  }
}

async function runPython(t: ExecutionContext, client: string): Promise<Result> {
  const options = {
    maxBuffer: 1 << 28,
    env: { PATH: process.env.PATH, HOME: process.env.HOME, LITELLM_LOCAL_MODEL_COST_MAP: 'True' },
  }
  const running = promisify(execFile)(python.command ?? '', [path.resolve('test/server/clients.py'), client], options)
  running.child.stdin?.end(JSON.stringify(await inputOf(t)))
  const { stdout } = await running
  return JSON.parse(stdout.trimEnd().split('\n').at(-1) ?? '') as Result
}

testWithPython('openai for Python: base64, numbers, dimensions, models and errors', async (t) => {
  const result = await runPython(t, 'openai')
  await assertVectors(t, result, { plain: {}, floats: {}, shorter: { dimensionality: 8 } })
  assertFaults(t, result, OPENAI_FAULTS)
  const { totalTokens } = await ef.encode(TEXTS)
  t.deepEqual(result.usage, { prompt_tokens: totalTokens, total_tokens: totalTokens })
  t.deepEqual(result.models, ['small', MODEL])
})

testWithPython(
  "huggingface_hub's InferenceClient: features at /embed and at the root, similarities, errors",
  async (t) => {
    const result = await runPython(t, 'huggingface_hub')
    await assertVectors(t, result, {
      plain: { normalize: true },
      root: { normalize: true },
      raw: { normalize: false },
      shorter: { normalize: true, dimensionality: 8 },
    })
    assertNear(t, result.similarity, await cosines(TEXTS[1] ?? '', TEXTS.slice(2, 8)))
    assertFaults(t, result, { long: [413, /413/], key: [401, /401/] })
  },
)

testWithPython('LiteLLM: vectors, numbers, dimensions, tokens and errors', async (t) => {
  const result = await runPython(t, 'litellm')
  await assertVectors(t, result, { plain: {}, floats: {}, shorter: { dimensionality: 8 } })
  t.is(result.tokens, (await ef.encode(TEXTS)).totalTokens)
  assertFaults(t, result, { model: [404, /`other` does not exist/] })
})

async function hasCurl(): Promise<boolean> {
  return promisify(execFile)('curl', ['--version']).then(
    () => true,
    () => false,
  )
}

test('curl: from standard input, in chunks, and after it has asked whether to send', async (t) => {
  if (!(await hasCurl())) {
    t.log('no curl')
    t.pass()
    return
  }
  const { url, key, model, texts } = await inputOf(t)
  const body = JSON.stringify({ model, input: texts, encoding_format: 'base64' })
  const expected = await ef.encode(TEXTS)
  for (const headers of [[], ['Transfer-Encoding: chunked'], ['Expect: 100-continue']]) {
    const given = ['Content-Type: application/json', `Authorization: Bearer ${key}`, ...headers]
    const args = [
      '-sS',
      '--fail',
      `${url}/v1/embeddings`,
      '--data-binary',
      '@-',
      ...given.flatMap((each) => ['-H', each]),
    ]
    const running = promisify(execFile)('curl', args, { maxBuffer: 1 << 28 })
    running.child.stdin?.end(body)
    const { data } = JSON.parse((await running).stdout) as { data: { embedding: string }[] }
    const bytes = Buffer.concat(data.map(({ embedding }) => Buffer.from(embedding, 'base64')))
    t.true(bytes.toString('base64') === base64Of(expected), headers.join())
  }
})
