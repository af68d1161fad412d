// What a worker counts of its shards, as text for Prometheus.

import { family, gauge, processGauges } from '../../server/prometheus.js'
import type { ShardOutcome } from './processor.js'

/** What can become of a shard, by the label of its count. */
const STATES = ['written', 'whole', 'stored', 'tried again', 'failed', 'given back', 'given up'] as const
type State = (typeof STATES)[number]

/** What is read at the moment. */
export interface WorkerState {
  readonly isConnected: boolean
  readonly isDraining: boolean
}

export class WorkerMetrics {
  readonly #shards = new Map<State, number>(STATES.map((state) => [state, 0]))
  #inWork = 0
  #rows = 0
  #truncated = 0
  readonly #seconds = new Map<string, number>()
  #lostLocks = 0

  get inWork(): number {
    return this.#inWork
  }

  started(): void {
    this.#inWork++
  }

  ended(outcome: ShardOutcome): void {
    this.#inWork--
    const state = stateOf(outcome)
    this.#shards.set(state, (this.#shards.get(state) ?? 0) + 1)
    if (outcome.state !== 'done') return
    const { rows, truncated, seconds } = outcome.summary
    this.#rows += rows
    this.#truncated += truncated
    for (const [step, value] of Object.entries(seconds) as [string, number][]) {
      this.#seconds.set(step, (this.#seconds.get(step) ?? 0) + value)
    }
  }

  lostLock(): void {
    this.#lostLocks++
  }

  text({ isConnected, isDraining }: WorkerState): string {
    const shards = [...this.#shards].map(
      ([state, count]) => `model2vec_shards_total{state="${state.replace(' ', '_')}"} ${count}`,
    )
    const seconds = [...this.#seconds].map(([step, value]) => `model2vec_shard_seconds_total{step="${step}"} ${value}`)
    const counter = (name: string, help: string, value: number): string[] =>
      family(name, 'counter', help, [`${name} ${value}`])
    return [
      ...family('model2vec_shards_total', 'counter', 'Shards by what became of them', shards),
      ...counter('model2vec_rows_total', 'Rows of the shards that are done', this.#rows),
      ...counter('model2vec_truncated_texts_total', 'Texts that were longer than the model reads', this.#truncated),
      ...family('model2vec_shard_seconds_total', 'counter', 'Time of the shards that are done, by step', seconds),
      ...counter('model2vec_lost_locks_total', 'Shards that were in work when their lock was lost', this.#lostLocks),
      ...gauge('model2vec_shards_in_work', 'Shards in work', this.#inWork),
      ...gauge('model2vec_redis_connected', 'Whether Redis is connected', isConnected ? 1 : 0),
      ...gauge('model2vec_draining', 'Whether the worker is shutting down', isDraining ? 1 : 0),
      ...processGauges(),
      '',
    ].join('\n')
  }
}

function stateOf(outcome: ShardOutcome): State {
  if (outcome.state === 'done') return outcome.summary.state
  if (outcome.state !== 'failed') return outcome.state
  return outcome.isFinal ? 'failed' : 'tried again'
}
