// One request and its answer, without the transport that carries them, and what a route is.

import { AbortController, clearTimeout, performance, setTimeout } from '../runtime/node-globals.js'
import type { Admission } from './admission.js'
import type { Answer } from './answer.js'
import type { Headers } from './api-keys.js'
import type { Protocol } from './error-answer.js'
import { Fault } from './fault.js'
import type { Body } from './json-body.js'
import type { Metrics, RouteMetrics } from './metrics.js'
import type { ModelTable } from './models.js'
import type { CheckedServerOptions } from './options.js'

/** What the requests of a server share. */
export interface Shared {
  readonly models: ModelTable
  readonly options: CheckedServerOptions
  readonly admission: Admission
  readonly metrics: Metrics
  /** The document of `/openapi.json`, made once. */
  readonly openApi: () => string
  isDraining: boolean
}

export interface Route {
  readonly method: 'GET' | 'POST'
  /** What the path is; one that ends with `*` is what it begins with. */
  readonly path: string
  /** Whose words its errors are in. */
  readonly protocol: Protocol
  /** Whether it needs no key. */
  readonly isOpen?: boolean
  answer(exchange: Exchange, body: Body): Answer | Promise<Answer>
}

/** The client has gone away: nobody gets an answer. */
export const GONE: unique symbol = Symbol('gone')

/**
 * Tells that the client has gone away, as a transport does it.
 *
 * @returns stops watching
 */
export type Watch = (onGone: () => void) => () => void

export class Exchange {
  readonly shared: Shared
  readonly method: string
  readonly headers: Headers
  readonly route: Route | null
  readonly protocol: Protocol
  readonly metrics: RouteMetrics
  /** What stands in the path for the `*` of the route. */
  readonly parameter: string
  readonly started: number = performance.now()
  /** The transport sets it before there is work. */
  watch: Watch | null = null
  /** Bytes of the body that are counted. */
  #held = 0
  #controller: AbortController | null = null
  #timer: NodeJS.Timeout | null = null
  #unwatch: (() => void) | null = null

  constructor(
    shared: Shared,
    method: string,
    headers: Headers,
    route: Route | null,
    protocol: Protocol,
    metrics: RouteMetrics,
    parameter: string,
  ) {
    this.shared = shared
    this.method = method
    this.headers = headers
    this.route = route
    this.protocol = protocol
    this.metrics = metrics
    this.parameter = parameter
  }

  /**
   * Ends large work: when the client has gone away, and when the time is over. Made when it is first
   * asked for: most requests are answered at once.
   */
  get signal(): AbortSignal {
    if (this.#controller === null) {
      const controller = new AbortController()
      this.#controller = controller
      const { timeout } = this.shared.options
      this.#timer = setTimeout(() => {
        controller.abort(new Fault('timeout', `the request took more than ${timeout} ms`, null, ['Retry-After', '1']))
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

  /** Counts bytes of the body, until the work is over. @throws Fault */
  hold(bytes: number): void {
    this.shared.admission.holdBody(bytes)
    this.#held += bytes
  }

  /** The work is over. */
  end(): void {
    this.shared.admission.buffered -= this.#held
    this.#held = 0
    if (this.#timer !== null) clearTimeout(this.#timer)
    this.#unwatch?.()
    this.#timer = null
    this.#unwatch = null
  }
}
