// The filters of `model2vec classify --filter`: which labels let a line pass.

import type { Label } from '../pipeline/predictions.js'
import { UsageError } from './command.js'
import type { OptionValues } from './command.js'

/** A label, and the least probability with which it counts; null = where it is predicted. */
export interface LabelFilter {
  readonly label: string
  readonly min: number | null
}

/** The filters as they were given; empty = none. @throws UsageError */
export function labelFilters({ filter }: OptionValues): readonly LabelFilter[] {
  const given = filter === undefined ? [] : [filter].flat()
  return given.map((each) => {
    // A label may have commas and equals signs in it.
    const [, label, least] = /^label=(.*?)(?:,min=([^,=]*))?$/s.exec(String(each)) ?? []
    const min = least === undefined ? null : Number(least)
    if (label !== undefined && least !== '' && (min === null || (min >= 0 && min <= 1))) return { label, min }
    throw new UsageError(`--filter should be label=x or label=x,min=n with n from 0 to 1, but got ${String(each)}`)
  })
}

/** @throws UsageError when the head has no such label */
export function assertKnown(filters: readonly LabelFilter[], classes: readonly Label[]): void {
  for (const { label } of filters) {
    if (classes.some((each) => isNamed(each, label))) continue
    const shown = classes
      .slice(0, 20)
      .map((each) => JSON.stringify(String(each)))
      .join(', ')
    const more = classes.length > 20 ? ` and ${classes.length - 20} more` : ''
    throw new UsageError(`--filter label=${label}: the head has no such label, only ${shown}${more}`)
  }
}

/** Whether an option names a label. The 1.0 of a model is 1 in JavaScript. */
function isNamed(label: Label, name: string): boolean {
  return String(label) === name || (typeof label === 'number' && name.trim() !== '' && Number(name) === label)
}

/** Whether one of the filters lets a text pass of which `best` is the class. */
export function isPassedBest(filters: readonly LabelFilter[], best: Label, score: number): boolean {
  return filters.some(({ label, min }) => isNamed(best, label) && score >= (min ?? 0))
}

/** As {@link isPassedBest}, of a multi-label head: `scores` are the probabilities of all classes. */
export function isPassedAny(
  filters: readonly LabelFilter[],
  classes: readonly Label[],
  scores: readonly number[],
  threshold: number,
): boolean {
  return filters.some(({ label, min }) =>
    classes.some((each, i) => {
      const score = scores[i] ?? Number.NaN
      return isNamed(each, label) && (min === null ? Math.fround(score) > threshold : score >= min)
    }),
  )
}
