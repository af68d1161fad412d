// Trying again: what may pass, how often, and how long after.

import { orAborted, throwIfAborted } from '../runtime/abort.js'
import type { Model2VecError } from '../errors.js'
import { clearTimeout, setTimeout } from '../runtime/node-globals.js'

/** How often in a row, before the failure is the caller's. */
const TRIES = 5
/**
 * The same for a server that says nothing at all: each try takes the whole time that it may be
 * silent.
 */
export const SILENT_TRIES = 2
/**
 * What a failed attempt must have brought to start the count again: a connection that gives a byte
 * a time would never fail.
 */
const WORTHY_PROGRESS = 1 << 16
/** Of one file, or one answer, whatever each attempt brought. */
const MOST_ATTEMPTS = 100
const FIRST_WAIT_MS = 500
/** A server that asks for more patience than this is answered with the error. */
const LONGEST_WAIT_MS = 60_000

/** A failure that may pass. */
export class PassingFailure extends Error {
  /** What it is if it doesn't pass. */
  readonly error: Model2VecError
  /** How long the server asks to wait. */
  readonly waitMs: number | null
  /** How often in a row it may happen. */
  readonly tries: number

  constructor(
    error: Model2VecError,
    { waitMs = null, tries = TRIES }: { waitMs?: number | null; tries?: number | undefined } = {},
  ) {
    super(error.message)
    this.error = error
    this.waitMs = waitMs
    this.tries = tries
  }
}

/**
 * Runs `attempt` until it succeeds, or fails for good, or has failed too often in a row.
 *
 * @param progress how many bytes have been reached, Infinity = all: failed attempts that got further by 64 KiB do not count, up to
 *   100 attempts
 */
export async function withRetries<T>(
  signal: AbortSignal,
  attempt: () => Promise<T>,
  progress: () => number = () => 0,
): Promise<T> {
  let reached = progress()
  for (let tries = 1, attempts = 1; ; tries++, attempts++) {
    try {
      return await attempt()
    } catch (failure) {
      throwIfAborted(signal)
      if (!(failure instanceof PassingFailure)) throw failure
      if (progress() - reached >= WORTHY_PROGRESS) {
        tries = 1
        reached = progress()
      }
      const waitMs = failure.waitMs ?? backOff(tries)
      if (tries >= failure.tries || attempts >= MOST_ATTEMPTS || waitMs > LONGEST_WAIT_MS) throw failure.error
      await sleep(waitMs, signal)
    }
  }
}

/**
 * Half a second, one, two, four; up to a quarter more, so that clients that failed together don't
 * come back together.
 */
function backOff(tries: number): number {
  return FIRST_WAIT_MS * 2 ** (tries - 1) * (1 + Math.random() / 4)
}

/** Rejects with the signal's reason. */
export async function sleep(ms: number, signal: AbortSignal): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  try {
    await orAborted(
      new Promise<void>((resolve) => {
        timer = setTimeout(resolve, ms)
      }),
      signal,
    )
  } finally {
    clearTimeout(timer)
  }
}

/** The Retry-After header: seconds, or a date. */
export function retryAfterMs(header: string | null): number | null {
  if (header === null) return null
  const seconds = Number(header)
  const ms = Number.isNaN(seconds) ? Date.parse(header) - Date.now() : seconds * 1000
  return Number.isNaN(ms) ? null : Math.max(0, ms)
}
