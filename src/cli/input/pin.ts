// What shows that an input is still the one that it was.

import type { Stats } from 'node:fs'
import { stat } from 'node:fs/promises'

import { Model2VecError } from '../../errors.js'
import { naming } from '../file-error.js'

/** What an input was; null = not known, or not compared. */
export interface Pin {
  /** Bytes, packed as they are on the disk. */
  readonly size: number | null
  /** When it was modified, in milliseconds. */
  readonly modified: number | null
  /** Of a URL. */
  readonly etag: string | null
}

export const NO_PIN: Pin = { size: null, modified: null, etag: null }

/** A file as it is now. @throws FileError */
export async function pinOfFile(file: string): Promise<Pin> {
  return pinOf(await naming(file, stat(file)))
}

export function pinOf({ size, mtimeMs }: Pick<Stats, 'size' | 'mtimeMs'>): Pin {
  return { size, modified: Math.floor(mtimeMs), etag: null }
}

/**
 * @param name of the input, for the message
 * @throws Model2VecError ERR_INPUT_CHANGED
 */
export function assertSame(name: string, expected: Pin, found: Pin): void {
  const changed = (what: string, was: unknown, is: unknown): Model2VecError =>
    new Model2VecError(
      'ERR_INPUT_CHANGED',
      `${name}: expected ${what} ${String(was)}, as planned, but got ${String(is)}`,
    )
  const [before, now] = [expected.modified, found.modified]
  if (expected.size !== null && expected.size !== found.size) throw changed('a size of', expected.size, found.size)
  if (expected.etag !== null) {
    if (expected.etag !== found.etag) throw changed('the ETag', expected.etag, found.etag)
  } else if (before !== null && !isSameTime(before, now)) {
    throw changed('the modification time', timeOf(before), now === null ? null : timeOf(now))
  }
}

/** Some file systems, and what copies files, keep whole seconds only. */
function isSameTime(before: number, now: number | null): boolean {
  if (now === null || before % 1000 === 0 || now % 1000 === 0) {
    return now !== null && Math.floor(before / 1000) === Math.floor(now / 1000)
  }
  return before === now
}

function timeOf(ms: number): string {
  return new Date(ms).toISOString()
}
