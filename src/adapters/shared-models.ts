// Models by their options, for stores that make an embedding function anew for each call: the
// functions that are made within a minute share one model.

import { isUrl } from '../runtime/local-path.js'
import { clearTimeout, setTimeout } from '../runtime/node-globals.js'
import { isLoaded, loadedOnce } from './source.js'
import type { Embedder, EmbeddingSource, ModelOptions } from './source.js'

/** How long a model is kept for the next function that wants it. */
const KEPT_MS = 60_000

interface Shared {
  readonly load: () => Promise<Embedder>
  timer: ReturnType<typeof setTimeout> | undefined
}

/**
 * The model of options: equal ones share it. It is let go when nobody has wanted it for a minute,
 * and freed once no function has it. It is never closed: a function that still has it may embed.
 * Options with a function or a signal belong to one load, and share nothing.
 *
 * @param keptMs how long a model is kept
 */
export function sharedModels(keptMs: number = KEPT_MS): (options: ModelOptions) => Promise<Embedder> {
  const models = new Map<string, Shared>()
  return (options) => {
    const key = keyOf(options)
    if (key === null) return loadedOnce(options)()
    const shared = models.get(key) ?? { load: loadedOnce(options), timer: undefined }
    models.set(key, shared)
    clearTimeout(shared.timer)
    shared.timer = setTimeout(() => models.delete(key), keptMs)
    // Nothing waits for it: the process may end.
    shared.timer.unref()
    return shared.load()
  }
}

/** The same for equal options in any order; null where one of them can't be compared. */
function keyOf(options: ModelOptions): string | null {
  const entries = entriesOf(options)
  const areComparable = entries.every(([, value]) => value === null || !['object', 'function'].includes(typeof value))
  return areComparable ? JSON.stringify(entries) : null
}

/** Whether two sources are one: the same object, or the same options. */
export function isSameSource(one: EmbeddingSource | undefined, other: EmbeddingSource): boolean {
  if (one === other) return true
  if (one === undefined || isLoaded(one) || isLoaded(other)) return false
  const [entries, others] = [entriesOf(one), entriesOf(other)]
  return (
    entries.length === others.length &&
    entries.every(([name, value], i) => name === others[i]?.[0] && value === others[i][1])
  )
}

/** The options that are given, in the order of their names, URLs as text. */
function entriesOf(options: ModelOptions): [string, unknown][] {
  return Object.entries(options)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]: [string, unknown]): [string, unknown] => [name, isUrl(value) ? value.href : value])
    .sort(([a], [b]) => (a < b ? -1 : 1))
}
