// Which failures of a shard are tried again, and which are final.

import { isThrownError, messageOf } from '../../errors.js'
import { mayPass } from '../shards/failure.js'

/** A failure that is tried again, whatever its cause. */
class Retried extends Error {
  constructor(cause: unknown) {
    super(messageOf(cause), { cause })
  }
}

/**
 * Calls what is no part of the shard itself: a store, or what the shard needs before it is begun, such
 * as its manifest, which may be another one on this machine.
 *
 * @throws Retried
 */
export async function retried<T>(call: () => Promise<T>): Promise<T> {
  try {
    return await call()
  } catch (error) {
    throw new Retried(error)
  }
}

export interface Failure {
  /** What BullMQ gets, which knows its own kinds of errors by their names. */
  readonly thrown: unknown
  readonly isFinal: boolean
}

export function failureOf(error: unknown): Failure {
  const cause = error instanceof Retried ? error.cause : error
  if (isThrownError(cause) && (cause as { name?: unknown }).name === 'UnrecoverableError') {
    return { thrown: cause, isFinal: true }
  }
  if (error instanceof Retried || mayPass(error)) return { thrown: cause, isFinal: false }
  return { thrown: named('UnrecoverableError', messageOf(cause), cause), isFinal: true }
}

/** An error of one of BullMQ's kinds. */
export function named(name: 'UnrecoverableError' | 'WaitingError', message: string, cause: unknown): Error {
  return Object.assign(new Error(message, { cause }), { name })
}
