// One request to the Hub: which hosts get the token, which redirects are followed, and which error
// a failure becomes.

import { orAborted, throwIfAborted } from '../runtime/abort.js'
import { isModel2VecError, isThrownError, messageOf, Model2VecError } from '../errors.js'
import { AbortController, clearTimeout, setTimeout, URL } from '../runtime/node-globals.js'
import { checkedAnswer, dropBody } from './fetch-function.js'
import type { FetchFunction, FetchResponse } from './fetch-function.js'
import { throughWhich } from './proxy-fetch.js'
import { PassingFailure, retryAfterMs, SILENT_TRIES } from './retry.js'

const MOST_REDIRECTS = 10

/**
 * A wait for the network; `where` says how far the answer was read, for the message of one that
 * breaks off.
 */
export type Read = <V>(part: Promise<V>, where?: () => string) => Promise<V>

/** The Hub, and the model that it is asked for. */
export interface Hub {
  /** Without a slash at the end. */
  readonly endpoint: string
  readonly token: string | null
  readonly fetch: FetchFunction
  /** How long a server may send nothing. */
  readonly timeoutMs: number
  readonly id: string
  readonly revision: string
}

export interface HubRequest {
  readonly method: 'GET' | 'HEAD'
  readonly url: string
  /** From which byte on; the answer may then be a 416 as well. */
  readonly from?: number
  /** The last byte; not given = all. */
  readonly to?: number
  /** The file in the repository, for messages. */
  readonly file?: string
  /** Whether this redirect's own headers are the answer. */
  readonly isAnswer?: (redirect: FetchResponse, next: URL) => boolean
}

/**
 * Sends a request and hands its answer to `use`.
 *
 * @param use gets an answer that is no error, and what every wait for its body goes through: it ends the wait when the
 *   server is silent for `hub.timeoutMs`, or the signal aborts
 * @throws PassingFailure on a dropped connection, 408, 429 and 5xx; Model2VecError ERR_HUB_AUTH, ERR_MODEL_NOT_FOUND,
 *   ERR_HUB_OFFLINE, ERR_HUB_HTTP
 */
export async function ask<T>(
  hub: Hub,
  request: HubRequest,
  signal: AbortSignal,
  use: (answer: FetchResponse, read: Read) => Promise<T>,
): Promise<T> {
  throwIfAborted(signal)
  const ending = new AbortController()
  /** The URL that is asked now: a redirect may lead elsewhere. */
  let url = new URL(request.url)
  let isAnswered = false
  let isSilent = false
  const silence = (): void => {
    isSilent = true
    ending.abort(new Error(`${throughWhich(hub.fetch, url)}no answer within ${hub.timeoutMs / 1000} seconds`))
  }
  const stop = (): void => {
    ending.abort(signal.reason)
  }
  let timer = setTimeout(silence, hub.timeoutMs)
  // Raced with the signal as well: a caller's `fetch` may ignore it.
  const read: Read = async (part, where) => {
    try {
      const value = await orAborted(part, ending.signal)
      clearTimeout(timer)
      timer = setTimeout(silence, hub.timeoutMs)
      return value
    } catch (error) {
      throwIfAborted(signal)
      // A proxy that can't be used.
      if (isModel2VecError(error)) throw error
      const tries = isSilent ? SILENT_TRIES : undefined
      if (isAnswered) throw brokenAnswer(hub, url, where?.() ?? '', error, tries)
      throw networkFailure(hub, url, error, tries)
    }
  }
  signal.addEventListener('abort', stop, { once: true })
  try {
    const answer = await follow(hub, request, ending.signal, read, (next) => (url = next))
    isAnswered = true
    if (answer.status >= 400 && !(answer.status === 416 && request.from !== undefined))
      throw statusFailure(hub, request, answer, url)
    return await use(answer, read)
  } finally {
    clearTimeout(timer)
    signal.removeEventListener('abort', stop)
    // Frees the connection of an answer that was not read to its end.
    ending.abort()
  }
}

async function follow(
  hub: Hub,
  { method, url: start, from, to, isAnswer }: HubRequest,
  signal: AbortSignal,
  read: Read,
  onVisit: (url: URL) => void,
): Promise<FetchResponse> {
  const home = new URL(hub.endpoint).origin
  let url = new URL(start)
  for (let redirects = 0; redirects <= MOST_REDIRECTS; redirects++) {
    const sent: Record<string, string> = { 'accept-encoding': 'identity', 'user-agent': 'model2vec-node' }
    if (from !== undefined) sent.range = `bytes=${from}-${to ?? ''}`
    // Not to another host, where the Hub's redirects of large files lead.
    if (hub.token !== null && url.origin === home) sent.authorization = `Bearer ${hub.token}`
    const { fetch } = hub
    const { href } = url
    // Async, as a caller's function may throw at once.
    const answering = (async () => fetch(href, { method, headers: sent, redirect: 'manual', signal }))()
    const answer = checkedAnswer(await read(answering))
    const location = answer.status >= 300 && answer.status < 400 ? answer.headers.get('location') : null
    if (location === null) return answer
    if (!URL.canParse(location, url.href)) throw http(`${start}: a redirect to no URL`)
    const next = new URL(location, url)
    if (isAnswer?.(answer, next) === true) return answer
    if (!/^https?:$/.test(next.protocol)) throw http(`${start}: a redirect to ${next.protocol}`)
    // `fetch` refuses them, and they would stand in messages.
    if (next.username !== '' || next.password !== '') throw http(`${start}: a redirect with a user or a password`)
    dropBody(answer)
    url = next
    onVisit(url)
  }
  throw http(`${start}: more than ${MOST_REDIRECTS} redirects`)
}

/** These don't pass within seconds: the machine is offline, or the address is wrong. */
const UNREACHABLE =
  /^(?:ECONNREFUSED|ENOTFOUND|EHOSTUNREACH|ENETUNREACH|ENETDOWN|EPROTO)$|CERT|SSL|TLS|UNABLE_TO_VERIFY/
/** The server's certificate is of an authority that Node doesn't know, such as a company's own. */
const UNKNOWN_AUTHORITY = /SELF_SIGNED|UNABLE_TO_(?:VERIFY|GET_ISSUER)/
const AUTHORITY_HELP =
  'a file of certificates that Node is to trust is named by NODE_EXTRA_CA_CERTS before it starts; REQUESTS_CA_BUNDLE and ' +
  'SSL_CERT_FILE, which Python reads, are not read'

/** No answer has begun. */
function networkFailure(hub: Hub, url: URL, error: unknown, tries: number | undefined): Error {
  const { reason, code } = reasonOf(hub, error)
  // What `fetch` says of ports such as 6000, which the web's standard forbids.
  const isForbidden = reason === 'bad port'
  const failure = new Model2VecError(
    'ERR_HUB_OFFLINE',
    `the Hub at ${hub.endpoint} can't be reached (${url.host}: ${isForbidden ? '`fetch` refuses this port' : reason}` +
      `${UNKNOWN_AUTHORITY.test(code) ? `; ${AUTHORITY_HELP}` : ''})`,
    causeOf(hub, error),
  )
  return isForbidden || UNREACHABLE.test(code) ? failure : new PassingFailure(failure, { tries })
}

/** An answer has begun, and does not go on. */
function brokenAnswer(hub: Hub, url: URL, where: string, error: unknown, tries: number | undefined): Error {
  const message = `${url.origin}${url.pathname}: the answer broke off${where} (${reasonOf(hub, error).reason})`
  return new PassingFailure(new Model2VecError('ERR_HUB_HTTP', message, causeOf(hub, error)), { tries })
}

/** Why `fetch` failed: it says "fetch failed", and the reason in the cause. */
function reasonOf(hub: Hub, error: unknown): { reason: string; code: string } {
  const cause = isThrownError(error) && isThrownError(error.cause) ? error.cause : error
  const code = isThrownError(cause) && typeof cause.code === 'string' ? cause.code : ''
  const message = messageOf(cause)
  // Node's error of several addresses that all refuse has no message.
  // OpenSSL's text ends with a line feed.
  const text = (message === '' ? code : message).replaceAll(/\s+/g, ' ').trim()
  // The caller's own `fetch` may say anything.
  return { reason: hub.token === null ? text : text.replaceAll(hub.token, '…'), code }
}

/** What a caller's `fetch` throws may hold the token. */
function causeOf(hub: Hub, error: unknown): { cause: unknown } | undefined {
  return hub.token === null ? { cause: error } : undefined
}

function statusFailure(hub: Hub, request: HubRequest, answer: FetchResponse, url: URL): Error {
  const { status } = answer
  const isHub = url.origin === new URL(hub.endpoint).origin
  const file = request.file === undefined ? '' : `, file \`${request.file}\``
  const what = `the model \`${hub.id}\`, revision \`${hub.revision}\`${file}`
  const said = `${url.origin} answered ${status} for ${what}`
  if (isHub && (status === 401 || status === 403)) {
    const token = hub.token === null ? 'none was sent: `token` or HF_TOKEN gives one' : 'the one that was sent has none'
    return new Model2VecError(
      'ERR_HUB_AUTH',
      `${said}: the model does not exist, or it needs a token with access (${token})`,
    )
  }
  if (isHub && status === 404) return new Model2VecError('ERR_MODEL_NOT_FOUND', `${said}: ${missing(answer)}`)
  const passes = status === 408 || status === 429 || status >= 500
  if (!passes) return http(said)
  const waitMs = retryAfterMs(answer.headers.get('retry-after'))
  const failure = http(waitMs === null ? said : `${said}, and asks to wait ${Math.ceil(waitMs / 1000)} seconds`)
  return new PassingFailure(failure, { waitMs })
}

function missing(answer: FetchResponse): string {
  const code = answer.headers.get('x-error-code')
  if (code === 'RepoNotFound') return 'no such model'
  if (code === 'RevisionNotFound') return 'no such revision'
  return code === 'EntryNotFound' ? 'no such file' : 'not found'
}

/** What the Hub should not answer. */
export function http(message: string): Model2VecError {
  return new Model2VecError('ERR_HUB_HTTP', message)
}
