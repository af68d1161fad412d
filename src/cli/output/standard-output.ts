// JSON Lines on standard output, as fast as the reader takes them.

import { once } from 'node:events'

import { openCounted } from './counted-output.js'
import type { Columns, Output, OutputRows } from './format.js'
import { jsonLines } from './json-lines.js'
import type { Sink } from './sink.js'

class StandardOutputSink implements Sink {
  size = 0

  async append(bytes: Uint8Array): Promise<void> {
    this.size += bytes.length
    if (!process.stdout.write(bytes)) await once(process.stdout, 'drain')
  }

  overwrite(): Promise<void> {
    throw new Error('standard output can only be appended to')
  }
}

export class StandardOutput {
  rows = 0
  readonly #output: Output

  private constructor(output: Output) {
    this.#output = output
  }

  static async open(columns: Columns): Promise<StandardOutput> {
    return new StandardOutput(await openCounted(jsonLines.open, new StandardOutputSink(), columns, null, 0))
  }

  async write(rows: OutputRows): Promise<void> {
    await this.#output.write(rows)
    this.rows += rows.matrix.rows
  }
}
