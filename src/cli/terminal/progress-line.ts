// The progress bar of a command that reads files: the share of their bytes, texts, texts per
// second, and the time that is left. On a terminal only.

import { drawBar } from '../../progress/bar.js'
import { ProgressThrottle } from '../../progress/throttle.js'

export class ProgressLine {
  readonly #total: number | null
  readonly #before: number
  readonly #started = performance.now()
  readonly #throttle = new ProgressThrottle()
  #isDrawn = false

  /**
   * @param total bytes of all inputs, null when not known
   * @param before texts of an earlier run that this one goes on with
   */
  constructor(total: number | null, before = 0) {
    this.#total = total
    this.#before = before
  }

  /** @param bytes how many of the inputs' bytes were read */
  at(texts: number, bytes: number): void {
    if (process.stderr.isTTY && this.#throttle.isDue()) this.#draw(texts, bytes, false)
  }

  end(texts: number): void {
    if (process.stderr.isTTY) this.#draw(texts, this.#total ?? 0, true)
  }

  /** Leaves the bar where it stands, and ends its line. */
  leave(): void {
    if (this.#isDrawn) process.stderr.write('\n')
    this.#isDrawn = false
  }

  /** Removes the bar: another line takes its place. */
  clear(): void {
    if (this.#isDrawn) process.stderr.write('\r\x1b[K')
    this.#isDrawn = false
  }

  #draw(texts: number, bytes: number, isEnd: boolean): void {
    const seconds = (performance.now() - this.#started) / 1000
    const rate = Math.round((texts - this.#before) / seconds)
    const share = this.#total === null ? null : this.#total === 0 ? 1 : Math.min(1, bytes / this.#total)
    const left = share === null || share === 0 ? null : (seconds / share) * (1 - share)
    const time = isEnd ? `, ${clock(seconds)}` : left === null ? '' : `, ${clock(left)} left`
    drawBar(share, `${texts.toLocaleString('en')} texts, ${rate.toLocaleString('en')}/s${time}`, isEnd)
    this.#isDrawn = !isEnd
  }
}

/** 0:07, 12:34, 1:02:03 */
function clock(seconds: number): string {
  const all = Math.round(seconds)
  const [hours, minutes, rest] = [Math.floor(all / 3600), Math.floor(all / 60) % 60, all % 60]
  const tail = String(rest).padStart(2, '0')
  return hours === 0 ? `${minutes}:${tail}` : `${hours}:${String(minutes).padStart(2, '0')}:${tail}`
}
