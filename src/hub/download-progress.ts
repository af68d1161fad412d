// Progress of a download: the caller's `onProgress`, and a bar on a terminal, about ten times a
// second.

import { drawBar } from '../progress/bar.js'
import { ProgressThrottle } from '../progress/throttle.js'
import { process } from '../runtime/node-globals.js'

/** A file of a model that is being downloaded. */
export interface DownloadProgress {
  /** The file's name in the model's repository. */
  readonly file: string
  /** Bytes so far. */
  readonly loaded: number
  /** Bytes in all; null = the Hub doesn't say. */
  readonly total: number | null
  /** The same over all files that are downloaded. */
  readonly overall: { readonly loaded: number; readonly total: number | null }
}

export type OnDownloadProgress = (progress: DownloadProgress) => void

/** The function that a download reports its progress to; null when nobody listens. */
export function reportDownloadTo(
  onProgress: OnDownloadProgress | undefined,
  showProgressBar: boolean,
): OnDownloadProgress | null {
  if (!showProgressBar || !process.stderr.isTTY) return onProgress ?? null
  return (progress) => {
    const { loaded, total } = progress.overall
    const text = `${megabytes(loaded)}${total === null ? '' : ` of ${megabytes(total)}`} MB, ${progress.file}`
    drawBar(total === null ? null : total === 0 ? 1 : loaded / total, text, loaded === total)
    onProgress?.(progress)
  }
}

function megabytes(bytes: number): string {
  return (bytes / 1e6).toFixed(1)
}

/**
 * Wraps an exception of the caller's function, so that no check takes it for a failure of the
 * download.
 */
export class CallerFailure extends Error {
  readonly thrown: unknown

  constructor(thrown: unknown) {
    super('`onProgress` threw')
    this.thrown = thrown
  }
}

/** The files of one download, one after the other. */
export class DownloadMeter {
  readonly #report: OnDownloadProgress | null
  readonly #total: number | null
  /** Bytes of the files that are done. */
  #before = 0
  readonly #throttle = new ProgressThrottle()

  /** @param sizes of all files, null where not known */
  constructor(report: OnDownloadProgress | null, sizes: readonly (number | null)[]) {
    this.#report = report
    this.#total = sizes.reduce((sum, size) => (sum === null || size === null ? null : sum + size), 0)
  }

  /** A file has `loaded` bytes. */
  at(file: string, loaded: number, total: number | null): void {
    if (this.#throttle.isDue()) this.#reportNow(file, loaded, total)
  }

  /** A file has all its bytes: reported in any case. */
  done(file: string, size: number): void {
    this.#reportNow(file, size, size)
    this.#before += size
  }

  #reportNow(file: string, loaded: number, total: number | null): void {
    try {
      this.#report?.({ file, loaded, total, overall: { loaded: this.#before + loaded, total: this.#total } })
    } catch (error) {
      throw new CallerFailure(error)
    }
  }
}
