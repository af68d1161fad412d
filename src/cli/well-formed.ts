// Strings that every UTF-8 encoder and every JSON reader accepts.

import { toUSVString } from 'node:util'

/** Of `\ud800`; a pair has twice that, and of others the pattern takes less. */
const LONE_LENGTH = 6

/**
 * Replaces lone surrogates by U+FFFD, as Arrow and Parquet do. JSON.stringify would escape them:
 * that is JSON, but pyarrow and DuckDB have no such strings and refuse the whole file.
 */
export function wellFormed(text: string): string {
  return toUSVString(text)
}

/** JSON without escapes of lone surrogates, which are replaced likewise. */
export function wellFormedJson(json: string): string {
  if (!json.includes('\\u')) return json
  // Escape by escape, so that a backslash that is escaped itself begins none.
  return json.replace(/\\(?:u[dD][89abAB]..\\u[dD][c-fC-F]..|u[dD][89a-fA-F]..|.)/g, (escape) =>
    escape.length === LONE_LENGTH ? '\\ufffd' : escape,
  )
}
