// Inputs behind http(s), presigned URLs too: their bytes from any offset on. A connection that breaks
// off is made anew, and goes on where it was.

import { Model2VecError, messageOf } from '../../errors.js'
import { bodyReader, checkedAnswer, dropBody, isEncoded } from '../../hub/fetch-function.js'
import type { FetchResponse } from '../../hub/fetch-function.js'
import { environmentFetch } from '../../hub/proxy-fetch.js'
import { PassingFailure, retryAfterMs, withRetries } from '../../hub/retry.js'
import { orAborted, throwIfAborted } from '../../runtime/abort.js'
import { assertSame, NO_PIN } from './pin.js'
import type { Pin } from './pin.js'

/** How long a server may send nothing. */
const SILENCE_MS = 60_000
const MOST_REDIRECTS = 10

/** Whether an input is a URL. */
export function isUrl(input: string): boolean {
  return /^https?:\/\//i.test(input)
}

/** The URL without its query, which may be a signature: for messages and ids. */
export function shownUrl(url: string): string {
  return url.replace(/[?#].*$/s, '')
}

/** What a server says of an input, and how it starts. */
export interface UrlStart {
  readonly pin: Pin
  /** Whether any bytes can be asked for. */
  readonly hasRanges: boolean
  /** The first bytes, `length` of them where there are as many. */
  readonly start: Buffer
}

/** Asks by GET: presigned URLs allow no HEAD. @throws as {@link urlBytes} */
export async function urlStart(url: string, length: number, signal: AbortSignal): Promise<UrlStart> {
  return withRetries(signal, async () => {
    const connection = new Connection(url, signal)
    try {
      const { pin, isRange } = await connection.open(0, length, NO_PIN)
      const chunks: Uint8Array[] = []
      for (let have = 0; have < length;) {
        const chunk = await connection.next()
        if (chunk === null) break
        chunks.push(chunk)
        have += chunk.length
      }
      return { pin, hasRanges: isRange, start: Buffer.concat(chunks).subarray(0, length) }
    } finally {
      connection.end()
    }
  })
}

/**
 * The bytes of a URL.
 *
 * @param to the byte after the last one; null = all up to the end
 * @param pin what each answer has to say of the input
 * @throws Model2VecError ERR_INPUT_UNREACHABLE, which may pass; ERR_BAD_INPUT where the server refuses or sends
 *   no ranges; ERR_INPUT_CHANGED; the signal's reason
 */
export async function* urlBytes(
  url: string,
  from: number,
  to: number | null,
  pin: Pin,
  signal: AbortSignal,
): AsyncGenerator<Buffer, void, undefined> {
  const end = to ?? pin.size
  let at = from
  let connection: Connection | null = null
  try {
    while (at !== end) {
      const chunk = await withRetries(
        signal,
        async () => {
          try {
            if (connection === null) {
              connection = new Connection(url, signal)
              await connection.open(at, end, pin)
            }
            const next = await connection.next()
            if (next === null && end !== null) throw connection.failed(`expected ${end - at} more bytes`)
            return next
          } catch (error) {
            connection?.end()
            connection = null
            throw error
          }
        },
        () => at,
      )
      if (chunk === null) return
      // A server that ignores the end of a range.
      const wanted = end === null ? chunk : chunk.subarray(0, end - at)
      at += wanted.length
      yield Buffer.from(wanted.buffer, wanted.byteOffset, wanted.length)
    }
  } finally {
    ;(connection as Connection | null)?.end()
  }
}

/** One request. */
class Connection {
  readonly #url: string
  readonly #signal: AbortSignal
  readonly #ending = new AbortController()
  #read: (() => Promise<Uint8Array | null>) | null = null

  constructor(url: string, signal: AbortSignal) {
    this.#url = url
    this.#signal = signal
  }

  /** Asks for bytes; `to` null = all from there on. */
  async open(from: number, to: number | null, pin: Pin): Promise<{ readonly pin: Pin; readonly isRange: boolean }> {
    const isWhole = from === 0 && to === pin.size
    const answer = await this.#follow(isWhole ? null : `bytes=${from}-${to === null ? '' : to - 1}`)
    const { status, headers } = answer
    // Without bytes there is no range.
    const isEmpty = status === 416 && headers.get('content-range') === 'bytes */0'
    if (status !== 200 && status !== 206 && !isEmpty) throw this.#refused(answer)
    if (isEncoded(headers))
      throw this.#bad(`expected bytes as they are, but got ${String(headers.get('content-encoding'))}`)
    const [, start = '0', all = headers.get('content-length') ?? '*'] =
      /^bytes (\d+)-\d+\/(\d+|\*)$/.exec(headers.get('content-range') ?? '') ?? []
    const modified = Date.parse(headers.get('last-modified') ?? '')
    const found: Pin = {
      size: isEmpty ? 0 : all === '*' ? null : Number(all),
      modified: Number.isNaN(modified) ? null : modified,
      etag: headers.get('etag'),
    }
    assertSame(shownUrl(this.#url), pin, found)
    if (status === 206 ? Number(start) !== from : from > 0) {
      throw this.#bad(`expected bytes from ${from} on, but the server sends no ranges: plan it as a whole`)
    }
    this.#read = isEmpty ? () => Promise.resolve(null) : bodyReader(answer)
    return { pin: found, isRange: status === 206 || isEmpty }
  }

  /** The next bytes, null at the end. */
  async next(): Promise<Uint8Array | null> {
    return this.#read === null ? null : this.#waited(this.#read())
  }

  /** A failure of the network, which may pass. */
  failed(reason: string, waitMs: number | null = null): PassingFailure {
    const message = `${shownUrl(this.#url)}: ${reason}`
    return new PassingFailure(new Model2VecError('ERR_INPUT_UNREACHABLE', message), { waitMs })
  }

  end(): void {
    this.#ending.abort()
  }

  async #follow(range: string | null): Promise<FetchResponse> {
    let url = this.#url
    for (let redirects = 0; redirects <= MOST_REDIRECTS; redirects++) {
      const headers = { 'accept-encoding': 'identity', ...(range !== null && { range }) }
      const { signal } = this.#ending
      const asked = environmentFetch(url, { method: 'GET', headers, redirect: 'manual', signal })
      const answer = checkedAnswer(await this.#waited(asked))
      const location = answer.status >= 300 && answer.status < 400 ? answer.headers.get('location') : null
      if (location === null) return answer
      dropBody(answer)
      if (!URL.canParse(location, url) || !isUrl(new URL(location, url).href)) throw this.#bad('a redirect to no URL')
      url = new URL(location, url).href
    }
    throw this.#bad(`more than ${MOST_REDIRECTS} redirects`)
  }

  #refused({ status, headers }: FetchResponse): Error {
    const reason = `the server answered ${status}`
    if (status === 408 || status === 429 || status >= 500) {
      return this.failed(reason, retryAfterMs(headers.get('retry-after')))
    }
    return this.#bad(status === 401 || status === 403 ? `${reason}: a signed URL may have expired` : reason)
  }

  #bad(problem: string): Model2VecError {
    return new Model2VecError('ERR_BAD_INPUT', `${shownUrl(this.#url)}: ${problem}`)
  }

  async #waited<T>(work: Promise<T>): Promise<T> {
    const timer = setTimeout(() => {
      this.#ending.abort(new Error(`no answer within ${SILENCE_MS / 1000} seconds`))
    }, SILENCE_MS)
    try {
      return await orAborted(work, this.#signal, this.#ending.signal)
    } catch (error) {
      throwIfAborted(this.#signal)
      const { cause } = error as { cause?: unknown }
      // `fetch failed` says nothing; its cause does.
      throw this.failed(messageOf(cause ?? error))
    } finally {
      clearTimeout(timer)
    }
  }
}
