// Progress of a call: the caller's `onProgress`, and a bar on a terminal. hub/download-progress.ts
// has that of a download.

import { drawBar } from '../progress/bar.js'
import { ProgressThrottle, PROGRESS_INTERVAL_MS } from '../progress/throttle.js'
import { clearInterval, process, setInterval } from '../runtime/node-globals.js'
import type { OnProgress, Progress } from '../options/encode.js'

function drawTexts({ done, total }: Progress): void {
  drawBar(total === 0 ? 1 : done / total, `${done} of ${total} texts`, done === total)
}

/** The function that a call reports its progress to; null when nobody listens. */
export function reportTo(onProgress: OnProgress | undefined, showProgressBar: boolean): OnProgress | null {
  if (!showProgressBar || !process.stderr.isTTY) return onProgress ?? null
  if (onProgress === undefined) return drawTexts
  return (progress) => {
    drawTexts(progress)
    onProgress(progress)
  }
}

/**
 * Reports from a timer while an async call runs. An exception of the caller's function ends the
 * call, not the process.
 */
export class ProgressTimer {
  /** What the caller's function threw. */
  failure: { readonly error: unknown } | null = null
  readonly #timer: NodeJS.Timeout

  constructor(report: OnProgress, progress: () => Progress, onFailure: () => void) {
    this.#timer = setInterval(() => {
      try {
        report(progress())
      } catch (error) {
        this.failure = { error }
        this.stop()
        onFailure()
      }
    }, PROGRESS_INTERVAL_MS)
    this.#timer.unref()
  }

  stop(): void {
    clearInterval(this.#timer)
  }
}

/** Reports from a loop that holds the event loop, where no timer fires. */
export class ProgressClock {
  readonly #report: OnProgress
  readonly #throttle = new ProgressThrottle(PROGRESS_INTERVAL_MS)

  constructor(report: OnProgress) {
    this.#report = report
  }

  tick(progress: () => Progress): void {
    if (this.#throttle.isDue()) this.#report(progress())
  }
}
