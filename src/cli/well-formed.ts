// Strings that every UTF-8 encoder and every JSON reader takes.

import { toUSVString } from 'node:util'

/**
 * A lone surrogate becomes U+FFFD, as in Arrow and Parquet: JSON.stringify would write it as an escape, which is JSON, but no string of
 * pyarrow's or DuckDB's, so that they refuse the whole file.
 */
export function wellFormed(text: string): string {
  return toUSVString(text)
}
