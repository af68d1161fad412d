// Strings that every UTF-8 encoder and every JSON reader accepts.

import { toUSVString } from 'node:util'

/**
 * Replaces lone surrogates by U+FFFD, as Arrow and Parquet do. JSON.stringify would escape them:
 * that is JSON, but pyarrow and DuckDB have no such strings and refuse the whole file.
 */
export function wellFormed(text: string): string {
  return toUSVString(text)
}
