// What a process holds: memory, and what must be back to where it began when all is closed.

import { readdirSync } from 'node:fs'
import { setImmediate as turn, setTimeout as sleep } from 'node:timers/promises'

export interface Held {
  /** `process.getActiveResourcesInfo()`, sorted: what would keep the event loop alive. */
  readonly handles: readonly string[]
  /** Threads of the process; 0 where the system doesn't list them. */
  readonly threads: number
  /** Open files, sockets and pipes; 0 where the system doesn't list them. */
  readonly files: number
}

/** Looks after a collection, in a turn of its own, so that what only waits to be freed is gone. */
async function held(): Promise<Held> {
  globalThis.gc?.()
  await turn()
  return { handles: process.getActiveResourcesInfo().sort(), threads: count('task'), files: count('fd') }
}

function count(what: string): number {
  try {
    return readdirSync(`/proc/self/${what}`).length
  } catch {
    return 0
  }
}

/**
 * What the process holds when it holds no more than `before`, or after a minute. Without `before`,
 * when it has been the same for a second.
 */
export async function settled(before?: Held): Promise<Held> {
  let last = await held()
  let same = 0
  for (let look = 0; look < 600; look++) {
    if (before === undefined ? same >= 10 : differences(before, last).length === 0) break
    await sleep(100)
    const next = await held()
    same = JSON.stringify(next) === JSON.stringify(last) ? same + 1 : 0
    last = next
  }
  return last
}

/** What is more than before, in words. */
export function differences(before: Held, after: Held): string[] {
  const more = [...after.handles]
  for (const handle of before.handles) {
    const place = more.indexOf(handle)
    if (place >= 0) more.splice(place, 1)
  }
  return [
    ...(more.length > 0 ? [`handles that were not there before: ${more.join(', ')}`] : []),
    ...(after.threads > before.threads ? [`${after.threads} threads, before ${before.threads}`] : []),
    ...(after.files > before.files ? [`${after.files} open files, before ${before.files}`] : []),
  ]
}
