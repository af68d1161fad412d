// Which failures of a shard are tried again, and which are final.

import { isThrownError, messageOf } from '../../errors.js'
import { mayPass } from '../shards/failure.js'

/** A failure that is tried again, whatever its cause. */
class Retried extends Error {
  /** How often in all. */
  readonly tries: number

  constructor(cause: unknown, tries: number) {
    super(messageOf(cause), { cause })
    this.tries = tries
  }
}

/**
 * How often a shard is tried where this machine lacks what another one may have, such as the folder of
 * the model. The tries are seconds apart, and a worker that fails takes shards more slowly, so that
 * they are soon with another worker, if there is one that can.
 */
const TRIES_OF_MACHINES = 3

/** Calls a store, whose failures are tried again. @throws Retried */
export async function retried<T>(call: () => Promise<T>): Promise<T> {
  try {
    return await call()
  } catch (error) {
    throw new Retried(error, Infinity)
  }
}

/** Gets what a shard needs before it is begun. @throws Retried */
export async function onThisMachine<T>(call: () => Promise<T>): Promise<T> {
  try {
    return await call()
  } catch (error) {
    throw new Retried(error, mayPass(error) ? Infinity : TRIES_OF_MACHINES)
  }
}

export interface Failure {
  /** What BullMQ gets, which knows its own kinds of errors by their names. */
  readonly thrown: unknown
  readonly isFinal: boolean
}

/** @param attemptsMade how often the job has failed before */
export function failureOf(error: unknown, attemptsMade: number): Failure {
  const cause = error instanceof Retried ? error.cause : error
  if (isThrownError(cause) && (cause as { name?: unknown }).name === 'UnrecoverableError') {
    return { thrown: cause, isFinal: true }
  }
  const isAgain = error instanceof Retried ? attemptsMade + 1 < error.tries : mayPass(error)
  if (isAgain) return { thrown: cause, isFinal: false }
  return { thrown: named('UnrecoverableError', messageOf(cause), cause), isFinal: true }
}

/** An error of one of BullMQ's kinds. */
export function named(name: 'UnrecoverableError' | 'WaitingError', message: string, cause: unknown): Error {
  return Object.assign(new Error(message, { cause }), { name })
}
