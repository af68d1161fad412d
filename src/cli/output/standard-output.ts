// Lines on standard output, as fast as the reader takes them.

import type { OpenRows, Output, OutputRows } from './format.js'
import type { Sink } from './sink.js'

class StandardOutputSink implements Sink {
  size = 0

  async append(...parts: readonly Uint8Array[]): Promise<void> {
    for (const bytes of parts) {
      this.size += bytes.length
      // Not at "drain", which may come before all bytes are out of the caller's memory. An error of
      // standard output ends the process (`main.ts`).
      await new Promise<void>((resolve) => {
        process.stdout.write(bytes, (error) => {
          if (error == null) resolve()
        })
      })
    }
  }

  overwrite(): Promise<void> {
    throw new Error('standard output can only be appended to')
  }
}

export class StandardOutput<R = OutputRows> {
  rows = 0
  readonly #output: Output<R>

  readonly isWhole = true

  private constructor(output: Output<R>) {
    this.#output = output
  }

  static async open<R>(open: OpenRows<R>): Promise<StandardOutput<R>> {
    return new StandardOutput(await open(new StandardOutputSink(), null, 0))
  }

  async write(rows: R): Promise<void> {
    await this.#output.write(rows)
    this.rows = this.#output.rows()
  }
}
