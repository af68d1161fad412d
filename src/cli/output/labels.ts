// JSON Lines of `model2vec classify`: an object per text, with what the head makes of it.

import type { Label } from '../../pipeline/predictions.js'
import { exactJson } from '../exact-json.js'
import type { Id } from '../column.js'
import { wellFormed } from '../well-formed.js'
import type { OpenRows } from './format.js'

/** What a head makes of one text: a label, several, or numbers. */
export type Found =
  | { readonly label: Label; readonly score: number; readonly probabilities?: Probabilities }
  | { readonly labels: readonly Label[]; readonly scores: readonly number[]; readonly probabilities?: Probabilities }
  | { readonly values: readonly number[] }

/** The probability of every class. */
export type Probabilities = Readonly<Record<string, number>>

/** The names that are taken by {@link Found}. */
export const FOUND_FIELDS: readonly string[] = ['label', 'score', 'labels', 'scores', 'probabilities', 'values']

/** Rows to be written: `ids` and `texts` are empty where there is no field for them. */
export interface FoundRows {
  readonly ids: readonly Id[]
  readonly texts: readonly string[]
  readonly found: readonly Found[]
}

/** The fields of the id and the text; null = none. */
export function openLabels(id: string | null, text: string | null): OpenRows<FoundRows> {
  return (sink, _, before) => {
    let rows = before
    return Promise.resolve({
      async write({ ids, texts, found }) {
        const lines = found.map((each, i) => {
          const idOfRow = ids[i]
          const object = {
            ...(id !== null && { [id]: typeof idOfRow === 'string' ? wellFormed(idOfRow) : idOfRow }),
            ...(text !== null && { [text]: wellFormed(texts[i] ?? '') }),
            ...each,
          }
          return `${exactJson(object)}\n`
        })
        await sink.append(Buffer.concat(lines.map((line) => Buffer.from(line))))
        rows += lines.length
      },
      rows: () => rows,
      isWhole: () => true,
      state: () => rows,
      finish: () => Promise.resolve(),
    })
  }
}
