// How `console.log` and `util.inspect` show a matrix: what it is, and the beginning of its first
// rows.

import { valuesOf } from '../dtype.js'
import type { Dtype, RowArray, TokenArray } from '../dtype.js'

/** `util.inspect.custom`, by the name under which it is registered: the same in every realm. */
export const INSPECT: unique symbol = Symbol.for('nodejs.util.inspect.custom') as never

const SHOWN_ROWS = 3
const SHOWN_VALUES = 4

/** What is shown of a matrix. */
interface Shown {
  readonly data: RowArray
  readonly rows: number
  readonly dim: number
  readonly width: number
  readonly dtype: Dtype
  readonly tokens: TokenArray | null
  readonly truncated: number
}

/** The values of `util.inspect` that a matrix needs. */
interface InspectOptions {
  readonly stylize?: (text: string, style: 'number' | 'special' | 'string' | 'null') => string
}

/**
 * For example
 *
 * ```text
 * EmbeddingMatrix(2 × 256, float32) {
 *   tokens: 9, truncated: 0,
 *   [ 0.1234, -0.5678, 0.0123, 0.4567, … 252 more ],
 *   [ 0.4321, 0.8765, -0.0321, 0.7654, … 252 more ]
 * }
 * ```
 */
export function inspectMatrix(name: string, matrix: Shown, depth: number, options: InspectOptions): string {
  const { data, rows, dim, width, dtype, tokens, truncated } = matrix
  const stylize = options.stylize ?? ((text: string) => text)
  const title = `${name}(${rows} × ${dim}, ${dtype})`
  if (depth < 0) return `[${title}]`
  const number = (value: number): string => stylize(String(value), 'number')
  const pooled = tokens === null ? stylize('null', 'null') : number(tokens.reduce((sum, count) => sum + count, 0))
  const lines = [`tokens: ${pooled}, truncated: ${number(truncated)}`]
  // Where the memory is gone, there are no elements to show.
  const present = Math.min(rows, width === 0 ? 0 : Math.floor(data.length / width))
  for (let row = 0; row < Math.min(present, SHOWN_ROWS); row++) {
    const shown = Math.min(width, SHOWN_VALUES)
    const values = valuesOf(dtype, data, row * width, shown).map((value) =>
      // As many digits as float32 holds are more than anyone reads.
      number(Number.isInteger(value) ? value : Number(value.toPrecision(4))),
    )
    if (width > shown) values.push(`… ${width - shown} more`)
    lines.push(`[ ${values.join(', ')} ]`)
  }
  if (present < rows) lines.push('the memory was detached or made smaller')
  else if (rows > SHOWN_ROWS) lines.push(`… ${rows - SHOWN_ROWS} more row${rows === SHOWN_ROWS + 1 ? '' : 's'}`)
  return `${title} {\n  ${lines.join(',\n  ')}\n}`
}
