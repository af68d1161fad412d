// The filters of `model2vec classify --filter`: which labels let a line pass.

import type { Label } from '../pipeline/predictions.js'
import { UsageError } from './command.js'
import type { OptionValues } from './command.js'
import type { Found } from './output/labels.js'

/** A label, and the least probability with which it counts. */
export interface LabelFilter {
  readonly label: string
  readonly min: number
}

/** The filters as they were given; empty = none. @throws UsageError */
export function labelFilters({ filter }: OptionValues): readonly LabelFilter[] {
  const given = filter === undefined ? [] : [filter].flat()
  return given.map((each) => {
    // A label may have commas and equals signs in it.
    const [, label, least] = /^label=(.+?)(?:,min=([^,=]*))?$/s.exec(String(each)) ?? []
    const min = least === undefined ? 0 : Number(least)
    if (label !== undefined && least !== '' && min >= 0 && min <= 1) return { label, min }
    throw new UsageError(`--filter should be label=x or label=x,min=n with n from 0 to 1, but got ${String(each)}`)
  })
}

/** @throws UsageError when the head has no such label */
export function assertKnown(filters: readonly LabelFilter[], classes: readonly Label[]): void {
  const names = new Set(classes.map(String))
  for (const { label } of filters) {
    if (names.has(label)) continue
    const shown = [...names].slice(0, 20).join(', ')
    const more = names.size > 20 ? ` and ${names.size - 20} more` : ''
    throw new UsageError(`--filter label=${label}: the head has no such label, only ${shown}${more}`)
  }
}

/** Whether one of the filters lets a line pass. */
export function isPassed(filters: readonly LabelFilter[], found: Found): boolean {
  const [labels, scores] =
    'label' in found ? [[found.label], [found.score]] : 'labels' in found ? [found.labels, found.scores] : [[], []]
  return filters.some(({ label, min }) =>
    labels.some((each, i) => String(each) === label && (scores[i] ?? Number.NaN) >= min),
  )
}
