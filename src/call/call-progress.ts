// Progress of a call: the caller's `onProgress`, and a bar on a terminal, about ten times a second. hub/progress.ts: of a download.

import { clearInterval, process, setInterval } from '../runtime/node-globals.js'
import { PROGRESS_INTERVAL_MS, ProgressThrottle } from './progress-throttle.js'

/** How far a call is, in texts. */
export interface Progress {
  readonly done: number
  readonly total: number
}

export type Report = (progress: Progress) => void

const BAR_WIDTH = 30

/**
 * A bar on stderr, drawn over itself.
 *
 * @param share from 0 to 1, or null when it isn't known
 */
export function drawBar(share: number | null, text: string, isEnd: boolean): void {
  const filled = Math.round((share ?? 0) * BAR_WIDTH)
  const bar = '█'.repeat(filled) + '░'.repeat(BAR_WIDTH - filled)
  const percent = share === null ? '' : ` ${Math.floor(share * 100)} %`
  // Erases what is left of a longer line.
  process.stderr.write(`\r${bar}${percent} (${text})\x1b[K${isEnd ? '\n' : ''}`)
}

function drawTexts({ done, total }: Progress): void {
  drawBar(total === 0 ? 1 : done / total, `${done} of ${total} texts`, done === total)
}

/** What a call reports to, or null when nobody listens. */
export function reportTo(onProgress: Report | undefined, showProgressBar: boolean): Report | null {
  if (!showProgressBar || !process.stderr.isTTY) return onProgress ?? null
  if (onProgress === undefined) return drawTexts
  return (progress) => {
    drawTexts(progress)
    onProgress(progress)
  }
}

/** Reports from a timer while an async call runs. What the caller's function throws ends the call, not the process. */
export class ProgressTimer {
  /** What the caller's function threw. */
  failure: { readonly error: unknown } | null = null
  readonly #timer: NodeJS.Timeout

  constructor(report: Report, progress: () => Progress, onFailure: () => void) {
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

/** Reports from a loop that holds the event loop. */
export class ProgressClock {
  readonly #report: Report
  readonly #throttle = new ProgressThrottle(PROGRESS_INTERVAL_MS)

  constructor(report: Report) {
    this.#report = report
  }

  tick(progress: () => Progress): void {
    if (this.#throttle.isDue()) this.#report(progress())
  }
}
