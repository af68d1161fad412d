// What can go wrong between us and the Hub: the error's code and message, what is tried again, what
// never leaks.

import { writeFileSync } from 'node:fs'
import path from 'node:path'
import { ReadableStream } from 'node:stream/web'

import test from 'ava'
import type { ExecutionContext } from 'ava'
import { Model2VecEmbeddingFunction, Model2VecError } from 'model2vec-node'
import type { ErrorCode, FetchFunction, LoadOptions } from 'model2vec-node'

import { SMALL } from '../test-data.js'
import { emptyCache, filesIn, forgetEnvironment, snapshotFiles, PATIENCE } from './cache-folder.js'
import { COMMIT, filesOf, repository } from './content.js'
import type { Fault } from './send.js'
import { HubServer } from './server.js'
import type { SeenRequest } from './server.js'

forgetEnvironment()

const TOKEN = 'hf_SecretSecretSecret'
const small = filesOf(SMALL)

const start = (): Promise<HubServer> =>
  HubServer.start(
    repository('org/Name', small),
    repository('org/private', small, { tokens: [TOKEN] }),
    repository('org/gated', small, { tokens: [TOKEN], isGated: true }),
    repository('org/other', { 'config.json': Buffer.from('{}'), 'model.onnx': Buffer.from('onnx') }),
  )

const load = (server: HubServer, id: string, options: LoadOptions = {}): Promise<Model2VecEmbeddingFunction> =>
  Model2VecEmbeddingFunction.load(id, { endpoint: server.endpoint, cacheDir: emptyCache(), ...options })

const isTable = ({ method, path: asked }: SeenRequest): boolean => method === 'GET' && asked.endsWith('.safetensors')

/** A fault of the first `times` requests that `concerns` holds of. */
function firstly(
  times: number,
  concerns: (request: SeenRequest) => boolean,
  fault: Fault,
): (request: SeenRequest) => Fault | null {
  let left = times
  return (request) => (concerns(request) && left-- > 0 ? fault : null)
}

async function refused(t: ExecutionContext, loading: Promise<unknown>, code: ErrorCode, ...messages: RegExp[]) {
  const error = await t.throwsAsync(loading, { instanceOf: Model2VecError, code })
  for (const message of messages) t.regex(error.message, message)
  for (let each: unknown = error; each instanceof Error; each = each.cause) {
    t.false([each.message, each.stack].some((text) => text?.includes(TOKEN)))
  }
}

test('a private model without a token, or with one that has no access, is ERR_HUB_AUTH or ERR_MODEL_NOT_FOUND', async (t) => {
  const server = await start()
  await refused(
    t,
    load(server, 'org/private'),
    'ERR_HUB_AUTH',
    /answered 401 for the model `org\/private`/,
    /does not exist, or it needs a token with access \(none was sent/,
  )
  await refused(t, load(server, 'org/private', { token: `${TOKEN}x` }), 'ERR_MODEL_NOT_FOUND', /no such model/)
  await refused(
    t,
    load(server, 'org/gated', { token: `${TOKEN}x` }),
    'ERR_HUB_AUTH',
    /answered 403/,
    /the one that was sent has none/,
  )
  t.is((await load(server, 'org/private', { token: TOKEN })).dim, 32)
  t.is((await load(server, 'org/gated', { token: ` ${TOKEN}\n` })).dim, 32)
})

test('a model, a revision and a file that do not exist are named', async (t) => {
  const server = await start()
  await refused(
    t,
    load(server, 'org/nothing', { token: TOKEN }),
    'ERR_MODEL_NOT_FOUND',
    /`org\/nothing`, revision `main`: no such model/,
  )
  await refused(
    t,
    load(server, 'org/Name', { revision: 'v9' }),
    'ERR_MODEL_NOT_FOUND',
    /`org\/Name`, revision `v9`: no such revision/,
  )
  server.fault = ({ path: asked }) =>
    asked.endsWith('tokenizer.json') ? { status: 404, headers: { 'X-Error-Code': 'EntryNotFound' } } : null
  await refused(
    t,
    load(server, 'org/Name'),
    'ERR_MODEL_NOT_FOUND',
    /`org\/Name`, revision `main`, file `tokenizer.json`: no such file/,
  )
})

test('a repository without the files of a layout is ERR_MODEL_LAYOUT, and nothing is fetched', async (t) => {
  const server = await start()
  await refused(
    t,
    load(server, 'org/other'),
    'ERR_MODEL_LAYOUT',
    /org\/other\/tree\/0123.* lacks tokenizer.json and model.safetensors, or /,
  )
  await refused(t, load(server, 'org/Name', { subfolder: 'sub' }), 'ERR_MODEL_LAYOUT', /sub\/ lacks config.json/)
  t.is(server.requests.length, 2)
})

test('the token goes to the Hub and to no other host', async (t) => {
  const server = await start()
  await load(server, 'org/private', { token: TOKEN })
  t.true(server.requests.some(({ host }) => host === 'cdn'))
  for (const { host, authorization } of server.requests) {
    t.is(authorization, host === 'hub' ? `Bearer ${TOKEN}` : undefined)
  }
})

test.serial('the token and the endpoint come from the environment as well, and options win', async (t) => {
  const server = await start()
  const other = await start()
  const { HF_HOME = '' } = process.env
  const saved = path.join(emptyCache(), 'saved')
  writeFileSync(saved, `${TOKEN}\n`)
  writeFileSync(path.join(HF_HOME, 'token'), `${TOKEN}2\n`)
  const sent = async (variables: NodeJS.ProcessEnv, options: LoadOptions = {}): Promise<unknown> => {
    Object.assign(process.env, variables)
    try {
      server.requests.length = 0
      await Model2VecEmbeddingFunction.load('org/Name', { cacheDir: emptyCache(), ...options })
      return server.requests[0]?.authorization
    } finally {
      for (const name of Object.keys(variables)) Reflect.deleteProperty(process.env, name)
    }
  }
  const HF_ENDPOINT = `${server.endpoint}/`
  t.is(await sent({ HF_ENDPOINT }), `Bearer ${TOKEN}2`)
  t.is(await sent({ HF_ENDPOINT, HF_TOKEN_PATH: saved }), `Bearer ${TOKEN}`)
  t.is(await sent({ HF_ENDPOINT, HF_TOKEN_PATH: saved, HF_TOKEN: ` ${TOKEN}1 ` }), `Bearer ${TOKEN}1`)
  t.is(await sent({ HF_ENDPOINT, HF_TOKEN: `${TOKEN}1` }, { token: `${TOKEN}3` }), `Bearer ${TOKEN}3`)
  t.is(await sent({ HF_ENDPOINT: other.endpoint }, { endpoint: server.endpoint }), `Bearer ${TOKEN}2`)
  t.is(other.requests.length, 0)
  await t.throwsAsync(sent({ HF_ENDPOINT: 'nowhere' }), { code: 'ERR_INVALID_OPTION' })
  await t.throwsAsync(sent({ HF_ENDPOINT, HF_TOKEN: 'hf_ä' }), { code: 'ERR_INVALID_OPTION', message: /no token has/ })
  writeFileSync(path.join(HF_HOME, 'token'), '')
})

test.serial(
  'offline, a model that is not on this machine is ERR_HUB_OFFLINE at once, with what is missing and where it was looked for',
  async (t) => {
    const server = await start()
    const cacheDir = emptyCache()
    const messages = [/`org\/Name` is not on this machine/, new RegExp(cacheDir), /`main`/, /`model2vec-node-name`/]
    for (const value of ['1', 'TRUE', 'yes', 'On']) {
      process.env.HF_HUB_OFFLINE = value
      await refused(t, load(server, 'org/Name', { cacheDir }), 'ERR_HUB_OFFLINE', ...messages, /HF_HUB_OFFLINE/)
    }
    t.throws(() => new Model2VecEmbeddingFunction('org/Name', { cacheDir }), { code: 'ERR_HUB_OFFLINE' })
    Reflect.deleteProperty(process.env, 'HF_HUB_OFFLINE')
    await refused(
      t,
      load(server, 'org/Name', { cacheDir, localFilesOnly: true }),
      'ERR_HUB_OFFLINE',
      ...messages,
      /localFilesOnly/,
    )
    t.is(server.requests.length, 0)
    server.stop()
    await refused(
      t,
      load(server, 'org/Name', { cacheDir }),
      'ERR_HUB_OFFLINE',
      ...messages,
      /can't be reached \(127\.0\.0\.1:\d+: .*ECONNREFUSED/,
    )
  },
)

for (const [what, fault] of [
  ['429 with Retry-After', { status: 429, headers: { 'Retry-After': '0' } }],
  ['503', { status: 503 }],
  ['a dropped connection', { drop: true }],
] as const) {
  test(`${what} is tried again, wherever it happens`, async (t) => {
    const server = await start()
    const faults = [
      firstly(1, ({ path: asked }) => asked.includes('/revision/'), fault),
      firstly(1, ({ method }) => method === 'HEAD', fault),
      firstly(1, isTable, fault),
      firstly(1, ({ host }) => host === 'cdn', fault),
    ]
    server.fault = (request) => faults.map((each) => each(request)).find((each) => each !== null) ?? null
    t.is((await load(server, 'org/Name')).dim, 32)
  })
}

test('a status that stays is ERR_HUB_HTTP with the status', async (t) => {
  const server = await start()
  for (const [status, tries] of [
    [500, 5],
    [429, 5],
    [418, 1],
  ] as const) {
    server.requests.length = 0
    server.fault = () => ({ status, headers: { 'Retry-After': '0' } })
    await refused(t, load(server, 'org/Name'), 'ERR_HUB_HTTP', new RegExp(`answered ${status} for the model`))
    t.is(server.requests.length, tries, String(status))
  }
})

test('a server that asks for more patience than a minute is not waited for', async (t) => {
  const server = await start()
  server.fault = () => ({ status: 429, headers: { 'Retry-After': '3600' } })
  await refused(t, load(server, 'org/Name'), 'ERR_HUB_HTTP', /answered 429 .*, and asks to wait 3600 seconds$/)
  t.is(server.requests.length, 1)
})

test.serial('a Hub that says nothing at all is asked twice', async (t) => {
  process.env.HF_HUB_DOWNLOAD_TIMEOUT = '0.5'
  let asked = 0
  // Not a server's count: on a busy machine a request may come in only after its end.
  const fetch: FetchFunction = () => {
    asked++
    return new Promise(() => undefined)
  }
  try {
    const loading = Model2VecEmbeddingFunction.load('org/Name', {
      endpoint: 'http://hub.test',
      cacheDir: emptyCache(),
      fetch,
    })
    await refused(t, loading, 'ERR_HUB_OFFLINE', /can't be reached \(hub\.test: no answer within 0\.5 seconds\)/)
    t.is(asked, 2)
  } finally {
    process.env.HF_HUB_DOWNLOAD_TIMEOUT = PATIENCE
  }
})

test('an answer that breaks off again and again is ERR_HUB_HTTP, which says how far it came', async (t) => {
  const server = await start()
  const { length = 0 } = small['model.safetensors'] ?? {}
  server.fault = ({ host }) => (host === 'cdn' ? { ignoreRange: true, cutAfter: 50_000 } : null)
  await refused(
    t,
    load(server, 'org/Name'),
    'ERR_HUB_HTTP',
    new RegExp(`model\\.safetensors: the answer broke off after \\d+ of ${length} bytes \\(`),
  )
})

test('answers that are compressed are as good as others', async (t) => {
  const server = await start()
  let isCut = false
  server.fault = ({ host }) => {
    if (host === 'hub' || isCut) return { gzip: true }
    isCut = true
    return { cutAfter: 50_000 }
  }
  const cacheDir = emptyCache()
  await load(server, 'org/Name', { cacheDir })
  const fetched = snapshotFiles(cacheDir, 'org/Name', COMMIT)
  t.is(Object.keys(fetched).length, 3)
  for (const [name, bytes] of Object.entries(fetched)) t.true(small[name]?.equals(bytes), name)
})

test('a port that `fetch` refuses is an error at once', async (t) => {
  const server = await start()
  await refused(
    t,
    load(server, 'org/Name', { endpoint: 'http://127.0.0.1:6000' }),
    'ERR_HUB_OFFLINE',
    /can't be reached \(127\.0\.0\.1:6000: `fetch` refuses this port\)/,
  )
})

test('an answer in JSON that never ends is not read into memory', async (t) => {
  const server = await start()
  let sent = 0
  const endless = new ReadableStream<Uint8Array>({
    pull(controller) {
      sent += 1 << 20
      controller.enqueue(new Uint8Array(1 << 20).fill(0x20))
    },
  })
  await refused(
    t,
    load(server, 'org/Name', { fetch: () => Promise.resolve(new Response(endless as never)) }),
    'ERR_HUB_HTTP',
    /expected the Hub's JSON of at most 67108864 bytes, but got more/,
  )
  t.true(sent < 100 << 20)
})

test('a cut connection is resumed by Range, as often as it gets further', async (t) => {
  const server = await start()
  const { length = 0 } = small['model.safetensors'] ?? {}
  server.fault = firstly(7, (request) => request.host === 'cdn', { cutAfter: Math.floor(length / 10) })
  const cacheDir = emptyCache()
  await load(server, 'org/Name', { cacheDir })
  t.deepEqual(snapshotFiles(cacheDir, 'org/Name', COMMIT)['model.safetensors'], small['model.safetensors'])
  const ranges = server.fetches('model.safetensors').map(({ range }) => Number(/\d+/.exec(range ?? '0')?.[0]))
  t.is(ranges.length, 8)
  t.deepEqual(
    ranges,
    [...new Set(ranges)].sort((a, b) => a - b),
  )
})

test('a server that knows no ranges sends the whole file again', async (t) => {
  const server = await start()
  let first = true
  server.fault = ({ host }) => {
    if (host !== 'cdn') return null
    const fault = first ? { cutAfter: 50_000 } : { ignoreRange: true }
    first = false
    return fault
  }
  const cacheDir = emptyCache()
  await load(server, 'org/Name', { cacheDir })
  t.deepEqual(snapshotFiles(cacheDir, 'org/Name', COMMIT)['model.safetensors'], small['model.safetensors'])
})

test('an answer that ends early as if it were whole is resumed', async (t) => {
  const server = await start()
  server.fault = firstly(1, ({ host }) => host === 'cdn', { shortBy: 1000 })
  t.is((await load(server, 'org/Name')).dim, 32)
})

for (const file of ['model.safetensors', 'tokenizer.json']) {
  test(`wrong bytes of ${file} are fetched again, and never get into the cache`, async (t) => {
    const server = await start()
    const concerns = ({ method, path: asked }: SeenRequest): boolean =>
      method === 'GET' && asked.endsWith(file) && !asked.includes('/resolve/')
    server.fault = firstly(1, concerns, { wrongBytes: true })
    t.is((await load(server, 'org/Name')).dim, 32)

    server.fault = (request) => (concerns(request) ? { wrongBytes: true } : null)
    const cacheDir = emptyCache()
    await refused(
      t,
      load(server, 'org/Name', { cacheDir }),
      'ERR_HUB_HTTP',
      /expected bytes with the hash [\da-f]{40,64}, but got [\da-f]{40,64}/,
    )
    t.false(
      filesIn(cacheDir).some((name) => name.endsWith(file) || name.endsWith('.incomplete') || name.includes('refs')),
    )
    server.fault = () => null
    t.is((await load(server, 'org/Name', { cacheDir })).dim, 32)
  })
}

test.serial('a server that falls silent counts as a dropped connection', async (t) => {
  const server = await start()
  // Longer than a busy machine keeps this process from answering: no other request may count as
  // silent.
  process.env.HF_HUB_DOWNLOAD_TIMEOUT = '15'
  try {
    server.fault = firstly(1, ({ host }) => host === 'cdn', { stallAfter: 100_000 })
    t.is((await load(server, 'org/Name')).dim, 32)
    t.is(server.fetches('model.safetensors').at(-1)?.range, 'bytes=100000-')
  } finally {
    process.env.HF_HUB_DOWNLOAD_TIMEOUT = PATIENCE
  }
})

test('what is no Hub is ERR_HUB_HTTP', async (t) => {
  const server = await start()
  server.fault = () => ({ status: 200, headers: { 'Content-Type': 'text/html' } })
  await refused(t, load(server, 'org/Name'), 'ERR_HUB_HTTP', /expected the Hub's JSON/)
  server.fault = () => ({ status: 302, headers: { Location: '/login' } })
  await refused(t, load(server, 'org/Name'), 'ERR_HUB_HTTP', /more than 10 redirects/)
  server.fault = () => ({ status: 302, headers: { Location: 'file:///etc/passwd' } })
  await refused(t, load(server, 'org/Name'), 'ERR_HUB_HTTP', /a redirect to file:/)
})

test('a redirect with a user and a password is refused at once, and not shown', async (t) => {
  const server = await start()
  server.fault = () => ({ status: 302, headers: { Location: 'http://bob:hunter2@127.0.0.1:1/x' } })
  const error = await t.throwsAsync(load(server, 'org/Name'), { instanceOf: Model2VecError, code: 'ERR_HUB_HTTP' })
  t.regex(error.message, /a redirect with a user or a password$/)
  t.notRegex(error.message, /bob|hunter2/)
  t.is(server.requests.length, 1)
})

test('what a Hub names does not lead out of the cache', async (t) => {
  const server = await start()
  const outside =
    (headers: Record<string, string>): ((request: SeenRequest) => Fault | null) =>
    ({ method }) =>
      method === 'HEAD' ? { status: 200, headers } : null
  for (const etag of ['"../../../etag"', '".."', '"a/b"', '"a\\b"', '""']) {
    server.fault = outside({ ETag: etag })
    await refused(t, load(server, 'org/Name'), 'ERR_HUB_HTTP', /expected an ETag that can name a file/)
  }
  const answer =
    (sha: string): typeof fetch =>
    () =>
      Promise.resolve(Response.json({ sha, siblings: [] }))
  await refused(t, load(server, 'org/Name', { fetch: answer('../../outside') }), 'ERR_HUB_HTTP', /expected `sha`/)
  for (const options of [{ revision: '../main' }, { revision: 'a\\b' }, { subfolder: '../x' }, { subfolder: '/x' }]) {
    await refused(
      t,
      load(server, 'org/Name', options),
      'ERR_MODEL_NOT_FOUND',
      /should be a path inside the repository of `org\/Name`/,
    )
  }
})

test("a cache that can't be written is ERR_HUB_CACHE", async (t) => {
  const server = await start()
  const file = path.join(emptyCache(), 'file')
  writeFileSync(file, '')
  await refused(
    t,
    load(server, 'org/Name', { cacheDir: file }),
    'ERR_HUB_CACHE',
    /file can't be written: (?:ENOTDIR|EEXIST)/,
  )
})
