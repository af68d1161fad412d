// One request and its answer, without the transport that carries them; and the routes that answer.

import { AbortController, clearTimeout, performance, setTimeout } from '../runtime/node-globals.js'
import type { Admission } from './admission.js'
import type { Answer } from './answer.js'
import type { Headers } from './api-keys.js'
import { Fault, RETRY_AFTER } from './fault.js'
import type { Body } from './fields.js'
import type { MemoryBudget } from './memory.js'
import type { Metrics, RouteMetrics } from './metrics.js'
import type { ModelTable } from './models.js'
import type { CheckedServerOptions } from './options.js'
import type { RouteShape } from './route.js'

/** What the requests of a server share. */
export interface Shared {
  readonly models: ModelTable
  readonly options: CheckedServerOptions
  readonly admission: Admission
  readonly memory: MemoryBudget
  readonly metrics: Metrics
  /** The document of `/openapi.json`, made once. */
  readonly openApi: () => string
  isDraining: boolean
}

/** The client has gone away: nobody gets an answer. */
export const GONE: unique symbol = Symbol('gone')

/**
 * Tells that the client has gone away, as a transport does it.
 *
 * @returns stops watching
 */
export type Watch = (onGone: () => void) => () => void

/** A path, and what answers its requests. */
export interface Route extends RouteShape {
  answer(exchange: Exchange, body: Body): Answer | Promise<Answer>
}

export class Exchange {
  readonly shared: Shared
  readonly method: string
  readonly headers: Headers
  readonly route: Route
  readonly metrics: RouteMetrics
  /** What stands in the path for the `*` of the route. */
  readonly parameter: string
  readonly started: number = performance.now()
  /** The transport sets it before there is work. */
  watch: Watch | null = null
  /** Bytes that are counted. */
  #held = 0
  #controller: AbortController | null = null
  #timer: NodeJS.Timeout | null = null
  #unwatch: (() => void) | null = null
  #isOver = false

  constructor(
    shared: Shared,
    method: string,
    headers: Headers,
    route: Route,
    metrics: RouteMetrics,
    parameter: string,
  ) {
    this.shared = shared
    this.method = method
    this.headers = headers
    this.route = route
    this.metrics = metrics
    this.parameter = parameter
    shared.admission.open()
  }

  /**
   * Ends large work: when the client has gone away, and when the time is over. Made when it is
   * first asked for: most requests are answered at once.
   */
  get signal(): AbortSignal {
    if (this.#controller === null) {
      const controller = new AbortController()
      this.#controller = controller
      const { timeout } = this.shared.options
      this.#timer = setTimeout(() => {
        controller.abort(new Fault('timeout', `the request took more than ${timeout} ms`, null, RETRY_AFTER))
      }, timeout)
      this.#unwatch =
        this.watch?.(() => {
          controller.abort(GONE)
        }) ?? null
    }
    return this.#controller.signal
  }

  /** Runs large work, in a slot. */
  inSlot<T>(run: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const { signal } = this
    return this.shared.admission.inSlot(() => run(signal), signal)
  }

  /** Bytes that are counted for this request. */
  get held(): number {
    return this.#held
  }

  /** Counts bytes that are about to be allocated. @throws Fault */
  hold(bytes: number): void {
    const { memory } = this.shared
    if (this.#held + bytes > memory.limit) {
      throw new Fault('body', `the request needs more than the ${memory.limit} bytes that the server has for all`)
    }
    memory.take(bytes)
    this.#held += bytes
  }

  /** Bytes that nothing holds any more. */
  release(bytes: number): void {
    this.shared.memory.give(bytes)
    this.#held -= bytes
  }

  /** The work is over: what is left of it is an answer of this many bytes. */
  end(bytes: number): void {
    this.release(this.#held - bytes)
    if (this.#timer !== null) clearTimeout(this.#timer)
    this.#unwatch?.()
    this.#timer = null
    this.#unwatch = null
  }

  /** The answer is written, or nobody will read it. */
  close(): void {
    if (this.#isOver) return
    this.#isOver = true
    this.end(0)
    this.shared.admission.close()
  }
}
