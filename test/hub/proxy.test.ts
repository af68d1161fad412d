// Downloads through the proxies that the environment names, each in a new process: a real proxy
// with tunnels, passwords and TLS. The Hub has a name that only the proxy knows.

import { execFile } from 'node:child_process'
import net from 'node:net'
import type { AddressInfo } from 'node:net'
import path from 'node:path'
import { promisify } from 'node:util'

import test from 'ava'

import { MAIN } from '../cli/run.js'
import { SMALL } from '../test-data.js'
import { emptyCache, forgetEnvironment } from './cache-folder.js'
import { filesOf, repository } from './content.js'
import { HUB_NAME, makeCertificates, ProxyServer, startTls } from './proxy-server.js'
import { HubServer } from './server.js'

forgetEnvironment()

const CHILD = path.join(__dirname, '..', 'children', 'load-from-hub.js')
const certificates = makeCertificates()
const withTls = certificates === null ? test.skip : test
const ENDPOINT = `https://${HUB_NAME}`
const PASSWORD = 'Ann:p@ss wörd/%'
const USER = PASSWORD.split(':').map(encodeURIComponent).join(':')

const startHub = (): Promise<HubServer> => HubServer.start(repository('org/Name', filesOf(SMALL)))

/** What a process says that loads the model with these variables: the dim, or an error. */
async function load(endpoint: string, env: NodeJS.ProcessEnv): Promise<string> {
  const { stdout } = await promisify(execFile)(process.execPath, [CHILD, endpoint, emptyCache(), 'org/Name'], {
    env: { ...process.env, ...env },
  })
  return stdout.replace('started\n', '').trim()
}

/** An https Hub that a proxy leads to. */
async function startAll(password: string | null, isSecureProxy = false): Promise<ProxyServer> {
  if (certificates === null) throw new Error('no certificates')
  const hub = await startHub()
  const ports = new Map([[`${HUB_NAME}:443`, await startTls(certificates, hub.endpoint)]])
  return ProxyServer.start(password, ports, isSecureProxy ? certificates : null)
}
const trusted = { NODE_EXTRA_CA_CERTS: certificates?.authorityFile ?? '' }

for (const variable of ['HTTPS_PROXY', 'https_proxy', 'ALL_PROXY', 'all_proxy']) {
  withTls(`${variable} leads an https Hub through a tunnel`, async (t) => {
    const proxy = await startAll(null)
    t.is(await load(ENDPOINT, { ...trusted, [variable]: `http://127.0.0.1:${proxy.port}` }), '32')
    t.true(proxy.seen.some(({ method, target }) => method === 'CONNECT' && target === `${HUB_NAME}:443`))
    // The second host of large files is one of http here.
    const asked = proxy.seen.some(({ method, target }) => method === 'GET' && target.startsWith('http://127.0.0.1:'))
    t.is(asked, variable.toLowerCase() === 'all_proxy')
  })
}

withTls('a proxy gets its user and password, and a proxy of https is asked over TLS', async (t) => {
  for (const isSecure of [false, true]) {
    const proxy = await startAll(PASSWORD, isSecure)
    const HTTPS_PROXY = `${isSecure ? 'https' : 'http'}://${USER}@127.0.0.1:${proxy.port}`
    t.is(await load(ENDPOINT, { ...trusted, HTTPS_PROXY }), '32')
    t.deepEqual([...new Set(proxy.seen.map(({ password }) => password))], [PASSWORD])
  }
})

withTls('a wrong password is an error, which never shows it', async (t) => {
  const proxy = await startAll(PASSWORD)
  const said = await load(ENDPOINT, { ...trusted, HTTPS_PROXY: `http://Ann:secret@127.0.0.1:${proxy.port}` })
  t.regex(
    said,
    /^ERR_HUB_OFFLINE .*through the proxy 127\.0\.0\.1:\d+ of HTTPS_PROXY: it answered 407: it refused the user and password of HTTPS_PROXY \(Basic\)\)/,
  )
  t.notRegex(said, /secret/)
  t.is(proxy.seen.length, 1)
  const unasked = await load(ENDPOINT, { ...trusted, HTTPS_PROXY: `http://127.0.0.1:${proxy.port}` })
  t.regex(unasked, /it answered 407, which asks for a user and a password/)
  const hub = await startHub()
  const byHttp = await load(hub.endpoint, { HTTP_PROXY: `http://Ann:secret@127.0.0.1:${proxy.port}` })
  t.regex(byHttp, /it answered 407: it refused the user and password of HTTP_PROXY \(Basic\)/)
})

test('a password that is not percent-encoded is sent as it is, as Python does', async (t) => {
  const hub = await startHub()
  // What `requests.utils.get_auth_from_url` makes of it.
  for (const [written, sent] of [
    ['u:100%', 'u:100%'],
    ['u:%zz%41%4', 'u:%zzA%4'],
    ['%C3%A4:50%%25', 'ä:50%%'],
    ['u:%ff', 'u:\ufffd'],
  ] as const) {
    const proxy = await ProxyServer.start(sent, new Map())
    t.is(await load(hub.endpoint, { HTTP_PROXY: `http://${written}@127.0.0.1:${proxy.port}` }), '32', written)
    t.is(proxy.seen[0]?.password, sent)
  }
})

test('a bug on the way to a proxy is an error at once', async (t) => {
  const script = `
    const http = require('http')
    let asked = 0
    http.request = () => { asked++; throw new TypeError('a bug') }
    const { Model2VecEmbeddingFunction } = require(${JSON.stringify(path.resolve('dist/index.js'))})
    const options = { endpoint: 'http://hub.test', cacheDir: ${JSON.stringify(emptyCache())} }
    Model2VecEmbeddingFunction.load('org/Name', options).catch((error) => console.log(error.code, error.message, asked))`
  const env = { ...process.env, HTTP_PROXY: 'http://127.0.0.1:9' }
  const { stdout } = await promisify(execFile)(process.execPath, ['-e', script], { env })
  t.is(stdout.trim(), 'ERR_INTERNAL through the proxy 127.0.0.1:9 of HTTP_PROXY: a bug 1')
})

withTls('a certificate of an unknown authority is explained', async (t) => {
  const proxy = await startAll(null)
  const said = await load(ENDPOINT, {
    HTTPS_PROXY: `127.0.0.1:${proxy.port}`,
    SSL_CERT_FILE: certificates?.authorityFile ?? '',
  })
  t.regex(
    said,
    /^ERR_HUB_OFFLINE .*certificate.* NODE_EXTRA_CA_CERTS before it starts; REQUESTS_CA_BUNDLE and SSL_CERT_FILE/,
  )
})

test('HTTP_PROXY is asked for http URLs, whose bytes are the same', async (t) => {
  const hub = await startHub()
  hub.fault = ({ host }) => (host === 'cdn' ? { slow: { bytes: 200_000, pauseMs: 1 } } : { gzip: true })
  const proxy = await ProxyServer.start(null, new Map())
  t.is(await load(hub.endpoint, { HTTP_PROXY: `http://127.0.0.1:${proxy.port}` }), '32')
  t.is(proxy.seen.length, hub.requests.length)
})

/** A server that takes connections and says `answer` to what it gets, and then nothing more. */
async function startSilent(answer: string, seen = { connections: 0 }): Promise<number> {
  const server = net.createServer((socket) => {
    seen.connections++
    socket.on('error', () => undefined)
    socket.once('data', () => socket.write(answer))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  server.unref()
  return (server.address() as AddressInfo).port
}

test('a proxy that says nothing is named, before and after it has made a tunnel', async (t) => {
  for (const [variable, endpoint, answer] of [
    ['HTTP_PROXY', `http://${HUB_NAME}`, ''],
    ['HTTPS_PROXY', ENDPOINT, ''],
    ['HTTPS_PROXY', ENDPOINT, 'HTTP/1.1 200 Connection established\r\n\r\n'],
  ] as const) {
    const port = await startSilent(answer)
    const said = await load(endpoint, { [variable]: `http://127.0.0.1:${port}`, HF_HUB_DOWNLOAD_TIMEOUT: '0.5' })
    const way = `through the proxy 127.0.0.1:${port} of ${variable}: no answer within 0.5 seconds`
    t.true(said.startsWith('ERR_HUB_OFFLINE') && said.includes(way), said)
  }
})

test('a proxy that does not speak TLS under an https URL is an error at once, on one line', async (t) => {
  for (const [variable, endpoint] of [
    ['HTTP_PROXY', `http://${HUB_NAME}`],
    ['HTTPS_PROXY', ENDPOINT],
  ] as const) {
    const seen = { connections: 0 }
    const port = await startSilent('HTTP/1.1 400 Bad Request\r\n\r\n', seen)
    const said = await load(endpoint, { [variable]: `https://127.0.0.1:${port}` })
    t.true(said.startsWith('ERR_HUB_OFFLINE'), said)
    t.true(said.includes(`does not seem to speak TLS, in which case ${variable} begins with http://`), said)
    t.notRegex(said, /\n/)
    t.is(seen.connections, 1)
  }
})

test('an http proxy is asked for a URL without its fragment', async (t) => {
  const hub = await startHub()
  let isFirst = true
  hub.fault = ({ path: asked }) => {
    if (!isFirst) return null
    isFirst = false
    return { status: 307, headers: { Location: `${hub.endpoint}${asked}#part` } }
  }
  const proxy = await ProxyServer.start(null, new Map())
  t.is(await load(hub.endpoint, { HTTP_PROXY: `http://127.0.0.1:${proxy.port}` }), '32')
  t.is(proxy.seen.length, hub.requests.length)
  t.false(proxy.seen.some(({ target }) => target.includes('#')))
})

test('an answer by a proxy that is compressed in an unknown way is an error', async (t) => {
  const hub = await startHub()
  hub.fault = () => ({ status: 200, headers: { 'Content-Encoding': 'zstd' } })
  const proxy = await ProxyServer.start(null, new Map())
  const said = await load(hub.endpoint, { HTTP_PROXY: `http://127.0.0.1:${proxy.port}` })
  t.regex(said, /^ERR_HUB_HTTP .*compressed by `zstd`, expected one of gzip, deflate, br$/)
  t.is(hub.requests.length, 1)
})

test('NO_PROXY names what is asked directly', async (t) => {
  const hub = await startHub()
  const HTTP_PROXY = 'http://127.0.0.1:9'
  const { port } = new URL(hub.endpoint)
  for (const NO_PROXY of ['*', '127.0.0.1', 'example.com, 127.0.0.1', '.0.0.1']) {
    t.is(await load(hub.endpoint, { HTTP_PROXY, NO_PROXY }), '32', NO_PROXY)
  }
  t.is(await load(hub.endpoint, { HTTP_PROXY, no_proxy: '127.0.0.1', NO_PROXY: '' }), '32')
  for (const NO_PROXY of ['example.com', '27.0.0.1', `127.0.0.1:${Number(port) + 1}`]) {
    const said = await load(hub.endpoint, { HTTP_PROXY, NO_PROXY })
    t.regex(said, /^ERR_HUB_OFFLINE .*through the proxy 127\.0\.0\.1:9 of HTTP_PROXY: connect ECONNREFUSED/, NO_PROXY)
  }
  // An empty variable in small letters takes the other back.
  t.is(await load(hub.endpoint, { HTTP_PROXY, http_proxy: '' }), '32')
  // A web server's CGI script gets what its client sent under this name.
  t.is(await load(hub.endpoint, { HTTP_PROXY, REQUEST_METHOD: 'GET' }), '32')
})

test('the error of a proxy of another kind has the variable that names it', async (t) => {
  const hub = await startHub()
  for (const [ALL_PROXY, kind] of [
    ['socks5://127.0.0.1:1080', 'a socks5 proxy'],
    ['http://', 'no URL'],
  ] as const) {
    const said = await load(hub.endpoint, { ALL_PROXY })
    t.true(said.startsWith('ERR_HUB_OFFLINE'), said)
    t.true(said.includes(`the environment variable ALL_PROXY names ${kind}: expected an http or https proxy`), said)
  }
  t.is(hub.requests.length, 0)
})

test('a password that would be read as a part of the address is an error, which never shows it', async (t) => {
  const hub = await startHub()
  for (const password of ['1234#secret', '1234/secret', '1234?secret', '1234\\secret', '1234secret#', '#secret']) {
    const said = await load(hub.endpoint, { HTTP_PROXY: `http://user:${password}@127.0.0.1:9` })
    const expected = 'HTTP_PROXY names no URL (special characters of a user or password must be percent-encoded)'
    t.true(said.startsWith('ERR_HUB_OFFLINE') && said.includes(expected), said)
    t.notRegex(said, /1234|secret/)
  }
  t.is(hub.requests.length, 0)
})

withTls('`model2vec pull` goes through the proxy', async (t) => {
  const proxy = await startAll(null)
  const env = { ...process.env, ...trusted, HTTPS_PROXY: `http://127.0.0.1:${proxy.port}` }
  const args = ['pull', 'org/Name', '--cache-dir', emptyCache(), '--endpoint', ENDPOINT]
  const { stdout } = await promisify(execFile)(process.execPath, [MAIN, ...args], { env })
  t.regex(stdout, /snapshots/)
  t.true(proxy.seen.length > 0)
})
