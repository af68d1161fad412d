// `fetch` through a proxy, with Node's own modules: an https URL through a tunnel (CONNECT) with
// TLS inside of it, an http URL by asking the proxy for it. Node's `fetch` knows no proxies before
// Node 24, and there only when an option switches them on. A connection serves one request.

import http from 'node:http'
import https from 'node:https'
import net from 'node:net'
import tls from 'node:tls'
import zlib from 'node:zlib'
import type { Readable } from 'node:stream'

import { isModel2VecError, Model2VecError } from '../errors.js'
import { Buffer, globalFetch, process, URL } from '../runtime/node-globals.js'
import type { FetchFunction, FetchInit, FetchResponse } from './fetch-function.js'
import { proxyFor } from './proxy.js'
import type { Proxy } from './proxy.js'

/** The global `fetch`, or a request through the proxy that the environment names for a URL. */
export const environmentFetch: FetchFunction = async (href, init) => {
  const url = new URL(href)
  const proxy = environmentProxy(url)
  if (proxy === null) return globalFetch()(href, init)
  try {
    return url.protocol === 'https:' ? await throughTunnel(url, proxy, init) : await byProxy(url, proxy, init)
  } catch (error) {
    if (isModel2VecError(error)) throw error
    const { message, code } = error as NodeJS.ErrnoException
    // No failure of the network is without a code: a bug, which trying again does not mend.
    if (code === undefined || /^ERR_(?:INVALID|UNESCAPED)_/.test(code)) {
      throw new Model2VecError('ERR_INTERNAL', `${through(proxy)}: ${message}`, {
        cause: error,
      })
    }
    throw Object.assign(new Error(`${through(proxy)}: ${message || code}`), {
      code,
    })
  }
}

/** The proxy that {@link environmentFetch} asks for a URL, or null. @throws as {@link proxyFor} */
function environmentProxy(url: URL): Proxy | null {
  // Bun and Deno ask the same variables themselves.
  const isNode = process.versions.bun === undefined && process.versions.deno === undefined
  return isNode ? proxyFor(url) : null
}

function through({ url: { host }, variable }: Proxy): string {
  return `through the proxy ${host} of ${variable}`
}

/**
 * What a message says of a connection by `fetch` that stands still: through which proxy it goes; ''
 * = through none.
 */
export function throughWhich(fetch: FetchFunction, url: URL): string {
  const proxy = fetch === environmentFetch ? environmentProxy(url) : null
  return proxy === null ? '' : `${through(proxy)}: `
}

async function byProxy(url: URL, proxy: Proxy, init: FetchInit): Promise<FetchResponse> {
  const headers = { ...init.headers, host: url.host, ...authorization(proxy) }
  const target = new URL(url)
  target.hash = ''
  const request = proxyRequest(proxy, { method: init.method, path: target.href, headers, signal: init.signal })
  try {
    return await answerTo(request, url, proxy)
  } catch (error) {
    throw onTheWay(proxy, error as Error)
  }
}

async function throughTunnel(url: URL, proxy: Proxy, init: FetchInit): Promise<FetchResponse> {
  const host = url.hostname.replace(/^\[|\]$/g, '')
  const target = `${url.hostname}:${url.port === '' ? '443' : url.port}`
  const tunnel = await connect(proxy, target, init.signal)
  const servername = net.isIP(host) === 0 ? { servername: host } : {}
  const secure = tls.connect({ socket: tunnel, host, ALPNProtocols: ['http/1.1'], ...servername })
  const request = https.request(url, {
    method: init.method,
    headers: init.headers,
    signal: init.signal,
    // With an agent, also with `agent: false`, it would not be asked.
    createConnection: () => secure,
  })
  return answerTo(request, url, proxy)
}

/** Asks the proxy for a tunnel to `host:port`. */
function connect(proxy: Proxy, target: string, signal: AbortSignal): Promise<net.Socket> {
  return new Promise((resolve, reject) => {
    const headers = { host: target, ...authorization(proxy) }
    const request = proxyRequest(proxy, { method: 'CONNECT', path: target, headers, signal })
    request.once('error', (error) => {
      reject(onTheWay(proxy, error))
    })
    request.once('response', (response) => {
      response.destroy()
      reject(refusal(proxy, response.statusCode))
    })
    request.once('connect', (response, socket: net.Socket) => {
      if (response.statusCode === 200) {
        resolve(socket)
        return
      }
      socket.destroy()
      reject(refusal(proxy, response.statusCode))
    })
    request.end()
  })
}

function proxyRequest({ url }: Proxy, options: http.RequestOptions): http.ClientRequest {
  const { request } = url.protocol === 'https:' ? https : http
  const host = url.hostname.replace(/^\[|\]$/g, '')
  const port = url.port === '' ? (url.protocol === 'https:' ? 443 : 80) : Number(url.port)
  return request({ ...options, host, port, agent: false })
}

function authorization({ url }: Proxy): Record<string, string> {
  if (url.username === '' && url.password === '') return {}
  const user = `${unquoted(url.username)}:${unquoted(url.password)}`
  return { 'proxy-authorization': `Basic ${Buffer.from(user).toString('base64')}` }
}

/**
 * Percent-decoded, as Python's `urllib.parse.unquote`: what is no `%XX` stays, such as the `%` of a
 * password that nobody encoded.
 */
function unquoted(text: string): string {
  return text.replace(/(?:%[\da-f]{2})+/gi, (bytes) => Buffer.from(bytes.replaceAll('%', ''), 'hex').toString('utf8'))
}

/** What a proxy says that makes no tunnel. The code is one that does not pass within seconds. */
function refusal({ url, variable }: Proxy, status = 0): Error {
  const isPasswordSent = url.username !== '' || url.password !== ''
  const asks = isPasswordSent
    ? `: it refused the user and password of ${variable} (Basic)`
    : ', which asks for a user and a password (http://user:password@host:port)'
  const passes = status >= 500
  return Object.assign(new Error(`it answered ${status}${status === 407 ? asks : ''}`), {
    code: passes ? 'ECONNRESET' : 'ECONNREFUSED',
  })
}

/** A failure on the way to a proxy of https: it may speak no TLS. */
function onTheWay({ url, variable }: Proxy, error: NodeJS.ErrnoException): Error {
  const { message, code } = error
  if (url.protocol !== 'https:' || !/EPROTO|WRONG_VERSION_NUMBER/.test(code ?? '')) return error
  const hint = `this proxy does not seem to speak TLS, in which case ${variable} begins with http://`
  return Object.assign(new Error(`${message} (${hint})`), { code })
}

function answerTo(request: http.ClientRequest, url: URL, proxy: Proxy): Promise<FetchResponse> {
  return new Promise((resolve, reject) => {
    request.once('error', reject)
    request.once('response', (response) => {
      // Of a body that nobody reads any more.
      request.on('error', () => undefined)
      if (response.statusCode === 407) {
        response.destroy()
        reject(refusal(proxy, 407))
        return
      }
      const { method } = request
      if (method === 'HEAD') response.resume()
      const header = (name: string): string | null => {
        const value = response.headers[name.toLowerCase()]
        return value === undefined ? null : String(value)
      }
      const encoding = (header('content-encoding') ?? '').toLowerCase()
      if (method !== 'HEAD' && !DECODED.test(encoding)) {
        response.destroy()
        const message = `${url.origin}${url.pathname}: the answer is compressed by \`${encoding}\`, expected one of gzip, deflate, br`
        reject(new Model2VecError('ERR_HUB_HTTP', message))
        return
      }
      const body = method === 'HEAD' ? null : decoded(response, encoding)
      resolve({
        status: response.statusCode ?? 0,
        headers: { get: header, has: (name) => header(name) !== null },
        body,
        text: () => textOf(body),
      })
    })
    request.end()
  })
}

const DECODED = /^(?:identity|(?:x-)?gzip|deflate|br)?$/

/** The body as `fetch` gives it: decompressed. */
function decoded(response: http.IncomingMessage, encoding: string): Readable {
  const decoder = /gzip|deflate/.test(encoding)
    ? zlib.createUnzip()
    : encoding === 'br'
      ? zlib.createBrotliDecompress()
      : null
  if (decoder === null) return response
  response.once('error', (error) => decoder.destroy(error))
  return response.pipe(decoder)
}

async function textOf(body: Readable | null): Promise<string> {
  const chunks: Uint8Array[] = []
  for await (const chunk of body ?? []) chunks.push(chunk as Uint8Array)
  return Buffer.concat(chunks).toString('utf8')
}
