// A server without its transport: finds the route of a request, lets it in, reads its body, and turns
// whatever happens into an answer.

import { availableParallelism } from 'node:os'

import { isModel2VecError } from '../errors.js'
import { performance } from '../runtime/node-globals.js'
import type { Buffer } from '../runtime/node-globals.js'
import { Admission } from './admission.js'
import { JSON_TYPE, NO_HEADERS } from './answer.js'
import type { Answer } from './answer.js'
import { ApiKeys } from './api-keys.js'
import type { Headers } from './api-keys.js'
import { corsHeaders, isPreflight, preflight } from './cors.js'
import { errorAnswer } from './error-answer.js'
import type { Protocol } from './error-answer.js'
import { Exchange, GONE } from './exchange.js'
import type { Route, Shared } from './exchange.js'
import { Fault } from './fault.js'
import { asBody, parseLarge, parseSmall, SMALL_BODY } from './json-body.js'
import type { Body } from './json-body.js'
import { Metrics } from './metrics.js'
import type { RouteMetrics } from './metrics.js'
import { ModelTable } from './models.js'
import { openApiDocument } from './openapi.js'
import { checkServerOptions } from './options.js'
import { OLLAMA_ROUTES } from './routes/ollama.js'
import { OPENAI_ROUTES } from './routes/openai.js'
import { OPERATION_ROUTES } from './routes/operation.js'
import { TEI_ROUTES } from './routes/tei.js'
import { assertKnown, isPlain, tooLarge, unpack } from './unpack-body.js'

const ROUTES: readonly Route[] = [...OPENAI_ROUTES, ...TEI_ROUTES, ...OLLAMA_ROUTES, ...OPERATION_ROUTES]

/** Large requests in work at the same time, for each core: one can be read while another is encoded. */
const SLOTS_PER_CORE = 2

const NO_BODY: Body = {}

interface KnownRoute {
  readonly route: Route
  readonly metrics: RouteMetrics
}

/** The routes of a path by their methods. */
type RoutesOfPath = Readonly<Record<string, KnownRoute>>

/** The status of a request whose client has gone away, as nginx counts it. */
const GONE_STATUS = 499

export class Service {
  readonly shared: Shared
  readonly #keys: ApiKeys
  readonly #paths = new Map<string, Record<string, KnownRoute>>()
  readonly #prefixes: readonly string[]
  readonly #other: RouteMetrics

  /** @throws Model2VecError ERR_INVALID_OPTION, ERR_MODEL_NOT_READY */
  constructor(method: string, models: unknown, given: unknown) {
    const options = checkServerOptions(method, given)
    const table = new ModelTable(models, options.aliases, options.defaultModel)
    const metrics = new Metrics()
    let document: string | null = null
    this.shared = {
      models: table,
      options,
      metrics,
      admission: new Admission(options.maxConcurrency, options.maxBuffered, SLOTS_PER_CORE * availableParallelism()),
      openApi: () => (document ??= openApiDocument(options, table)),
      isDraining: false,
    }
    for (const { name } of table.all) metrics.model(name)
    this.#keys = new ApiKeys(options.apiKeys)
    for (const route of ROUTES) {
      const routes = this.#paths.get(route.path) ?? {}
      routes[route.method] = { route, metrics: metrics.route(route.path) }
      this.#paths.set(route.path, routes)
    }
    this.#prefixes = ROUTES.map(({ path }) => path).filter((path) => path.endsWith('*'))
    this.#other = metrics.route('other')
  }

  /**
   * A request whose headers are there.
   *
   * @param target path and query
   * @param headers by their names in lower case
   */
  open(method: string, target: string, headers: Headers): Exchange {
    const path = this.#pathOf(target)
    const [routes, parameter] = path === null ? [undefined, ''] : this.#find(path)
    const known = routes?.[method === 'HEAD' ? 'GET' : method]
    const { route = null, metrics = this.#other } = known ?? {}
    const protocol = route?.protocol ?? protocolOf(routes, path ?? '')
    return new Exchange(this.shared, method, headers, route, protocol, metrics, parameter)
  }

  /**
   * What is answered before the body is read: null = the body is to be read, if the request has one.
   *
   * @param target as for {@link Service.open}
   */
  refuse(exchange: Exchange, target: string): Answer | null {
    const { options, isDraining } = this.shared
    const { headers, route } = exchange
    try {
      if (options.cors.length > 0 && isPreflight(exchange.method, headers)) {
        return this.#recorded(exchange, preflight(options.cors, headers))
      }
      if (route?.isOpen !== true && !this.#keys.admits(headers)) {
        throw new Fault('key', 'the request needs a key: `Authorization: Bearer <key>`', null, [
          'WWW-Authenticate',
          'Bearer',
        ])
      }
      if (route === null) throw this.#noRoute(exchange.method, target)
      if (route.method === 'GET') return null
      if (isDraining) throw new Fault('unavailable', 'the server is shutting down', null, ['Retry-After', '1'])
      const { 'content-type': type, 'content-encoding': encoding, 'content-length': length } = headers
      // Without a type a page of any origin could ask, without a preflight.
      if (
        type === undefined
          ? headers.origin !== undefined
          : !/^application\/(?:[\w.+-]+\+)?json\s*(?:;|$)/i.test(String(type))
      ) {
        throw new Fault('media', 'Content-Type should be application/json')
      }
      if (!isPlain(encoding as string | undefined)) assertKnown(encoding as string)
      if (Number(length) > options.maxBody) throw tooLarge(options.maxBody)
      return null
    } catch (error) {
      return this.#failed(exchange, error)
    }
  }

  /** Whether there is no such route: another handler may have it. */
  isUnknown(method: string, target: string): boolean {
    const path = this.#pathOf(target)
    const [routes] = path === null ? [] : this.#find(path)
    return routes === undefined || (method !== 'OPTIONS' && routes[method === 'HEAD' ? 'GET' : method] === undefined)
  }

  /** The answer to what has no body: of a route with the method GET. */
  answerPlain(exchange: Exchange): Answer | null {
    const { route } = exchange
    if (route === null) return null
    try {
      return this.#recorded(exchange, route.answer(exchange, NO_BODY) as Answer)
    } catch (error) {
      return this.#failed(exchange, error)
    }
  }

  /** The answer to a body. Never rejects; null = the client has gone away. */
  answer(exchange: Exchange, bytes: Buffer): Answer | null | Promise<Answer | null> {
    const encoding = exchange.headers['content-encoding'] as string | undefined
    const isSmall = bytes.length <= SMALL_BODY && isPlain(encoding)
    return this.#work(exchange, (route) =>
      isSmall
        ? route.answer(exchange, parseSmall(bytes))
        : this.#read(exchange, bytes, encoding ?? '').then((body) => route.answer(exchange, body)),
    )
  }

  /** The answer to a body that another has parsed already. */
  answerParsed(exchange: Exchange, value: unknown): Answer | null | Promise<Answer | null> {
    return this.#work(exchange, (route) => route.answer(exchange, asBody(value)))
  }

  /** The answer to a body that could not be read. */
  fail(exchange: Exchange, error: unknown): Answer | null {
    exchange.end()
    return this.#failed(exchange, error)
  }

  /**
   * From now on `/health` is 503, and so is all that would be new work.
   *
   * @returns resolves when no request is in work
   */
  drain(): Promise<void> {
    this.shared.isDraining = true
    return this.shared.admission.idle()
  }

  /** Counts what is in work. */
  #work(exchange: Exchange, work: (route: Route) => Answer | Promise<Answer>): Answer | null | Promise<Answer | null> {
    const { admission } = this.shared
    const { route } = exchange
    if (route === null) return null
    try {
      admission.enter()
    } catch (error) {
      exchange.end()
      return this.#failed(exchange, error)
    }
    try {
      const answer = work(route)
      if (isPromise(answer)) {
        return answer.then(
          (made) => this.#ended(exchange, made),
          (error: unknown) => this.#broken(exchange, error),
        )
      }
      return this.#ended(exchange, answer)
    } catch (error) {
      return this.#broken(exchange, error)
    }
  }

  #ended(exchange: Exchange, answer: Answer): Answer {
    exchange.end()
    this.shared.admission.leave()
    return this.#recorded(exchange, answer)
  }

  #broken(exchange: Exchange, error: unknown): Answer | null {
    exchange.end()
    this.shared.admission.leave()
    return this.#failed(exchange, error)
  }

  async #read(exchange: Exchange, bytes: Buffer, encoding: string): Promise<Body> {
    const { maxBody, maxText, maxBatch } = this.shared.options
    const unpacked = isPlain(encoding) ? bytes : await unpack(bytes, encoding, maxBody)
    if (unpacked !== bytes) exchange.hold(unpacked.length)
    return unpacked.length <= SMALL_BODY
      ? parseSmall(unpacked)
      : parseLarge(unpacked, maxText, maxBatch, exchange.signal)
  }

  #failed(exchange: Exchange, error: unknown): Answer | null {
    if (error === GONE) {
      this.#recorded(exchange, { status: GONE_STATUS, type: JSON_TYPE, body: '', headers: [], texts: 0, tokens: 0 })
      return null
    }
    return this.#recorded(exchange, errorAnswer(exchange.protocol, this.#faultOf(error)))
  }

  /** What a client is told of an error. */
  #faultOf(error: unknown): Fault {
    if (error instanceof Fault) return error
    if (isModel2VecError(error)) {
      if (error.code === 'ERR_MODEL_NOT_READY') this.shared.models.wake()
      switch (error.code) {
        case 'ERR_INVALID_TEXT':
          return new Fault('invalid', error.message)
        case 'ERR_CLOSED':
        case 'ERR_MODEL_NOT_READY':
        case 'ERR_HUB_OFFLINE':
        case 'ERR_HUB_HTTP':
          return new Fault('unavailable', 'the model is not loaded', null, ['Retry-After', '1'])
        case 'ERR_OUT_OF_MEMORY':
          return new Fault('unavailable', 'the server has no memory for this request', null, ['Retry-After', '1'])
        default:
      }
    }
    try {
      this.shared.options.onError?.(error)
    } catch {
      // Its own affair.
    }
    return new Fault('internal', 'internal error')
  }

  #recorded(exchange: Exchange, answer: Answer): Answer {
    const { options } = this.shared
    const milliseconds = performance.now() - exchange.started
    exchange.metrics.record(answer.status, milliseconds / 1000)
    if (options.onRequest !== undefined) {
      const { status, texts, tokens } = answer
      const route = exchange.route?.path ?? 'other'
      try {
        options.onRequest({ method: exchange.method, route, status, milliseconds, texts, tokens })
      } catch {
        // Its own affair.
      }
    }
    const cors = options.cors.length === 0 ? NO_HEADERS : corsHeaders(options.cors, exchange.headers)
    return cors.length === 0 ? answer : { ...answer, headers: [...answer.headers, ...cors] }
  }

  #noRoute(method: string, target: string): Fault {
    const path = this.#pathOf(target)
    const [routes] = path === null ? [] : this.#find(path)
    if (routes === undefined) return new Fault('path', 'there is no such path')
    const allowed = Object.keys(routes).flatMap((each) => (each === 'GET' ? ['GET', 'HEAD'] : [each]))
    return new Fault('method', `the method should be ${allowed.join(' or ')}, but is ${method}`, null, [
      'Allow',
      allowed.join(', '),
    ])
  }

  /** Without base path and query; null = not below the base path. */
  #pathOf(target: string): string | null {
    const { basePath } = this.shared.options
    const query = target.indexOf('?')
    const path = query < 0 ? target : target.slice(0, query)
    if (basePath === '') return path
    return path.startsWith(`${basePath}/`) ? path.slice(basePath.length) : null
  }

  #find(path: string): readonly [RoutesOfPath | undefined, parameter: string] {
    const routes = path.endsWith('*') ? undefined : this.#paths.get(path)
    if (routes !== undefined) return [routes, '']
    for (const prefix of this.#prefixes) {
      const start = prefix.slice(0, -1)
      if (path.startsWith(start) && path.length > start.length)
        return [this.#paths.get(prefix), path.slice(start.length)]
    }
    return [undefined, '']
  }
}

/** Whose words an error is in that no route has. */
function protocolOf(routes: RoutesOfPath | undefined, path: string): Protocol {
  for (const { route } of Object.values(routes ?? {})) return route.protocol
  return path.startsWith('/v1/') ? 'openai' : path.startsWith('/api/') ? 'ollama' : 'tei'
}

function isPromise<T>(value: T | Promise<T>): value is Promise<T> {
  return typeof (value as { then?: unknown }).then === 'function'
}
