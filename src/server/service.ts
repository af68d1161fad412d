// A server without its transport: lets a request in, reads its body, and turns whatever happens
// into an answer.

import { isModel2VecError } from '../errors.js'
import { performance } from '../runtime/node-globals.js'
import type { Buffer } from '../runtime/node-globals.js'
import { Admission } from './admission.js'
import { bytesOf, JSON_TYPE, NO_HEADERS } from './answer.js'
import type { Answer } from './answer.js'
import { ApiKeys } from './api-keys.js'
import type { Headers } from './api-keys.js'
import { BodyBytes, tooLarge } from './body-bytes.js'
import { corsHeaders, isPreflight, preflight } from './cors.js'
import { errorAnswer } from './error-answer.js'
import { Exchange, GONE } from './exchange.js'
import type { Route, Shared } from './exchange.js'
import { Fault, RETRY_AFTER } from './fault.js'
import type { Body } from './fields.js'
import { isKnownHost } from './hosts.js'
import { asBody, parseLarge, parseSmall, SMALL_BODY } from './json-body.js'
import { MemoryBudget } from './memory.js'
import { Metrics } from './metrics.js'
import { ModelTable } from './models.js'
import { openApiDocument } from './openapi.js'
import { checkServerOptions } from './options.js'
import { Router } from './router.js'
import type { Match } from './router.js'
import { OLLAMA_ROUTES } from './routes/ollama.js'
import { OPENAI_ROUTES } from './routes/openai.js'
import { OPERATION_ROUTES } from './routes/operation.js'
import { TEI_ROUTES } from './routes/tei.js'
import { assertKnown, isPlain, unpack } from './unpack-body.js'

const ROUTES: readonly Route[] = [...OPENAI_ROUTES, ...TEI_ROUTES, ...OLLAMA_ROUTES, ...OPERATION_ROUTES]

/**
 * Large requests in work at the same time, per thread: one can be read while another is encoded.
 */
const SLOTS_PER_THREAD = 2

const NO_BODY: Body = {}

/** JSON, or a format that is JSON (`application/ld+json`), with or without parameters. */
const JSON_TYPES = /^application\/(?:[\w.+-]+\+)?json\s*(?:;|$)/i

/** The status of a request whose client has gone away, as nginx counts it. */
const GONE_STATUS = 499

/** How a request ends. */
export type Outcome = Answer | typeof GONE

export class Service {
  readonly shared: Shared
  readonly #keys: ApiKeys
  readonly #router: Router
  #knownHost: string | undefined

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
      memory: new MemoryBudget(options.maxBuffered),
      admission: new Admission(options.maxConcurrency, () => SLOTS_PER_THREAD * table.threads),
      openApi: () => (document ??= openApiDocument(ROUTES, options, table)),
      isDraining: false,
    }
    for (const { name } of table.all) metrics.model(name)
    this.#keys = new ApiKeys(options.apiKeys)
    this.#router = new Router(ROUTES, options.basePath, metrics)
  }

  /** @param target path and query, or a whole URL */
  match(method: string, target: string): Match {
    return this.#router.match(method, target)
  }

  /**
   * A request whose headers are there.
   *
   * @param headers by their names in lower case
   */
  open(method: string, headers: Headers, { route, metrics, parameter }: Match): Exchange {
    return new Exchange(this.shared, method, headers, route, metrics, parameter)
  }

  /** What needs no body: a refusal, or the answer to a GET. Null = the body is to be read. */
  early(exchange: Exchange): Answer | null {
    const { options } = this.shared
    const { headers, method, route } = exchange
    try {
      if (options.hosts.length > 0) this.#checkHost(headers.host as string | undefined)
      if (options.cors.length > 0 && isPreflight(method, headers)) {
        return this.#recorded(exchange, preflight(options.cors, headers))
      }
      if (route.isOpen !== true && !this.#keys.admits(headers)) {
        throw new Fault('key', 'the request needs a key: `Authorization: Bearer <key>`', null, [
          'WWW-Authenticate',
          'Bearer',
        ])
      }
      if (route.method === 'POST') {
        this.#checkHeaders(route, headers)
        return null
      }
      const answer = route.answer(exchange, NO_BODY) as Answer
      if (route.isOpen !== true) exchange.hold(bytesOf(answer.body))
      return this.#recorded(exchange, answer)
    } catch (error) {
      return this.#failed(exchange, error) as Answer
    }
  }

  /** @throws Fault */
  #checkHost(host: string | undefined): void {
    // Most requests have the host of the one before.
    if (host === this.#knownHost) return
    if (!isKnownHost(host, this.shared.options.hosts)) {
      throw new Fault('host', 'the server is not known by the name that the request has as its host')
    }
    this.#knownHost = host
  }

  /** @throws Fault */
  #checkHeaders({ takesAnyType = false }: Route, headers: Headers): void {
    const { options, isDraining } = this.shared
    if (isDraining) throw new Fault('unavailable', 'the server is shutting down', null, RETRY_AFTER)
    const { 'content-type': type, 'content-encoding': encoding, 'content-length': length } = headers
    const isJson = type === JSON_TYPE || (type !== undefined && JSON_TYPES.test(String(type)))
    // A page of any origin may send another type, or none, without a preflight.
    if (!isJson && (headers.origin !== undefined || !(takesAnyType || type === undefined))) {
      throw new Fault('media', 'Content-Type should be application/json')
    }
    if (!isPlain(encoding as string | undefined)) assertKnown(encoding as string)
    if (Number(length) > options.maxBody) throw tooLarge(options.maxBody)
  }

  /** Where the bytes of a body go. */
  bodyOf(exchange: Exchange): BodyBytes {
    return new BodyBytes(exchange, this.shared.options.maxBody, Number(exchange.headers['content-length'] ?? 0))
  }

  /**
   * The answer to a body. Never rejects.
   *
   * @param encoding its Content-Encoding, unless another has unpacked it already
   */
  answer(exchange: Exchange, bytes: Buffer, encoding: string | undefined): Outcome | Promise<Outcome> {
    const isSmall = bytes.length <= SMALL_BODY && isPlain(encoding)
    return this.#work(exchange, (route) =>
      isSmall
        ? route.answer(exchange, parseSmall(bytes))
        : this.#read(exchange, bytes, encoding).then((body) => route.answer(exchange, body)),
    )
  }

  /** The answer to a body that another has parsed already. */
  answerParsed(exchange: Exchange, value: unknown): Outcome | Promise<Outcome> {
    return this.#work(exchange, (route) => route.answer(exchange, asBody(value)))
  }

  /** The answer to a body that could not be read. */
  fail(exchange: Exchange, error: unknown): Outcome {
    return this.#failed(exchange, error)
  }

  /**
   * From now on `/health` is 503, and so is all that would be new work.
   *
   * @returns resolves when every request that has begun is over
   */
  drain(): Promise<void> {
    this.shared.isDraining = true
    return this.shared.admission.idle()
  }

  /** Tells of an error that a client gets no details of. */
  report(error: unknown): void {
    try {
      this.shared.options.onError?.(error)
    } catch {
      // What `onError` throws has nobody to go to.
    }
  }

  /** Counts what is in work. */
  #work(exchange: Exchange, work: (route: Route) => Answer | Promise<Answer>): Outcome | Promise<Outcome> {
    const { admission } = this.shared
    try {
      admission.enter()
    } catch (error) {
      return this.#failed(exchange, error)
    }
    const succeed = (answer: Answer): Answer => {
      admission.leave()
      return this.#recorded(exchange, answer)
    }
    const fail = (error: unknown): Outcome => {
      admission.leave()
      return this.#failed(exchange, error)
    }
    let answer: Answer | Promise<Answer>
    try {
      answer = work(exchange.route)
    } catch (error) {
      return fail(error)
    }
    return isPromise(answer) ? answer.then(succeed, fail) : succeed(answer)
  }

  async #read(exchange: Exchange, bytes: Buffer, encoding: string | undefined): Promise<Body> {
    let body = bytes
    if (encoding !== undefined && !isPlain(encoding)) {
      const packed = exchange.held
      body = await unpack(exchange, bytes, encoding)
      exchange.release(packed)
    }
    // What is held for the bytes is held for the texts of them from now on.
    return body.length <= SMALL_BODY
      ? parseSmall(body)
      : parseLarge(body, this.shared.options.maxBatch, exchange.signal)
  }

  #failed(exchange: Exchange, error: unknown): Outcome {
    if (error !== GONE) return this.#recorded(exchange, errorAnswer(exchange.route.protocol, this.#faultOf(error)))
    this.#recorded(exchange, { status: GONE_STATUS, type: JSON_TYPE, body: '', headers: [], texts: 0, tokens: 0 })
    return GONE
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
          return new Fault('unavailable', 'the model is not loaded', null, RETRY_AFTER)
        case 'ERR_OUT_OF_MEMORY':
          return new Fault('unavailable', 'the server has no memory for this request', null, RETRY_AFTER)
        default:
      }
    }
    this.report(error)
    return new Fault('internal', 'internal error')
  }

  #recorded(exchange: Exchange, answer: Answer): Answer {
    const { options } = this.shared
    exchange.end(bytesOf(answer.body))
    const milliseconds = performance.now() - exchange.started
    exchange.metrics.record(answer.status, milliseconds / 1000)
    if (options.onRequest !== undefined) {
      const { status, texts, tokens } = answer
      const { method, route } = exchange
      try {
        options.onRequest({ method, route: route.path, status, milliseconds, texts, tokens })
      } catch {
        // What `onRequest` throws has nobody to go to.
      }
    }
    const cors = options.cors.length === 0 ? NO_HEADERS : corsHeaders(options.cors, exchange.headers)
    return cors.length === 0 ? answer : { ...answer, headers: [...answer.headers, ...cors] }
  }
}

function isPromise<T>(value: T | Promise<T>): value is Promise<T> {
  return typeof (value as { then?: unknown }).then === 'function'
}
