// The options of a server: their types, and the one place that checks them.

import { Model2VecError } from '../errors.js'
import { URL } from '../runtime/node-globals.js'
import { boolean, callback, count, invalid, read, text } from '../options/checks.js'

/** What was asked, and how it went: never texts, keys or headers. */
export interface RequestLog {
  readonly method: string
  /** The route, such as `/v1/embeddings`; `other` for a path that there is not. */
  readonly route: string
  readonly status: number
  /** Milliseconds from the headers to the answer. */
  readonly milliseconds: number
  /** How many texts were embedded. */
  readonly texts: number
  /** How many token ids they have. */
  readonly tokens: number
}

/** Options of `createHandler` and `createListener`. */
export interface ServerOptions {
  /**
   * Keys of which a request must have one, as `Authorization: Bearer <key>` or `x-api-key`. Only
   * `/health` needs none.
   * @default none: everyone may ask
   */
  readonly apiKeys?: readonly string[] | undefined
  /**
   * Further names of models: alias → name. Clients of OpenAI send `text-embedding-3-small`, say.
   * @default none
   */
  readonly aliases?: Readonly<Record<string, string>> | undefined
  /**
   * The model of requests that name none, as those of text-embeddings-inference.
   * @default the first
   */
  readonly defaultModel?: string | undefined
  /**
   * The most texts of a request.
   * @default 2048
   */
  readonly maxBatch?: number | undefined
  /**
   * The most bytes of a body, unpacked too.
   * @default 16777216 (16 MB)
   */
  readonly maxBody?: number | undefined
  /**
   * The most UTF-16 units of a text.
   * @default 1048576
   */
  readonly maxText?: number | undefined
  /**
   * The most requests that are in work or wait for it; one more is answered with 429.
   * @default 512
   */
  readonly maxConcurrency?: number | undefined
  /**
   * The most bytes of bodies, as they arrive and are unpacked, of rows that are made of them, and
   * of answers that clients have not read yet, in memory at the same time. They are counted before
   * they are allocated; a request that would make them more is answered with 429. Answers of
   * `createHandler` count until there is a Response of them.
   * @default 268435456 (256 MB)
   */
  readonly maxBuffered?: number | undefined
  /**
   * The most milliseconds that a request may be in work or wait for it; then it is answered with
   * 503.
   * @default 60000
   */
  readonly timeout?: number | undefined
  /**
   * Whether a text that is longer than the model reads is an error of `/v1/embeddings` and
   * `/api/embed`. Else it is cut as `encode` does, and counted in the header `x-truncated-texts`.
   * @default false
   */
  readonly strict?: boolean | undefined
  /**
   * Origins whose pages may ask: `['https://example.com']`, or `['*']` for all.
   * @default none
   */
  readonly cors?: readonly string[] | undefined
  /**
   * Names that a request may have as its `Host`, besides addresses and localhost; another one is
   * answered with 403. For a server of this machine alone: a page of a foreign site that has its
   * own name resolved to it (DNS rebinding) is refused.
   * @default none: every name
   */
  readonly hosts?: readonly string[] | undefined
  /**
   * What all paths begin with, such as `/api/embeddings`.
   * @default ''
   */
  readonly basePath?: string | undefined
  /** Called after each request. */
  readonly onRequest?: ((request: RequestLog) => void) | undefined
  /** Called with each error that a client gets no details of (status 500). */
  readonly onError?: ((error: unknown) => void) | undefined
}

const OPTIONS = [
  'apiKeys',
  'aliases',
  'defaultModel',
  'maxBatch',
  'maxBody',
  'maxText',
  'maxConcurrency',
  'maxBuffered',
  'timeout',
  'strict',
  'cors',
  'hosts',
  'basePath',
  'onRequest',
  'onError',
] as const

export interface CheckedServerOptions {
  readonly apiKeys: readonly string[]
  readonly aliases: ReadonlyMap<string, string>
  readonly defaultModel: string | undefined
  readonly maxBatch: number
  readonly maxBody: number
  readonly maxText: number
  readonly maxConcurrency: number
  readonly maxBuffered: number
  readonly timeout: number
  readonly strict: boolean
  readonly cors: readonly string[]
  readonly hosts: readonly string[]
  readonly basePath: string
  readonly onRequest: ((request: RequestLog) => void) | undefined
  readonly onError: ((error: unknown) => void) | undefined
}

export const DEFAULTS = {
  maxBatch: 2048,
  maxBody: 16_777_216,
  maxText: 1_048_576,
  maxConcurrency: 512,
  maxBuffered: 268_435_456,
  timeout: 60_000,
} as const

/** The longest delay of a timer, in milliseconds. */
export const MAX_TIMEOUT: number = 2 ** 31 - 1

/** @throws Model2VecError ERR_INVALID_OPTION */
export function checkServerOptions(method: string, options: unknown): CheckedServerOptions {
  const given = read(method, options, OPTIONS)
  return {
    apiKeys: apiKeys(given.apiKeys),
    aliases: aliases(given.aliases),
    defaultModel: text('defaultModel', given.defaultModel),
    maxBatch: count('maxBatch', given.maxBatch) ?? DEFAULTS.maxBatch,
    maxBody: count('maxBody', given.maxBody) ?? DEFAULTS.maxBody,
    maxText: count('maxText', given.maxText) ?? DEFAULTS.maxText,
    maxConcurrency: count('maxConcurrency', given.maxConcurrency) ?? DEFAULTS.maxConcurrency,
    maxBuffered: count('maxBuffered', given.maxBuffered) ?? DEFAULTS.maxBuffered,
    timeout: Math.min(count('timeout', given.timeout) ?? DEFAULTS.timeout, MAX_TIMEOUT),
    strict: boolean('strict', given.strict) ?? false,
    cors: strings('cors', given.cors).map(origin),
    hosts: strings('hosts', given.hosts).map((name) => name.toLowerCase()),
    basePath: basePath(given.basePath),
    onRequest: callback('onRequest', given.onRequest) as CheckedServerOptions['onRequest'],
    onError: callback('onError', given.onError) as CheckedServerOptions['onError'],
  }
}

/** The message has no value of the option: keys are secret. */
function strings(name: string, value: unknown): readonly string[] {
  if (value === undefined) return []
  if (!Array.isArray(value) || !value.every((each) => typeof each === 'string' && each !== '')) {
    throw new Model2VecError('ERR_INVALID_OPTION', `\`${name}\` should be an array of strings that are not empty`)
  }
  return [...(value as string[])]
}

/** A key is a word of a header. */
function apiKeys(value: unknown): readonly string[] {
  const keys = strings('apiKeys', value)
  if (keys.every((key) => /^[\x21-\x7e]+$/.test(key))) return keys
  throw new Model2VecError('ERR_INVALID_OPTION', '`apiKeys` should be strings of visible ASCII without spaces')
}

/** An origin as browsers send it: another form never matches. */
function origin(given: string): string {
  const isWhole = /^[a-z][a-z\d+.-]*:\/\/[^/?#\s]+$/.test(given)
  // Those of other schemes, as of extensions and apps, are taken as they are.
  const isAsSent = isWhole && (!/^https?:/.test(given) || (URL.canParse(given) && new URL(given).origin === given))
  if (isAsSent || given === '*' || given === 'null') return given
  throw invalid('cors', 'origins such as `https://example.com`, or `*`', given)
}

function aliases(value: unknown): ReadonlyMap<string, string> {
  if (value === undefined) return new Map()
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw invalid('aliases', 'an object of names', value)
  }
  const entries = Object.entries(value)
  for (const [alias, name] of entries) {
    if (typeof name !== 'string') throw invalid(`aliases[${JSON.stringify(alias)}]`, 'the name of a model', name)
  }
  return new Map(entries as [string, string][])
}

function basePath(value: unknown): string {
  if (value === undefined || value === '') return ''
  if (typeof value !== 'string' || !/^\/[^?#\s]*[^/?#\s]$/.test(value)) {
    throw invalid('basePath', 'a path that begins with a slash and ends without one', value)
  }
  return value
}
