// `createListener`: a server's requests as `node:http` has them, without Request and Response of
// the web, which take several times as long as the work for a short text.

import type { IncomingMessage, ServerResponse } from 'node:http'

import { Buffer } from '../runtime/node-globals.js'
import type { Exchange } from './exchange.js'
import { GONE } from './exchange.js'
import { readIncoming } from './incoming-body.js'
import type { ServedModels } from './models.js'
import type { ServerOptions } from './options.js'
import { Outgoing, watchSocket } from './outgoing.js'
import type { Match } from './router.js'
import { Service } from './service.js'
import type { Outcome } from './service.js'

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
   * @param next called instead, where the server has no such path with this method: what Express
   *   gives
   */
  (request: ListenerRequest, response: ListenerResponse, next?: (error?: unknown) => void): void
  /**
   * As a listener of `checkContinue`: a client that asks before it sends its body is told at once
   * when the body will be refused.
   */
  readonly checkContinue: (request: ListenerRequest, response: ListenerResponse) => void
  /**
   * From now on `/health` answers 503, and so does every new request for work; connections are
   * closed after their answers.
   *
   * @returns resolves when every request that had begun is over: the last byte of its answer is
   *   written, or its client has gone away
   */
  drain(): Promise<void>
}

/**
 * A listener for `http.createServer`, which also Express takes, and Fastify with `reply.hijack()`:
 * the paths of OpenAI, text-embeddings-inference and Ollama, and those for the operation of a
 * server.
 *
 * @param models a model or a pipeline, or several by their names
 * @throws Model2VecError `ERR_INVALID_OPTION`; `ERR_MODEL_NOT_READY` for a model that is not loaded
 *   and has no name
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
  const match = service.match(method, url)
  if (next !== undefined && (match.route.isYielded === true || (match.isUnknown && !isPreflightOf(match, method)))) {
    next()
    return
  }
  const exchange = service.open(method, headers, match)
  exchange.watch = (onGone) => watchSocket(request, response, onGone)
  const outgoing = new Outgoing(service, exchange, request, response)
  const early = service.early(exchange)
  if (early !== null) {
    outgoing.settle(early)
    return
  }
  if (request.readableEnded) {
    // A body parser was here before, as in Express.
    const { body } = request as { readonly body?: unknown }
    outgoing.settle(answerRead(service, exchange, request, body))
    return
  }
  if (request.destroyed) {
    outgoing.settle(service.fail(exchange, GONE))
    return
  }
  if (isAsked) response.writeContinue()
  const body = service.bodyOf(exchange)
  readIncoming(request, body, (error) => {
    if (error !== null) outgoing.settle(service.fail(exchange, error))
    // Nobody would get the answer: the application has given another.
    else if (outgoing.isAnswered) outgoing.settle(service.fail(exchange, GONE))
    else outgoing.settle(service.answer(exchange, body.take(), headers['content-encoding']))
  })
}

/** Pages ask with the method OPTIONS whether they may use another one of a path. */
function isPreflightOf({ hasPath }: Match, method: string): boolean {
  return hasPath && method === 'OPTIONS'
}

/** The answer to a body that is read already: an object of it, its text, or its bytes. */
function answerRead(
  service: Service,
  exchange: Exchange,
  { headers }: IncomingMessage,
  body: unknown,
): Outcome | Promise<Outcome> {
  if (typeof body === 'string') return service.answer(exchange, Buffer.from(body), undefined)
  if (Buffer.isBuffer(body)) return service.answer(exchange, body, undefined)
  if (body !== undefined) return service.answerParsed(exchange, body)
  if (headers['transfer-encoding'] === undefined && Number(headers['content-length'] ?? 0) === 0) {
    return service.answer(exchange, Buffer.alloc(0), undefined)
  }
  return service.fail(
    exchange,
    new Error('the body of the request was read before the listener got it, and is not its `body`'),
  )
}
