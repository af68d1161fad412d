// Embeds a file of some content, and what came of it.

import { readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'

import { SMALL } from '../test-data.js'
import { emptyDirectory, model2vec } from './run.js'
import type { Outcome } from './run.js'

/** The vectors of a `.npy` of float32, whose header is 128 bytes. */
export function vectorsOf(file: string): Float32Array {
  const bytes = readFileSync(file)
  return new Float32Array(bytes.buffer.slice(bytes.byteOffset + 128, bytes.byteOffset + bytes.length))
}

export interface Embedded extends Outcome {
  readonly vectors: () => Float32Array
  /** The messages for lines that were skipped, from their number on. */
  readonly skipped: readonly string[]
}

export async function embedded(name: string, content: string | Buffer, ...options: string[]): Promise<Embedded> {
  const directory = emptyDirectory()
  const [file, out] = [path.join(directory, name), path.join(directory, 'out.npy')]
  writeFileSync(file, content)
  const outcome = await model2vec('embed', file, '-o', out, '--model', SMALL, ...options)
  const start = `model2vec: skipped ${file}:`
  const skipped = outcome.err.split('\n').flatMap((line) => (line.startsWith(start) ? [line.slice(start.length)] : []))
  return { ...outcome, skipped, vectors: () => vectorsOf(out) }
}
