// Lines on standard output, as fast as the reader takes them.

import { once } from 'node:events'

import type { OpenRows, Output, OutputRows } from './format.js'
import type { Sink } from './sink.js'

class StandardOutputSink implements Sink {
  size = 0

  async append(...parts: readonly Uint8Array[]): Promise<void> {
    for (const bytes of parts) {
      this.size += bytes.length
      if (!process.stdout.write(bytes)) await once(process.stdout, 'drain')
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
