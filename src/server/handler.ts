// `createHandler`: a server for the web's Request and Response: Hono, Next.js, Bun, Deno.

import { orAborted } from '../runtime/abort.js'
import { Buffer, webResponse } from '../runtime/node-globals.js'
import { bytesOf, isList } from './answer.js'
import type { Answer } from './answer.js'
import type { BodyBytes } from './body-bytes.js'
import { GONE } from './exchange.js'
import type { Exchange, Watch } from './exchange.js'
import type { ServedModels } from './models.js'
import type { ServerOptions } from './options.js'
import { Service } from './service.js'
import type { Outcome } from './service.js'

/** A request as the handler takes it: a `Request`. */
export interface HandlerRequest {
  readonly method: string
  readonly url: string
  readonly headers: { get(name: string): string | null }
  readonly body: unknown
  readonly signal?: AbortSignal | null | undefined
}

/** The class `Response`, where the types of the platform have it. */
export type WebResponse = typeof globalThis extends { Response: { readonly prototype: infer R } } ? R : unknown

/** What `createHandler` returns. */
export interface Handler {
  /** Answers a request. */
  (request: HandlerRequest): Promise<WebResponse>
  /**
   * From now on `/health` answers 503, and so does every new request for work.
   *
   * @returns resolves when every request that had begun has its Response
   */
  drain(): Promise<void>
}

/** The headers that are read. */
const HEADERS = [
  'authorization',
  'x-api-key',
  'content-type',
  'content-encoding',
  'content-length',
  'origin',
  'access-control-request-method',
  'access-control-request-headers',
] as const

/**
 * The server of {@link createListener} as a function of the web's Request, for everything that
 * takes one. On Node's own server `createListener` is several times as fast.
 *
 * @param models a model or a pipeline, or several by their names
 * @throws Model2VecError `ERR_INVALID_OPTION`; `ERR_MODEL_NOT_READY` for a model that is not loaded
 *   and has no name
 * @example
 * export const POST = createHandler(ef, { basePath: '/api' }) // app/api/v1/embeddings/route.ts
 */
export function createHandler(models: ServedModels, options?: ServerOptions): Handler {
  const service = new Service('createHandler', models, options)
  const handler = (request: HandlerRequest): Promise<WebResponse> => serve(service, request)
  return Object.assign(handler, { drain: () => service.drain() })
}

async function serve(service: Service, request: HandlerRequest): Promise<WebResponse> {
  const { method, url, signal } = request
  const [, host, target] = /^[a-z][a-z\d+.-]*:\/\/([^/?#]*)([^#]*)/i.exec(url) ?? [null, undefined, url]
  const headers: Record<string, string | undefined> = { host }
  for (const name of HEADERS) headers[name] = request.headers.get(name) ?? undefined
  const exchange = service.open(method, headers, service.match(method, rooted(target)))
  try {
    const early = service.early(exchange)
    if (early !== null) return respond(method, early)
    exchange.watch = watchOf(signal)
    const outcome = await answerOf(service, exchange, request)
    return respond(method, outcome === GONE ? NOBODY : outcome)
  } finally {
    // How long the platform keeps the answer is not known here.
    exchange.close()
  }
}

/** What nobody reads: the client has gone away. */
const NOBODY: Answer = { status: 499, type: 'text/plain', body: '', headers: [], texts: 0, tokens: 0 }

function rooted(target: string): string {
  return target.startsWith('/') ? target : `/${target}`
}

function watchOf(signal: AbortSignal | null | undefined): Watch | null {
  if (signal === undefined || signal === null) return null
  return (onGone) => {
    if (signal.aborted) onGone()
    else signal.addEventListener('abort', onGone, { once: true })
    return () => {
      signal.removeEventListener('abort', onGone)
    }
  }
}

async function answerOf(service: Service, exchange: Exchange, { body }: HandlerRequest): Promise<Outcome> {
  const bytes = service.bodyOf(exchange)
  try {
    if (body !== null && body !== undefined) {
      await readStream(body as ReadableStream<Uint8Array>, bytes, exchange.signal)
    }
  } catch (error) {
    return service.fail(exchange, error)
  }
  return service.answer(exchange, bytes.take(), exchange.headers['content-encoding'] as string | undefined)
}

/** @throws (rejects) Fault; the signal's reason; GONE when the stream fails */
async function readStream(stream: ReadableStream<Uint8Array>, body: BodyBytes, signal: AbortSignal): Promise<void> {
  const reader = stream.getReader()
  try {
    for (;;) {
      const read = reader.read().catch(() => {
        throw GONE
      })
      const { done, value } = await orAborted(read, signal)
      if (done) return
      body.append(value)
    }
  } catch (error) {
    void reader.cancel().catch(() => undefined)
    throw error
  }
}

function respond(method: string, { status, type, body, headers: more }: Answer): WebResponse {
  const headers: [string, string][] = status === 204 ? [] : [['content-type', type]]
  for (let i = 0; i < more.length; i += 2) headers.push([more[i] ?? '', more[i + 1] ?? ''])
  const isEmpty = status === 204 || method === 'HEAD'
  if (status !== 204) headers.push(['content-length', String(bytesOf(body))])
  return new (webResponse())(isEmpty ? null : bodyOf(body), { status, headers })
}

function bodyOf(body: Answer['body']): string | Uint8Array<ArrayBuffer> {
  if (!isList(body)) return body as string | Uint8Array<ArrayBuffer>
  return Buffer.concat(body.map((chunk) => (typeof chunk === 'string' ? Buffer.from(chunk, 'latin1') : chunk)))
}
