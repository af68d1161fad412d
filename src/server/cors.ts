// Cross-origin requests of pages (CORS): only of the origins that the options name.

import { JSON_TYPE, NO_HEADERS } from './answer.js'
import type { Answer } from './answer.js'
import type { Headers } from './api-keys.js'

export function isPreflight(method: string, headers: Headers): boolean {
  return method === 'OPTIONS' && headers.origin !== undefined && headers['access-control-request-method'] !== undefined
}

export function corsHeaders(origins: readonly string[], { origin }: Headers): readonly string[] {
  const exposed = ['Access-Control-Expose-Headers', 'X-Truncated-Texts, Retry-After']
  if (origins.includes('*')) return ['Access-Control-Allow-Origin', '*', ...exposed]
  const vary = ['Vary', 'Origin']
  return typeof origin === 'string' && origins.includes(origin)
    ? ['Access-Control-Allow-Origin', origin, ...vary, ...exposed]
    : origin === undefined
      ? NO_HEADERS
      : vary
}

/** Names of headers, as browsers ask for them. */
const HEADER_NAMES = /^[\w-]+(?: *, *[\w-]+)*$/

/** What a browser asks before a request. The allowed origin is a header that all answers get. */
export function preflight(origins: readonly string[], headers: Headers): Answer {
  const isAllowed = origins.includes('*') || (typeof headers.origin === 'string' && origins.includes(headers.origin))
  const { 'access-control-request-headers': asked } = headers
  // All that are asked for: OpenAI's client, for one, sends nine of its own.
  const names = typeof asked === 'string' && HEADER_NAMES.test(asked) ? asked : 'Authorization, Content-Type, X-Api-Key'
  return {
    status: 204,
    type: JSON_TYPE,
    body: '',
    headers: isAllowed
      ? [
          'Access-Control-Allow-Methods',
          'GET, POST',
          'Access-Control-Allow-Headers',
          names,
          'Access-Control-Max-Age',
          '600',
        ]
      : NO_HEADERS,
    texts: 0,
    tokens: 0,
  }
}
