// Which rows of a matrix are of texts that were truncated.

/**
 * The rows whose text was truncated: none, all, or these, in rising order. Results rarely have any,
 * so that most need no list.
 */
export type TruncatedRows = 'none' | 'all' | Uint32Array

/** The truncated rows of a whole call, of which there are as many as the list is long. */
export function truncatedRows(list: Uint32Array, rows: number): TruncatedRows {
  return list.length === 0 ? 'none' : list.length === rows ? 'all' : list
}

export function isTruncatedRow(truncated: TruncatedRows, row: number): boolean {
  if (typeof truncated === 'string') return truncated === 'all'
  return truncated[firstFrom(truncated, row)] === row
}

/** Those of the rows from `from` up to, not including, `to`, counted from `from`. */
export function sliceTruncated(truncated: TruncatedRows, from: number, to: number): TruncatedRows {
  if (typeof truncated === 'string') return truncated
  const part = truncated.subarray(firstFrom(truncated, from), firstFrom(truncated, to))
  return truncatedRows(
    part.map((row) => row - from),
    to - from,
  )
}

/** Those of several matrices with this many rows each, one after the other. */
export function concatTruncated(
  parts: readonly { readonly truncated: TruncatedRows; readonly rows: number }[],
): TruncatedRows {
  if (parts.every(({ truncated }) => truncated === 'none')) return 'none'
  if (parts.every(({ truncated }) => truncated === 'all')) return 'all'
  const list: number[] = []
  let start = 0
  for (const { truncated, rows } of parts) {
    for (let row = 0; row < rows && truncated !== 'none'; row++) {
      if (isTruncatedRow(truncated, row)) list.push(start + row)
    }
    start += rows
  }
  return truncatedRows(Uint32Array.from(list), start)
}

/** The index in the list of the first row that is not below `row`. */
function firstFrom(list: Uint32Array, row: number): number {
  let low = 0
  let high = list.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((list[middle] ?? 0) < row) low = middle + 1
    else high = middle
  }
  return low
}
