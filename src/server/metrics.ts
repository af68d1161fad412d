// What a server counts, as text for Prometheus. Labels are routes, statuses and
// names of models: never what a client sends.

import { family, gauge, label, processGauges } from './prometheus.js'

/** Upper bounds of the latencies that are counted, in seconds. */
const BOUNDS = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10] as const

/** The counts of one route. */
export class RouteMetrics {
  readonly route: string
  readonly #statuses = new Map<number, number>()
  /** One per bound, and what is above all. */
  readonly #buckets = new Array<number>(BOUNDS.length + 1).fill(0)
  #seconds = 0
  #requests = 0

  constructor(route: string) {
    this.route = route
  }

  record(status: number, seconds: number): void {
    this.#statuses.set(status, (this.#statuses.get(status) ?? 0) + 1)
    this.#seconds += seconds
    this.#requests++
    let bucket = 0
    while (bucket < BOUNDS.length && seconds > (BOUNDS[bucket] ?? 0)) bucket++
    this.#buckets[bucket] = (this.#buckets[bucket] ?? 0) + 1
  }

  requests(): string[] {
    return [...this.#statuses].map(
      ([status, count]) => `model2vec_requests_total{route="${this.route}",status="${status}"} ${count}`,
    )
  }

  latencies(): string[] {
    if (this.#requests === 0) return []
    const name = 'model2vec_request_duration_seconds'
    let below = 0
    const buckets = this.#buckets.map((count, i) => {
      below += count
      return `${name}_bucket{route="${this.route}",le="${BOUNDS[i] ?? '+Inf'}"} ${below}`
    })
    return [
      ...buckets,
      `${name}_sum{route="${this.route}"} ${this.#seconds}`,
      `${name}_count{route="${this.route}"} ${this.#requests}`,
    ]
  }
}

/** The counts of one model. */
export interface ModelMetrics {
  texts: number
  tokens: number
  truncated: number
}

/** What is read at the moment. */
export interface Gauges {
  readonly inWork: number
  readonly waiting: number
  readonly buffered: number
  readonly isDraining: boolean
}

export class Metrics {
  readonly #routes: RouteMetrics[] = []
  readonly #models = new Map<string, ModelMetrics>()

  route(name: string): RouteMetrics {
    const metrics = new RouteMetrics(name)
    this.#routes.push(metrics)
    return metrics
  }

  model(name: string): ModelMetrics {
    let metrics = this.#models.get(name)
    if (metrics === undefined) this.#models.set(name, (metrics = { texts: 0, tokens: 0, truncated: 0 }))
    return metrics
  }

  text({ inWork, waiting, buffered, isDraining }: Gauges): string {
    const perModel = (name: string, value: (metrics: ModelMetrics) => number): string[] =>
      [...this.#models].map(([model, metrics]) => `${name}{model="${label(model)}"} ${value(metrics)}`)
    return [
      ...family('model2vec_requests_total', 'counter', 'Requests that were answered', [
        ...this.#routes.flatMap((route) => route.requests()),
      ]),
      ...family('model2vec_request_duration_seconds', 'histogram', 'From the headers of a request to its answer', [
        ...this.#routes.flatMap((route) => route.latencies()),
      ]),
      ...family(
        'model2vec_texts_total',
        'counter',
        'Texts that were embedded',
        perModel('model2vec_texts_total', ({ texts }) => texts),
      ),
      ...family(
        'model2vec_tokens_total',
        'counter',
        'Token ids of these texts',
        perModel('model2vec_tokens_total', ({ tokens }) => tokens),
      ),
      ...family(
        'model2vec_truncated_texts_total',
        'counter',
        'Texts that were longer than the model reads',
        perModel('model2vec_truncated_texts_total', ({ truncated }) => truncated),
      ),
      ...gauge('model2vec_requests_in_work', 'Requests in work, those that wait included', inWork),
      ...gauge('model2vec_requests_waiting', 'Large requests that wait for a slot', waiting),
      ...gauge('model2vec_buffered_bytes', 'Bytes of bodies, rows, and answers that are not read yet', buffered),
      ...gauge('model2vec_draining', 'Whether the server is shutting down', isDraining ? 1 : 0),
      ...processGauges(),
      '',
    ].join('\n')
  }
}
