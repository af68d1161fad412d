// Errors: the code, the class, and a message that says what is wrong; the next call works.

import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'

import test from 'ava'
import type { ExecutionContext } from 'ava'
import {
  InvalidTextError,
  isModel2VecError,
  Model2VecEmbeddingFunction,
  Model2VecError,
  OutOfMemoryError,
} from 'model2vec-node'
import type { ErrorCode } from 'model2vec-node'

import { corpus, manyTexts, SMALL } from './test-data.js'

const ef = new Model2VecEmbeddingFunction(SMALL)
/** Calls with arguments that TypeScript would refuse. */
const untyped = ef as unknown as Record<string, (...args: unknown[]) => unknown>
const ASYNC = ['encode', 'encodeDocuments', 'encodeQueries', 'encodeAsSequence', 'tokenizeAsync', 'countTokensAsync']
const SYNC = [
  'encodeSync',
  'encodeDocumentsSync',
  'encodeQueriesSync',
  'encodeAsSequenceSync',
  'tokenize',
  'tokenizeSync',
  'countTokens',
]

/** Every method gives the same error: the async ones reject, the others throw. */
async function everyMethod(
  t: ExecutionContext,
  args: unknown[],
  code: ErrorCode,
  message: RegExp,
  methods = [...ASYNC, ...SYNC],
) {
  for (const method of methods) {
    let error: unknown
    if (ASYNC.includes(method))
      error = await t.throwsAsync(untyped[method]?.(...args) as Promise<unknown>, undefined, method)
    else error = t.throws(() => untyped[method]?.(...args), undefined, method)
    t.true(isModel2VecError(error), method)
    if (!isModel2VecError(error)) continue
    t.is(error.code, code, method)
    t.regex(error.message, message, method)
  }
  t.is((await ef.encode(['a dog'])).rows, 1)
}

function* generated(): Generator<string> {
  yield 'a'
}
async function* arriving(): AsyncGenerator<string> {
  yield await Promise.resolve('a')
}

for (const [what, texts, message] of [
  ['undefined', undefined, /should be .* but got undefined/],
  ['a number', 5, /but got 5/],
  ['an object', { length: 1, 0: 'a' }, /but got an object/],
  [
    'a Set',
    new Set(['a']),
    /but got a Set: `\[\.\.\.texts\]` makes an array of it, and `encodeStream` takes it as it is/,
  ],
  ['a Map', new Map([[1, 'a']]), /but got a Map: `\[\.\.\.texts\.values\(\)\]` makes an array of its values/],
  ['a generator', generated(), /but got a generator: `\[\.\.\.texts\]` makes an array of it/],
  ['an async generator', arriving(), /but got an async generator: `encodeStream` takes it/],
  ['a promise', Promise.resolve(['a']), /but got a Promise: `await` it/],
  ['a typed array', new Uint8Array(3), /but got a Uint8Array/],
  ['an array with a number', ['a', 5], /`texts\[1\]` should be a string, but got number/],
  ['an array with null', ['a', 'b', null], /`texts\[2\]` should be a string, but got null/],
  ['an array with a hole', ['a', , 'b'], /`texts\[1\]` should be a string, but got undefined/],
  ['an array with a String object', [Object('a')], /`texts\[0\]` should be a string, but got object/],
  [
    'a long array whose text 3001 is a symbol',
    Object.assign(manyTexts(4000), { 3001: Symbol() }),
    /`texts\[3001\]` should be a string, but got symbol/,
  ],
] as const) {
  test(`texts that are ${what} are a TypeError with the code ERR_INVALID_TEXT`, async (t) => {
    await everyMethod(t, [texts], 'ERR_INVALID_TEXT', message)
    const error = t.throws(() => untyped.encodeSync?.(texts))
    t.true(error instanceof InvalidTextError)
    t.true(error instanceof TypeError)
  })
}

for (const [what, length] of Object.entries({
  '-1': -1,
  '1.5': 1.5,
  NaN,
  '2^32': 2 ** 32,
  'a bigint': 3n,
  'a string': '3',
  'an object': {},
  null: null,
  undefined,
})) {
  test(`a proxy whose length is ${what} is ERR_INVALID_TEXT`, async (t) => {
    const texts = new Proxy(['a'], {
      get: (target, key, receiver): unknown => (key === 'length' ? length : Reflect.get(target, key, receiver)),
    })
    await everyMethod(t, [texts], 'ERR_INVALID_TEXT', /`texts\.length` should be the length of an array, but got/)
  })
}

test('where texts and options are both wrong, every method says so of the texts', async (t) => {
  await everyMethod(t, [5, { batchSize: 5 }], 'ERR_INVALID_TEXT', /but got 5/)
})

test('a single string is no array of documents or queries', async (t) => {
  const methods = ['encodeDocuments', 'encodeQueries', 'encodeDocumentsSync', 'encodeQueriesSync']
  await everyMethod(t, ['a dog'], 'ERR_INVALID_TEXT', /should be an array of strings, but got a string/, methods)
})

const encodeMethods = [...ASYNC, ...SYNC].filter(
  (method) => !method.startsWith('tokenize') && !method.startsWith('countTokens'),
)
for (const [options, message] of [
  [null, /`options` should be an object, but got null/],
  [
    new Map([['dtype', 'int8']]),
    /`options` should be an object, but got a Map: `Object\.fromEntries\(options\)` makes one of it/,
  ],
  [new Set(['int8']), /`options` should be an object, but got a Set/],
  [Promise.resolve({ dtype: 'int8' }), /`options` should be an object, but got a Promise: `await` it/],
  [AbortSignal.timeout(1e9), /`options` should be an object, but got an AbortSignal/],
  [() => ({}), /`options` should be an object, but got a function/],
  ['fast', /`options` should be an object, but got "fast"/],
  [{ batchSize: 5 }, /`batchSize` is no option of `encode\w*`, which knows `maxLength`, `normalize`/],
  [{ maxLength: -1 }, /`maxLength` should be a safe integer ≥ 0, or null for no truncation, but got -1/],
  [{ maxLength: 1.5 }, /but got 1.5/],
  [{ maxLength: 2 ** 53 }, /but got 9007199254740992/],
  [{ maxLength: '5' }, /but got "5"/],
  [{ maxLength: 5n }, /but got 5n/],
  [{ normalize: 1 }, /`normalize` should be a boolean, but got 1/],
  [{ normalize: null }, /`normalize` should be a boolean, but got null/],
  [{ dtype: 'float31' }, /`dtype` should be 'float32', 'float16', 'bfloat16', 'int8', 'binary', but got "float31"/],
  [{ dtype: 5 }, /`dtype` should be .*, but got 5/],
  [{ dtype: null }, /`dtype` should be .*, but got null/],
  [
    { dtype: 'int8', normalize: false },
    /`dtype` 'int8' is for vectors of length 1, expected with `normalize: true`, but got false/,
  ],
  [{ dimensionality: 0 }, /`dimensionality` should be an integer from 1 to the model's `dim`, but got 0/],
  [{ dimensionality: 1.5 }, /`dimensionality` should be .*, but got 1.5/],
  [{ dimensionality: 33 }, /`dimensionality` should be an integer from 1 to the model's 32, but got 33/],
  [{ dimensionality: 2 ** 53 - 1 }, /from 1 to the model's 32, but got 9007199254740991/],
  [{ dimensionality: null }, /`dimensionality` should be .*, but got null/],
  [{ out: new Float64Array(100) }, /`out` should be a Float32Array for the dtype 'float32', but got a Float64Array/],
  [{ out: [] }, /`out` should be a Float32Array .*, but got an array/],
  [{ out: new DataView(new ArrayBuffer(400)) }, /but got a DataView/],
  [
    { dtype: 'float16', out: new Float32Array(100) },
    /`out` should be a Uint16Array or a Float16Array for the dtype 'float16', but got a/,
  ],
  [{ dtype: 'bfloat16', out: new Int16Array(100) }, /should be a Uint16Array .* but got an Int16Array/],
  [{ dtype: 'int8', normalize: true, out: new Uint8Array(100) }, /should be an Int8Array .* but got a Uint8Array/],
  [{ dtype: 'binary', out: new Uint8ClampedArray(100) }, /should be a Uint8Array .* but got a Uint8ClampedArray/],
  [{ signal: {} }, /`signal` should be an AbortSignal/],
  [
    { signal: { aborted: false, addEventListener: () => undefined }, normalize: true },
    /`signal` should be an AbortSignal/,
  ],
  [Object.create({ maxLength: -1 }) as object, /`maxLength` should be a safe integer/],
  [{ onProgress: 5 }, /`onProgress` should be a function, but got 5/],
  [{ showProgressBar: 'yes' }, /`showProgressBar` should be a boolean/],
] as const) {
  test(`the encode options ${show(options)} are ERR_INVALID_OPTION`, async (t) => {
    await everyMethod(t, [['a'], options], 'ERR_INVALID_OPTION', message, encodeMethods)
  })
}

function show(options: unknown): string {
  if (typeof options === 'function') return 'that are a function'
  if (typeof options !== 'object' || options === null) return JSON.stringify(options)
  const tag = Object.prototype.toString.call(options)
  if (tag !== '[object Object]') return tag
  return Object.entries(options)
    .map(
      ([key, value]) =>
        `${key}: ${typeof value === 'bigint' ? `${value}n` : Object.prototype.toString.call(value)} ${String(value).slice(0, 20)}`,
    )
    .join()
}

test('tokenizeAsync and countTokensAsync know maxLength and signal', async (t) => {
  await everyMethod(
    t,
    ['a', { normalize: true }],
    'ERR_INVALID_OPTION',
    /no option of `tokenizeAsync`, which knows `maxLength`, `signal`$/,
    ['tokenizeAsync'],
  )
  const message = /no option of `tokenizeSync`, which knows `maxLength`$/
  await everyMethod(t, ['a', { signal: AbortSignal.abort() }], 'ERR_INVALID_OPTION', message, ['tokenizeSync'])
})

for (const value of ['abc', '0', '-1', '1.5', '1e3', '99999999999999999999']) {
  test.serial(`MODEL2VEC_THREADS that is ${value} is reported, and the option takes precedence`, async (t) => {
    process.env.MODEL2VEC_THREADS = value
    try {
      const message = /^`MODEL2VEC_THREADS` should be an integer ≥ 1, but got /
      t.throws(() => new Model2VecEmbeddingFunction(SMALL), { code: 'ERR_INVALID_OPTION', message })
      await t.throwsAsync(Model2VecEmbeddingFunction.load(SMALL), { code: 'ERR_INVALID_OPTION', message })
      t.is(new Model2VecEmbeddingFunction(SMALL, { threads: 3 }).info.threads, 3)
      process.env.MODEL2VEC_THREADS = ' 3 '
      t.is(new Model2VecEmbeddingFunction(SMALL).info.threads, 3)
      process.env.MODEL2VEC_THREADS = ''
      t.true(new Model2VecEmbeddingFunction(SMALL).info.threads >= 1)
    } finally {
      Reflect.deleteProperty(process.env, 'MODEL2VEC_THREADS')
    }
  })
}

test('tokenize knows maxLength only', (t) => {
  t.throws(() => untyped.tokenize?.('a', { normalize: true }), {
    code: 'ERR_INVALID_OPTION',
    message: /which knows `maxLength`/,
  })
  t.throws(() => ef.tokenize('a', { maxLength: -5 }), { code: 'ERR_INVALID_OPTION' })
})

for (const [options, message] of [
  [{ quantizeTo: 'bfloat16' }, /`quantizeTo` should be 'float64', 'float32', 'float16' or 'int8', but got "bfloat16"/],
  [{ quantizeTo: null }, /`quantizeTo` should be .*, but got null/],
  [{ vocabularyQuantization: 0 }, /`vocabularyQuantization` should be an integer ≥ 1, but got 0/],
  [{ dimensionality: 0 }, /`dimensionality` should be an integer ≥ 1, but got 0/],
  [{ dimensionality: '16' }, /`dimensionality` should be an integer ≥ 1, but got "16"/],
  [
    { dimensionality: 33 },
    /model\.safetensors: `dimensionality` must be from 1 to 32, the columns of the table, found 33/,
  ],
  [{ dimensionality: 2 ** 52 }, /the columns of the table, found 4503599627370496/],
  [5, /`options` should be an object, but got 5/],
  [
    { normalise: true },
    /`normalise` is no option of `Model2VecEmbeddingFunction`, which knows `normalize`, `maxLength`/,
  ],
  [{ threads: 0 }, /`threads` should be an integer ≥ 1, but got 0/],
  [{ threads: 1.5 }, /but got 1.5/],
  [{ memory: 'swap' }, /`memory` should be 'auto', 'copy' or 'map', but got "swap"/],
  [{ subfolder: '' }, /`subfolder` should be a string that is not empty, but got ""/],
  [{ revision: 5 }, /`revision` should be a string/],
  [{ cacheDir: 5 }, /`cacheDir` should be a string/],
  [{ localFilesOnly: 'no' }, /`localFilesOnly` should be a boolean/],
  [{ forceDownload: 'yes' }, /`forceDownload` should be a boolean/],
  [{ forceDownload: true, localFilesOnly: true }, /exclude each other/],
  [{ token: 5 }, /^`token` should be a string that is not empty$/],
  [{ token: 'hf_ä\n5' }, /^`token` has a character that no token has$/],
  [{ endpoint: 'huggingface.co' }, /`endpoint` should be an http or https URL, but got "huggingface.co"/],
  [
    { endpoint: 'http://user:secret@localhost' },
    /^`endpoint` should be an http or https URL without a user and a password$/,
  ],
  [{ fetch: 'node-fetch' }, /`fetch` should be a function/],
  [{ showProgressBar: 1 }, /`showProgressBar` should be a boolean/],
  [{ maxLength: -1 }, /`maxLength` should be/],
  [{ onProgress: {} }, /`onProgress` should be a function/],
] as const) {
  test(`the load options ${JSON.stringify(options)} are ERR_INVALID_OPTION`, async (t) => {
    const expected = { code: 'ERR_INVALID_OPTION', message }
    t.throws(() => new Model2VecEmbeddingFunction(SMALL, options as object), expected)
    await t.throwsAsync(Model2VecEmbeddingFunction.load(SMALL, options as object), expected)
  })
}

test('an out that is too small is ERR_OUT_TOO_SMALL', async (t) => {
  for (const texts of [['a', 'b'], corpus('docs_en_300')]) {
    const out = new Float32Array(texts.length * ef.dim - 1)
    const methods = ASYNC.concat(SYNC).filter((method) => !/tokenize|countTokens|Sequence/.test(method))
    await everyMethod(
      t,
      [texts, { out }],
      'ERR_OUT_TOO_SMALL',
      /room for \d+ rows of 32 = \d+ elements, but has \d+/,
      methods,
    )
  }
  for (const [dtype, out] of [
    ['float16', new Uint16Array(2 * ef.dim - 1)],
    ['bfloat16', new Uint16Array(2 * ef.dim - 1)],
    ['int8', new Int8Array(2 * ef.dim - 1)],
    ['binary', new Uint8Array((2 * ef.dim) / 8 - 1)],
  ] as const) {
    const methods = encodeMethods
    const options = { dtype, normalize: true, out }
    await everyMethod(t, [['a', 'b'], options], 'ERR_OUT_TOO_SMALL', /room for 2 rows of (32 = 64|4 = 8) /, methods)
  }
  await everyMethod(t, ['a b c', { out: new Float32Array(2 * ef.dim) }], 'ERR_OUT_TOO_SMALL', /room for 3 rows/, [
    'encodeAsSequence',
    'encodeAsSequenceSync',
  ])
})

test('more vectors than the largest typed array holds are a RangeError with the code ERR_OUT_OF_MEMORY', async (t) => {
  // Holes: the array takes no memory, and no text is read before the result is there.
  const texts = new Array<string>(2 ** 32 - 1)
  const methods = ['encode', 'encodeSync', 'encodeDocuments', 'encodeQueriesSync']
  await everyMethod(t, [texts], 'ERR_OUT_OF_MEMORY', /4294967295 rows of 32 are 549755813760 bytes/, methods)
  const error = t.throws(() => ef.encodeSync(texts))
  t.true(error instanceof OutOfMemoryError)
  t.true(error instanceof RangeError)
})

test('a closed model answers ERR_CLOSED everywhere', async (t) => {
  const closed = new Model2VecEmbeddingFunction(SMALL)
  closed.close()
  closed.close()
  const methods = closed as unknown as Record<string, (texts: unknown) => unknown>
  for (const method of ASYNC) await t.throwsAsync(methods[method]?.(['a']) as Promise<unknown>, { code: 'ERR_CLOSED' })
  for (const method of SYNC) t.throws(() => methods[method]?.(['a']), { code: 'ERR_CLOSED' })
  await t.throwsAsync(closed.ready(), { code: 'ERR_CLOSED' })
  t.throws(() => closed.dim, { code: 'ERR_CLOSED' })
  t.throws(() => closed.info, { code: 'ERR_CLOSED' })
  t.throws(() => closed.tokens, { code: 'ERR_CLOSED' })
  t.throws(() => closed.embedding(0), { code: 'ERR_CLOSED' })
  t.is((await ef.encode(['a'])).rows, 1)
})

test('close lets the calls that run finish', async (t) => {
  const closing = new Model2VecEmbeddingFunction(SMALL)
  const texts = manyTexts(5000)
  const running = [
    closing.encode(texts),
    closing.encodeDocuments(texts),
    closing.encodeAsSequence(texts.slice(0, 500)),
  ] as const
  closing.close()
  await t.throwsAsync(closing.encode(texts), { code: 'ERR_CLOSED' })
  t.deepEqual((await running[0]).data, (await ef.encode(texts)).data)
  t.is((await running[1]).length, texts.length)
  t.is((await running[2]).length, 500)
})

test('using closes at the end of the block', async (t) => {
  let outside: Model2VecEmbeddingFunction
  {
    using inside = new Model2VecEmbeddingFunction(SMALL)
    await inside.ready()
    outside = inside
  }
  t.throws(() => outside.dim, { code: 'ERR_CLOSED' })
})

const model = (files: Record<string, string>): string => {
  const directory = mkdtempSync(path.join(os.tmpdir(), 'model2vec-'))
  for (const [name, content] of Object.entries(files)) writeFileSync(path.join(directory, name), content)
  return directory
}
const config = '{}'
const tokenizer = '{"version":"1.0","model":{"type":"WordLevel","vocab":{"a":0,"[UNK]":1},"unk_token":"[UNK]"}}'
const table = (dtype: string, shape: number[], bytes: number): string => {
  const header = JSON.stringify({ embeddings: { dtype, shape, data_offsets: [0, bytes] } })
  return `${String.fromCharCode(header.length)}${'\0'.repeat(7)}${header}${'\0'.repeat(bytes)}`
}

for (const [what, code, files, message] of [
  ['an empty directory', 'ERR_MODEL_LAYOUT', {}, /config\.json/],
  [
    'a config.json that is no JSON',
    'ERR_BAD_CONFIG',
    { 'config.json': '{', 'tokenizer.json': tokenizer, 'model.safetensors': table('F32', [2, 2], 16) },
    /config\.json/,
  ],
  [
    'a tokenizer.json that is no JSON',
    'ERR_BAD_TOKENIZER',
    { 'config.json': config, 'tokenizer.json': '{', 'model.safetensors': table('F32', [2, 2], 16) },
    /tokenizer\.json/,
  ],
  [
    'a tokenizer of an unknown kind',
    'ERR_UNSUPPORTED_TOKENIZER',
    {
      'config.json': config,
      'tokenizer.json': tokenizer.replace('WordLevel', 'Sentence'),
      'model.safetensors': table('F32', [2, 2], 16),
    },
    /tokenizer\.json/,
  ],
  [
    'a cut table',
    'ERR_BAD_SAFETENSORS',
    { 'config.json': config, 'tokenizer.json': tokenizer, 'model.safetensors': table('F32', [2, 2], 16).slice(0, -1) },
    /model\.safetensors/,
  ],
  [
    'a table of booleans',
    'ERR_UNSUPPORTED_DTYPE',
    { 'config.json': config, 'tokenizer.json': tokenizer, 'model.safetensors': table('BOOL', [2, 2], 4) },
    /BOOL/,
  ],
  [
    'fewer rows than tokens',
    'ERR_SHAPE_MISMATCH',
    { 'config.json': config, 'tokenizer.json': tokenizer, 'model.safetensors': table('F32', [1, 2], 8) },
    /model\.safetensors/,
  ],
] as const) {
  test(`a model with ${what} is ${code}, thrown and rejected`, async (t) => {
    const directory = model(files)
    const expected = { code, message, instanceOf: Model2VecError }
    t.throws(() => new Model2VecEmbeddingFunction(directory), expected)
    await t.throwsAsync(Model2VecEmbeddingFunction.load(directory), expected)
  })
}

test('a subfolder that is not there is ERR_MODEL_NOT_FOUND', (t) => {
  const directory = model({ 'config.json': config })
  mkdirSync(path.join(directory, 'empty'))
  t.throws(() => new Model2VecEmbeddingFunction(directory, { subfolder: 'none' }), {
    code: 'ERR_MODEL_NOT_FOUND',
    message: /none/,
  })
  t.throws(() => new Model2VecEmbeddingFunction(directory, { subfolder: 'empty' }), {
    code: 'ERR_MODEL_LAYOUT',
    message: /empty/,
  })
})

test('isModel2VecError recognizes our errors by a brand that other copies share', (t) => {
  t.true(isModel2VecError(t.throws(() => new Model2VecEmbeddingFunction('./nowhere'))))
  for (const other of [
    new Error('x'),
    Object.assign(new Error('x'), { code: 'ERR_CLOSED' }),
    null,
    undefined,
    'ERR_CLOSED',
  ]) {
    t.false(isModel2VecError(other))
  }
})
