// Feeds the parts of a large search, the rows of a matrix slice by slice, to native code.

import type { NativeParts } from '../native/interface.js'
import { throwIfAborted } from '../runtime/abort.js'
import { inTurns } from '../runtime/event-loop.js'

/**
 * Calls `feed` for all `rows` rows, `step` at a time: in the turns that all calls share, and no
 * further ahead than there is room.
 *
 * @param feed returns false when enough is in flight
 */
export async function feedParts(
  work: NativeParts,
  rows: number,
  step: number,
  signal: AbortSignal | undefined,
  feed: (from: number, to: number) => boolean,
): Promise<void> {
  let next = 0
  const feedNext = (): 'all' | 'full' | undefined => {
    throwIfAborted(signal)
    if (next >= rows) return 'all'
    const from = next
    next = Math.min(rows, from + step)
    return feed(from, next) ? undefined : 'full'
  }
  while ((await inTurns(feedNext, signal)) === 'full') await work.room()
}
