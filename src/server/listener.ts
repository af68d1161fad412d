// `createListener`: a server's requests as `node:http` has them, without Request and Response of the
// web, which take several times as long as the work for a short text.

import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'

import { clearTimeout, setTimeout } from '../runtime/node-globals.js'
import { bytesOf, isList } from './answer.js'
import type { Answer, Chunk } from './answer.js'
import type { Exchange, Watch } from './exchange.js'
import { GONE } from './exchange.js'
import { readIncoming } from './incoming-body.js'
import type { ServedModels } from './models.js'
import type { ServerOptions } from './options.js'
import { Service } from './service.js'

/** A request as the listener takes it: an `IncomingMessage` of `node:http` or `node:https`. */
export interface ListenerRequest {
  readonly method?: string | undefined
  readonly url?: string | undefined
  readonly headers: object
}

/** A response as the listener takes it: a `ServerResponse` of `node:http` or `node:https`. */
export interface ListenerResponse {
  writeHead(status: number, headers: string[]): unknown
  end(): unknown
}

/** What `createListener` returns. */
export interface Listener {
  /**
   * Answers a request.
   *
   * @param next called instead, where the server has no such path with this method: what Express gives
   */
  (request: ListenerRequest, response: ListenerResponse, next?: (error?: unknown) => void): void
  /**
   * As a listener of `checkContinue`: a client that asks before it sends its body is told at once
   * when the body will be refused.
   */
  readonly checkContinue: (request: ListenerRequest, response: ListenerResponse) => void
  /**
   * From now on `/health` answers 503, and so does every new request for work; connections are closed
   * after their answers.
   *
   * @returns resolves when no request is in work
   */
  drain(): Promise<void>
}

/**
 * A listener for `http.createServer`, which also Express takes, and Fastify with `reply.hijack()`: the
 * paths of OpenAI, text-embeddings-inference and Ollama, and those for the operation of a server.
 *
 * @param models a model or a pipeline, or several by their names
 * @throws Model2VecError `ERR_INVALID_OPTION`; `ERR_MODEL_NOT_READY` for a model that is not loaded and
 *   has no name
 * @example
 * const ef = await Model2VecEmbeddingFunction.load('minishlab/potion-base-8M')
 * http.createServer(createListener(ef)).listen(8080, '127.0.0.1')
 */
export function createListener(models: ServedModels, options?: ServerOptions): Listener {
  const service = new Service('createListener', models, options)
  const listener = (request: IncomingMessage, response: ServerResponse, next?: (error?: unknown) => void): void => {
    serve(service, request, response, next, false)
  }
  const checkContinue = (request: IncomingMessage, response: ServerResponse): void => {
    serve(service, request, response, undefined, true)
  }
  return Object.assign(listener, { checkContinue, drain: () => service.drain() }) as unknown as Listener
}

function serve(
  service: Service,
  request: IncomingMessage,
  response: ServerResponse,
  next: ((error?: unknown) => void) | undefined,
  isAsked: boolean,
): void {
  const { method = 'GET', url = '/', headers } = request
  if (next !== undefined && service.isUnknown(method, url)) {
    next()
    return
  }
  const exchange = service.open(method, url, headers)
  const refusal = service.refuse(exchange, url)
  if (refusal !== null) {
    refuse(request, response, refusal)
    return
  }
  exchange.watch = watchOf(request, response)
  if (exchange.route?.method === 'GET') {
    settle(service, response, service.answerPlain(exchange))
    return
  }
  const { body } = request as { readonly body?: unknown }
  if (body !== undefined && request.readableEnded) {
    // A body parser was here before, as in Express.
    settle(service, response, service.answerParsed(exchange, body))
    return
  }
  if (isAsked) response.writeContinue()
  readIncoming(
    request,
    service.shared.options.maxBody,
    (bytes) => {
      exchange.hold(bytes)
    },
    (error, bytes) => {
      receive(service, exchange, request, response, error, bytes)
    },
  )
}

function receive(
  service: Service,
  exchange: Exchange,
  request: IncomingMessage,
  response: ServerResponse,
  error: Error | null,
  bytes: Buffer | null,
): void {
  if (error !== null) {
    const answer = service.fail(exchange, error)
    if (answer !== null) refuse(request, response, answer)
  } else if (bytes !== null) {
    settle(service, response, service.answer(exchange, bytes))
  } else {
    service.fail(exchange, GONE)
  }
}

function settle(service: Service, response: ServerResponse, answer: Answer | null | Promise<Answer | null>): void {
  if (answer === null) return
  if ('status' in answer) send(service, response, answer)
  else
    void answer.then((made) => {
      if (made !== null) send(service, response, made)
    })
}

function headersOf({ type, headers, body }: Answer): string[] {
  return ['Content-Type', type, 'Content-Length', String(bytesOf(body)), ...headers]
}

function send(service: Service, response: ServerResponse, answer: Answer): void {
  const { status, body } = answer
  const headers = headersOf(answer)
  if (service.shared.isDraining) headers.push('Connection', 'close')
  response.writeHead(status, headers)
  if (typeof body === 'string') response.end(body, 'latin1')
  else if (!isList(body)) response.end(body)
  else if (bytesOf(body) <= WRITTEN_TOGETHER) writeTogether(response, body)
  else void writeChunks(service, response, body)
}

/** Up to this many bytes an answer is written at once, with its headers. */
const WRITTEN_TOGETHER = 1 << 19

function writeTogether(response: ServerResponse, chunks: readonly Chunk[]): void {
  response.cork()
  for (const chunk of chunks) response.write(chunk, 'latin1')
  response.end()
}

/** No faster than the client reads. */
async function writeChunks(service: Service, response: ServerResponse, chunks: readonly Chunk[]): Promise<void> {
  const { admission } = service.shared
  const bytes = bytesOf(chunks)
  admission.buffered += bytes
  for (const chunk of chunks) {
    if (response.destroyed) break
    if (!response.write(chunk, 'latin1')) await drained(response)
  }
  admission.buffered -= bytes
  response.end()
}

function drained(response: ServerResponse): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      response.off('drain', done).off('close', done)
      resolve()
    }
    response.on('drain', done).on('close', done)
  })
}

/** How long the rest of a refused body is still read, in milliseconds. */
const LINGER_MS = 1000

/**
 * Answers a request whose body was not read. The connection is closed, but not at once: the client may
 * still be sending, and would lose the answer to a reset of its connection.
 */
function refuse(request: IncomingMessage, response: ServerResponse, answer: Answer): void {
  const { body, status } = answer
  const headers = headersOf(answer)
  const hasBody = !request.complete && !request.readableEnded && hasBodyHeaders(request)
  if (!hasBody) {
    response.writeHead(status, headers)
    response.end(body, 'latin1')
    return
  }
  response.writeHead(status, [...headers, 'Connection', 'close'])
  response.write(body, 'latin1')
  const end = (): void => {
    clearTimeout(timer)
    request.off('end', end).off('close', end)
    response.end()
  }
  const timer = setTimeout(end, LINGER_MS)
  request
    .on('end', end)
    .on('close', end)
    .on('error', () => undefined)
  request.resume()
}

function hasBodyHeaders({ headers }: IncomingMessage): boolean {
  return headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0
}

/** Who is told when a connection closes: several requests can be in work on one, pipelined. */
const watchers = new WeakMap<Socket, Set<() => void>>()

function watchOf({ socket }: IncomingMessage, response: ServerResponse): Watch {
  return (onGone) => {
    if (socket.destroyed || response.destroyed) {
      onGone()
      return () => undefined
    }
    let all = watchers.get(socket)
    if (all === undefined) {
      const told = new Set<() => void>()
      all = told
      watchers.set(socket, told)
      socket.once('close', () => {
        for (const each of told) each()
      })
    }
    all.add(onGone)
    return () => all.delete(onGone)
  }
}
