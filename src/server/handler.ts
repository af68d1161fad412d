// `createHandler`: a server for the web's Request and Response: Hono, Next.js, Bun, Deno.

import { Buffer, webResponse } from '../runtime/node-globals.js'
import { bytesOf, isList } from './answer.js'
import type { Answer } from './answer.js'
import type { Exchange } from './exchange.js'
import { GONE } from './exchange.js'
import type { ServedModels } from './models.js'
import type { ServerOptions } from './options.js'
import { Service } from './service.js'
import { tooLarge } from './unpack-body.js'

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
   * @returns resolves when no request is in work
   */
  drain(): Promise<void>
}

const NO_BYTES: Buffer = Buffer.alloc(0)

/** The headers that are read. */
const HEADERS = [
  'authorization',
  'x-api-key',
  'content-type',
  'content-encoding',
  'content-length',
  'origin',
  'access-control-request-method',
] as const

/**
 * The server of {@link createListener} as a function of the web's Request, for everything that takes
 * one. On Node's own server `createListener` is several times as fast.
 *
 * @param models a model or a pipeline, or several by their names
 * @throws Model2VecError `ERR_INVALID_OPTION`; `ERR_MODEL_NOT_READY` for a model that is not loaded and
 *   has no name
 * @example
 * export const POST = createHandler(ef, { basePath: '/api' }) // app/api/v1/embeddings/route.ts
 */
export function createHandler(models: ServedModels, options?: ServerOptions): Handler {
  const service = new Service('createHandler', models, options)
  const handler = (request: HandlerRequest): Promise<WebResponse> => serve(service, request)
  return Object.assign(handler, { drain: () => service.drain() })
}

async function serve(service: Service, request: HandlerRequest): Promise<WebResponse> {
  const { method, signal } = request
  const target = targetOf(request.url)
  const headers: Record<string, string | undefined> = {}
  for (const name of HEADERS) headers[name] = request.headers.get(name) ?? undefined
  const exchange = service.open(method, target, headers)
  const refusal = service.refuse(exchange, target)
  if (refusal !== null) return respond(method, refusal)
  if (signal !== undefined && signal !== null) {
    exchange.watch = (onGone) => {
      if (signal.aborted) onGone()
      else signal.addEventListener('abort', onGone, { once: true })
      return () => {
        signal.removeEventListener('abort', onGone)
      }
    }
  }
  const answer = await answerOf(service, exchange, request)
  if (answer !== null) return respond(method, answer)
  // The client has gone away: nobody reads this.
  return respond(method, { status: 499, type: 'text/plain', body: '', headers: [], texts: 0, tokens: 0 })
}

async function answerOf(service: Service, exchange: Exchange, { body }: HandlerRequest): Promise<Answer | null> {
  if (exchange.route?.method === 'GET') return service.answerPlain(exchange)
  let bytes = NO_BYTES
  try {
    if (body !== null && body !== undefined) {
      bytes = await readStream(body as ReadableStream<Uint8Array>, service.shared.options.maxBody, exchange)
    }
  } catch (error) {
    return service.fail(exchange, error)
  }
  return service.answer(exchange, bytes)
}

/** @throws (rejects) Fault when there are more than `most` bytes; GONE when the stream fails */
async function readStream(stream: ReadableStream<Uint8Array>, most: number, exchange: Exchange): Promise<Buffer> {
  const reader = stream.getReader()
  const chunks: Uint8Array[] = []
  let size = 0
  for (;;) {
    const { done, value } = await reader.read().catch(() => {
      throw GONE
    })
    if (done) break
    size += value.length
    try {
      if (size > most) throw tooLarge(most)
      exchange.hold(value.length)
    } catch (error) {
      void reader.cancel().catch(() => undefined)
      throw error
    }
    chunks.push(value)
  }
  return Buffer.concat(chunks, size)
}

/** Path and query of a URL, as it was written. */
function targetOf(url: string): string {
  const [, target = '/'] = /^[a-z][a-z\d+.-]*:\/\/[^/?#]*([^#]*)/i.exec(url) ?? [null, url]
  return target.startsWith('/') ? target : `/${target}`
}

function respond(method: string, { status, type, body, headers: more }: Answer): WebResponse {
  const headers: [string, string][] = [['content-type', type]]
  for (let i = 0; i < more.length; i += 2) headers.push([more[i] ?? '', more[i + 1] ?? ''])
  const isEmpty = status === 204 || method === 'HEAD'
  if (!isEmpty) headers.push(['content-length', String(bytesOf(body))])
  return new (webResponse())(isEmpty ? null : bodyOf(body), { status, headers })
}

function bodyOf(body: Answer['body']): string | Uint8Array<ArrayBuffer> {
  if (!isList(body)) return body as string | Uint8Array<ArrayBuffer>
  return Buffer.concat(body.map((chunk) => (typeof chunk === 'string' ? Buffer.from(chunk, 'latin1') : chunk)))
}
