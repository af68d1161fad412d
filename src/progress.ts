// Progress of a call: the caller's `onProgress`, and a bar on a terminal, about ten times a second.

/** How far a call is, in texts. */
export interface Progress {
  readonly done: number
  readonly total: number
}

export type Report = (progress: Progress) => void

const INTERVAL_MS = 100
const BAR_WIDTH = 30

/** A bar on stderr, drawn over itself. */
function drawBar({ done, total }: Progress): void {
  const share = total === 0 ? 1 : done / total
  const filled = Math.round(share * BAR_WIDTH)
  const bar = '█'.repeat(filled) + '░'.repeat(BAR_WIDTH - filled)
  const end = done === total ? '\n' : ''
  process.stderr.write(`\r${bar} ${Math.floor(share * 100)} % (${done} of ${total} texts)${end}`)
}

/** What a call reports to, or null when nobody listens. */
export function reportTo(onProgress: Report | undefined, showProgressBar: boolean): Report | null {
  if (!showProgressBar || !process.stderr.isTTY) return onProgress ?? null
  if (onProgress === undefined) return drawBar
  return (progress) => {
    drawBar(progress)
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
    }, INTERVAL_MS)
    this.#timer.unref()
  }

  stop(): void {
    clearInterval(this.#timer)
  }
}

/** Reports from a loop that holds the event loop. */
export class ProgressClock {
  readonly #report: Report
  #next: number = performance.now() + INTERVAL_MS

  constructor(report: Report) {
    this.#report = report
  }

  tick(progress: () => Progress): void {
    const now = performance.now()
    if (now < this.#next) return
    this.#next = now + INTERVAL_MS
    this.#report(progress())
  }
}
