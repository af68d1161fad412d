// Waits that don't depend on how fast the machine is: for what another thread, process or server
// does, and for a call that surely runs.

import { setTimeout as sleep } from 'node:timers/promises'

/**
 * Far beyond what anything here takes: it only keeps a test that would wait forever from doing so.
 */
const LIMIT_MS = 300_000

/** Resolves when `isSo` is true. @throws (rejects) when that takes minutes */
export async function until(isSo: () => boolean, what: string): Promise<void> {
  const end = performance.now() + LIMIT_MS
  while (!isSo()) {
    if (performance.now() > end) throw new Error(`waited ${LIMIT_MS / 1000} s for this: ${what}`)
    await sleep(1)
  }
}

/** As {@link until}, for what has to be asked for. */
export async function eventually(isSo: () => Promise<boolean>, what: string): Promise<void> {
  const end = performance.now() + LIMIT_MS
  while (!(await isSo())) {
    if (performance.now() > end) throw new Error(`waited ${LIMIT_MS / 1000} s for this: ${what}`)
    await sleep(10)
  }
}

/** Holds this thread for at least that long, as a caller's own work does. */
export function holdThread(milliseconds: number): void {
  const end = performance.now() + milliseconds
  while (performance.now() < end);
}

/**
 * A copy of the texts that runs `run` when the text at one of the places is read. A call that has
 * texts left to read has not ended, so `run` finds it running, however fast the threads are that
 * encode.
 */
export function whenRead(texts: readonly string[], places: readonly number[], run: () => void): string[] {
  const copy = [...texts]
  for (const place of places) {
    const get = (): string | undefined => {
      run()
      return texts[place]
    }
    Object.defineProperty(copy, place, { get, enumerable: true })
  }
  return copy
}
