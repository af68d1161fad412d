// An answer as functions like `fetch` give it: Node's own with a Web stream for a body, node-fetch
// and cross-fetch with a Node stream.

import { Model2VecError } from '../errors.js'

/** The options that `fetch` is called with. */
export interface FetchInit {
  readonly method: 'GET' | 'HEAD'
  readonly headers: Record<string, string>
  readonly redirect: 'manual'
  readonly signal: AbortSignal
}

/** The part of a `Response` that is used. */
export interface FetchResponse {
  readonly status: number
  readonly headers: { get(name: string): string | null; has(name: string): boolean }
  /** A Web stream or a Node stream of bytes, or null. */
  readonly body: unknown
  text(): Promise<string>
}

/** The part of a body that reading uses. */
interface BodyStream {
  getReader(): { read(): Promise<{ done: false; value: Uint8Array } | { done: true }> }
  [Symbol.asyncIterator](): AsyncIterator<Uint8Array, unknown>
}

/** A function like the global `fetch`: that itself, those of node-fetch 2 and 3 and cross-fetch. */
export type FetchFunction = (url: string, init: FetchInit) => Promise<FetchResponse>

/**
 * Checks what a `fetch` has given, and takes care that a Node stream whose request ends is no
 * uncaught error.
 *
 * @throws Model2VecError ERR_INVALID_OPTION
 */
export function checkedAnswer(answer: FetchResponse): FetchResponse {
  const given = answer as Partial<FetchResponse> | null | undefined
  if (
    typeof given?.status !== 'number' ||
    typeof given.headers?.get !== 'function' ||
    typeof given.text !== 'function'
  ) {
    throw new Model2VecError(
      'ERR_INVALID_OPTION',
      '`fetch` should give a Response, but what it gave has no `status`, `headers` and `text`',
    )
  }
  const { on } = (given.body ?? {}) as { on?: (event: 'error', listener: () => void) => void }
  // node-fetch emits an abort on the body, even on one that is not read.
  if (typeof on === 'function') on.call(given.body, 'error', () => undefined)
  return answer
}

/**
 * Whether an answer is compressed on its way, which `fetch` undoes: its lengths and ranges are not
 * the file's.
 */
export function isEncoded(headers: FetchResponse['headers']): boolean {
  return !/^(?:identity)?$/i.test(headers.get('content-encoding') ?? '')
}

/** Reads a body a chunk at a time; null at the end. @throws Model2VecError ERR_INVALID_OPTION */
export function bodyReader({ body }: FetchResponse): () => Promise<Uint8Array | null> {
  if (body === null || body === undefined) return () => Promise.resolve(null)
  const stream = body as Partial<BodyStream>
  if (typeof stream.getReader === 'function') {
    const reader = stream.getReader()
    return async () => {
      const step = await reader.read()
      return step.done ? null : step.value
    }
  }
  const { [Symbol.asyncIterator]: iterate } = stream
  if (typeof iterate === 'function') {
    const iterator = iterate.call(body as BodyStream)
    return async () => {
      const step = await iterator.next()
      return step.done === true ? null : step.value
    }
  }
  throw new Model2VecError('ERR_INVALID_OPTION', '`fetch` should give a Response whose `body` is a stream of bytes')
}

/** Lets a body go that nobody reads. */
export function dropBody({ body }: FetchResponse): void {
  const { cancel, destroy } = (body ?? {}) as { cancel?: () => Promise<void>; destroy?: () => void }
  if (typeof cancel === 'function') cancel.call(body).catch(() => undefined)
  else if (typeof destroy === 'function') destroy.call(body)
}
