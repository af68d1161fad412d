// The bar of a command that reads files: share of their bytes, rows, rate, and the time that is left. On a terminal only.

import { drawBar } from '../../progress/bar.js'

const INTERVAL_MS = 100

export class ProgressLine {
  readonly #total: number | null
  readonly #before: number
  readonly #started = performance.now()
  #next = 0
  #isDrawn = false

  /**
   * @param total bytes of all inputs, null when not known
   * @param before rows that an earlier run did
   */
  constructor(total: number | null, before: number) {
    this.#total = total
    this.#before = before
  }

  /** @param bytes how many of the inputs' bytes were read */
  at(rows: number, bytes: number): void {
    const now = performance.now()
    if (!process.stderr.isTTY || now < this.#next) return
    this.#next = now + INTERVAL_MS
    this.#draw(rows, bytes, false)
  }

  end(rows: number): void {
    if (process.stderr.isTTY) this.#draw(rows, this.#total ?? 0, true)
  }

  /** Leaves the bar as it is: other lines follow. */
  interrupt(): void {
    if (this.#isDrawn) process.stderr.write('\n')
    this.#isDrawn = false
  }

  /** Takes the bar away: what was worked for follows. */
  clear(): void {
    if (this.#isDrawn) process.stderr.write('\r\x1b[K')
    this.#isDrawn = false
  }

  #draw(rows: number, bytes: number, isEnd: boolean): void {
    const seconds = (performance.now() - this.#started) / 1000
    const rate = Math.round((rows - this.#before) / seconds)
    const share = this.#total === null ? null : this.#total === 0 ? 1 : Math.min(1, bytes / this.#total)
    const left = share === null || share === 0 ? null : (seconds / share) * (1 - share)
    const time = isEnd ? `, ${clock(seconds)}` : left === null ? '' : `, ${clock(left)} left`
    drawBar(share, `${rows.toLocaleString('en')} texts, ${rate.toLocaleString('en')}/s${time}`, isEnd)
    this.#isDrawn = !isEnd
  }
}

/** 0:07, 12:34, 1:02:03 */
function clock(seconds: number): string {
  const all = Math.round(seconds)
  const parts = [Math.floor(all / 3600), Math.floor(all / 60) % 60, all % 60]
  const [hours = 0, minutes = 0, rest = 0] = parts
  const tail = String(rest).padStart(2, '0')
  return hours === 0 ? `${minutes}:${tail}` : `${hours}:${String(minutes).padStart(2, '0')}:${tail}`
}
