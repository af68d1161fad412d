// The answer to a request. Its strings are ASCII, so that their length is that of their bytes, and
// Node writes them together with the headers.

/** A part of a body: ASCII, or bytes. */
export type Chunk = string | Uint8Array

/** An answer, before it is written. */
export interface Answer {
  readonly status: number
  readonly type: string
  readonly body: Chunk | readonly Chunk[]
  /** Names and values of further headers, one after the other. */
  readonly headers: readonly string[]
  /** How many texts were embedded. */
  readonly texts: number
  /** How many token ids they have. */
  readonly tokens: number
}

export const JSON_TYPE = 'application/json'
export const NO_HEADERS: readonly string[] = []

export function jsonAnswer(
  body: Chunk | readonly Chunk[],
  texts = 0,
  tokens = 0,
  headers: readonly string[] = NO_HEADERS,
): Answer {
  return { status: 200, type: JSON_TYPE, body, headers, texts, tokens }
}

const NOT_ASCII = /[^\0-\x7f]/
const EACH_NOT_ASCII = /[^\0-\x7f]/g

/** JSON in ASCII. */
export function asciiJson(value: unknown): string {
  const json = JSON.stringify(value)
  return NOT_ASCII.test(json)
    ? json.replace(EACH_NOT_ASCII, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
    : json
}

/** Whether a body has several chunks. */
export function isList(body: Answer['body']): body is readonly Chunk[] {
  return Array.isArray(body)
}

/** The bytes of a body. */
export function bytesOf(body: Answer['body']): number {
  if (!isList(body)) return body.length
  let bytes = 0
  for (const chunk of body) bytes += chunk.length
  return bytes
}
