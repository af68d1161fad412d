// The progress of a command that reads files: the share of their bytes, texts, texts per second, and
// the time that is left. A bar, on a terminal only; or JSON lines for programs.

import { drawBar } from '../../progress/bar.js'
import { ProgressThrottle } from '../../progress/throttle.js'

/** Milliseconds between two JSON lines. */
const JSON_MS = 1000

/** A JSON line of progress. */
export interface ProgressEntry {
  readonly event: 'progress' | 'end'
  /** Written so far, also by an earlier run that this one goes on with. */
  readonly texts: number
  /** Bytes read of the inputs, packed as they are on the disk. */
  readonly bytes: number
  /** Of all inputs; null when not known. */
  readonly totalBytes: number | null
  readonly seconds: number
  /** Null when not known. */
  readonly secondsLeft: number | null
  readonly textsPerSecond: number
}

export class ProgressLine {
  readonly #isJson: boolean
  #nextJson = 0
  readonly #total: number | null
  readonly #before: number
  readonly #started = performance.now()
  readonly #throttle = new ProgressThrottle()
  #isDrawn = false

  /**
   * @param total bytes of all inputs, null when not known
   * @param before texts of an earlier run that this one goes on with
   */
  constructor(total: number | null, before = 0, isJson = false) {
    this.#isJson = isJson
    this.#total = total
    this.#before = before
  }

  /** @param bytes how many of the inputs' bytes were read */
  at(texts: number, bytes: number): void {
    const now = performance.now()
    if (this.#isJson && now >= this.#nextJson) {
      this.#nextJson = now + JSON_MS
      this.#print('progress', texts, bytes)
    } else if (this.#isBar && this.#throttle.isDue()) {
      this.#draw(texts, bytes, false)
    }
  }

  /** @param bytes how many of the inputs' bytes were read */
  end(texts: number, bytes: number): void {
    if (this.#isJson) this.#print('end', texts, bytes)
    else if (this.#isBar) this.#draw(texts, this.#total ?? 0, true)
  }

  get #isBar(): boolean {
    return !this.#isJson && process.stderr.isTTY
  }

  #print(event: ProgressEntry['event'], texts: number, bytes: number): void {
    const { seconds, rate, left } = this.#measured(texts, bytes)
    const entry: ProgressEntry = {
      event,
      texts,
      bytes,
      totalBytes: this.#total,
      seconds: Number(seconds.toFixed(3)),
      secondsLeft: event === 'end' ? 0 : left === null ? null : Number(left.toFixed(3)),
      textsPerSecond: rate,
    }
    process.stderr.write(`${JSON.stringify(entry)}\n`)
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
    const { seconds, rate, share, left } = this.#measured(texts, bytes)
    const time = isEnd ? `, ${clock(seconds)}` : left === null ? '' : `, ${clock(left)} left`
    drawBar(share, `${texts.toLocaleString('en')} texts, ${rate.toLocaleString('en')}/s${time}`, isEnd)
    this.#isDrawn = !isEnd
  }

  #measured(texts: number, bytes: number): Measured {
    const seconds = (performance.now() - this.#started) / 1000
    const rate = Math.round((texts - this.#before) / seconds)
    const share = this.#total === null ? null : this.#total === 0 ? 1 : Math.min(1, bytes / this.#total)
    const left = share === null || share === 0 ? null : (seconds / share) * (1 - share)
    return { seconds, rate, share, left }
  }
}

interface Measured {
  readonly seconds: number
  /** Texts per second. */
  readonly rate: number
  /** Of the bytes; null when not known. */
  readonly share: number | null
  /** Seconds; null when not known. */
  readonly left: number | null
}

/** 0:07, 12:34, 1:02:03 */
function clock(seconds: number): string {
  const all = Math.round(seconds)
  const [hours, minutes, rest] = [Math.floor(all / 3600), Math.floor(all / 60) % 60, all % 60]
  const tail = String(rest).padStart(2, '0')
  return hours === 0 ? `${minutes}:${tail}` : `${hours}:${String(minutes).padStart(2, '0')}:${tail}`
}
