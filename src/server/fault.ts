// Why a request is not answered as it wishes. A fault is of a kind; each protocol has its own
// status and words for it (error-answer.ts).

/**
 * The kinds of faults:
 *
 * - `syntax`: the body is no JSON, no UTF-8, or packed wrongly
 * - `invalid`: a field is missing or has a value that it can't have
 * - `empty`: there is nothing to embed
 * - `batch`: too many texts
 * - `text`: a text is longer than the model reads, or than the server takes
 * - `unsupported`: the model can't do that
 */
export type FaultKind =
  | 'syntax'
  | 'invalid'
  | 'empty'
  | 'batch'
  | 'text'
  | 'unsupported'
  | 'body'
  | 'media'
  | 'encoding'
  | 'key'
  | 'host'
  | 'path'
  | 'model'
  | 'method'
  | 'overloaded'
  | 'unavailable'
  | 'timeout'
  | 'internal'

export class Fault extends Error {
  readonly kind: FaultKind
  /** The field that is at fault. */
  readonly param: string | null
  /** Names and values of headers of the answer, one after the other. */
  readonly headers: readonly string[]

  constructor(kind: FaultKind, message: string, param: string | null = null, headers: readonly string[] = []) {
    super(message)
    this.kind = kind
    this.param = param
    this.headers = headers
  }
}

/** The header that says when to try again, in seconds. */
export const RETRY_AFTER: readonly string[] = ['Retry-After', '1']
