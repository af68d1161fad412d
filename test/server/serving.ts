// Real servers of the tests, and clients for them.

import http from 'node:http'
import net from 'node:net'
import type { AddressInfo } from 'node:net'

import type { ExecutionContext } from 'ava'
import { Model2VecEmbeddingFunction } from 'model2vec-node'
import { createListener } from 'model2vec-node/server'
import type { Listener, ServedFunction, ServedModels, ServerOptions } from 'model2vec-node/server'

import { SMALL } from '../test-data.js'

/** 8,000 tokens, 32 dimensions. */
export const ef: Model2VecEmbeddingFunction = new Model2VecEmbeddingFunction(SMALL)

export interface Served {
  readonly url: string
  readonly port: number
  readonly server: http.Server
  readonly listener: Listener
}

/** A server on a free port, closed when the test ends. */
export async function serve(
  t: ExecutionContext,
  options: ServerOptions = {},
  models: ServedModels = { small: ef },
): Promise<Served> {
  const listener = createListener(models, options)
  const server = http.createServer({ connectionsCheckingInterval: 50 }, listener)
  server.on('checkContinue', listener.checkContinue)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => {
    server.close()
    server.closeAllConnections()
  })
  const { port } = server.address() as AddressInfo
  return { url: `http://127.0.0.1:${port}`, port, server, listener }
}

export interface Reply {
  readonly status: number
  readonly headers: Headers
  readonly text: string
  // What is in it, the tests say.
  // eslint-disable-next-line @typescript-eslint/no-explicit-any
  readonly json: any
}

export async function get(url: string, init: RequestInit = {}): Promise<Reply> {
  const response = await fetch(url, init)
  const text = await response.text()
  let json: unknown = null
  try {
    json = JSON.parse(text)
  } catch {
    // The text is not JSON.
  }
  return { status: response.status, headers: response.headers, text, json }
}

/** Posts a value as JSON, or bytes and strings as they are. */
export function post(
  url: string,
  body: unknown,
  headers: Readonly<Record<string, string>> = {},
  init: RequestInit = {},
): Promise<Reply> {
  const isRaw = typeof body === 'string' || body instanceof Uint8Array
  return get(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: isRaw ? (body as string) : JSON.stringify(body),
    ...init,
  })
}

/** Sends bytes and gets all that comes back until the server closes the connection. */
export function raw(port: number, bytes: string | Uint8Array): Promise<string> {
  return new Promise((resolve) => {
    let reply = ''
    const socket = net.connect(port, '127.0.0.1', () => socket.write(bytes))
    socket.setEncoding('latin1')
    socket.on('data', (text: string) => (reply += text))
    socket.on('error', () => undefined)
    socket.on('close', () => {
      resolve(reply)
    })
  })
}

/** A connection, and what has come back so far. */
export function connect(port: number): { readonly socket: net.Socket; readonly reply: () => string } {
  let reply = ''
  const socket = net.connect(port, '127.0.0.1')
  socket.setEncoding('latin1').on('data', (text: string) => (reply += text))
  socket.on('error', () => undefined)
  return { socket, reply: () => reply }
}

/** An HTTP/1.1 request with a JSON body. */
export function request(path: string, body: string, headers = ''): string {
  const bytes = Buffer.byteLength(body)
  return `POST ${path} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: ${bytes}\r\n${headers}\r\n${body}`
}

/** A number of `/metrics`; 0 where it is not there. */
export async function metric(url: string, name: string): Promise<number> {
  const { text } = await get(`${url}/metrics`)
  const line = text.split('\n').find((each) => each.startsWith(`${name} `))
  return Number(line?.slice(name.length + 1) ?? 0)
}

/**
 * The real model, whose calls wait at a gate: work that takes as long as a test wants. It has one
 * thread.
 */
export class GatedModel implements ServedFunction {
  readonly info = { ...ef.info, threads: 1 }
  readonly tokens = ef.tokens
  /** The signals of calls that wait. */
  readonly waiting: (AbortSignal | undefined)[] = []
  #open: () => void = () => undefined
  readonly #gate = new Promise<void>((resolve) => (this.#open = resolve))

  open(): void {
    this.#open()
  }

  async encode(...[texts, options]: Parameters<ServedFunction['encode']>): ReturnType<ServedFunction['encode']> {
    const signal = options?.signal
    this.waiting.push(signal)
    await new Promise<void>((resolve, reject) => {
      void this.#gate.then(resolve)
      signal?.addEventListener('abort', () => {
        // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors -- the signal's own reason
        reject(signal.reason)
      })
    })
    return ef.encode(texts, options)
  }

  encodeAsSequence(
    ...args: Parameters<ServedFunction['encodeAsSequence']>
  ): ReturnType<ServedFunction['encodeAsSequence']> {
    return ef.encodeAsSequence(...args)
  }

  tokenizeAsync(...args: Parameters<ServedFunction['tokenizeAsync']>): ReturnType<ServedFunction['tokenizeAsync']> {
    return ef.tokenizeAsync(...args)
  }
}

/** More than runs at once on the JavaScript thread. */
export const MANY_TEXTS: readonly string[] = Array.from({ length: 300 }, (_, i) => `text number ${i} of many`)

/** The vector of base64 of little-endian float32. */
export function vectorOf(base64: string): Float32Array {
  const bytes = Buffer.from(base64, 'base64')
  return new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length))
}

/** Waits until a condition holds. */
export async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  for (let i = 0; i < 3000; i++) {
    if (await condition()) return
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
  throw new Error('waited in vain')
}
