// What a route has beside the function that answers (`Route` of exchange.ts): its path, and what the
// OpenAPI document says of it.

import type { Protocol } from './error-answer.js'

export interface RouteShape {
  readonly method: 'GET' | 'POST'
  /** What the path is; one that ends with `*` is what it begins with. */
  readonly path: string
  /** Whose words its errors are in. */
  readonly protocol: Protocol
  /** Whether it needs no key. */
  readonly isOpen?: boolean
  /** Whether another handler after this server has it, where there is one. */
  readonly isYielded?: boolean
  /** Whether its body is taken for JSON whatever its Content-Type says. */
  readonly takesAnyType?: boolean
  /** What it does, in a few words. */
  readonly summary: string
  /** The schema of the body. */
  readonly request?: string
  /** The schema of the answer; none = it can't be given. */
  readonly response?: string
  /** The type of an answer that is not JSON. */
  readonly type?: string
  /** The statuses of errors besides those that every route of its kind has. */
  readonly statuses?: readonly number[]
}
