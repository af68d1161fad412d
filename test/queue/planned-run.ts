// Documents in files, a manifest of their shards, and the vectors that they have to get.

import { mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'

import type { ExecutionContext } from 'ava'
import { Model2VecEmbeddingFunction } from 'model2vec-node'

import { model2vec } from '../cli/run.js'
import { SMALL } from '../test-data.js'

/** Two files, of two shards each with more rows than a batch has. */
const FILES = 2
const ROWS_OF_FILE = 4400
export const SHARDS = 4

const TITLES = readFileSync('examples/documents.jsonl', 'utf8')
  .trimEnd()
  .split('\n')
  .map((line) => (JSON.parse(line) as { title: string }).title)

const ef = new Model2VecEmbeddingFunction(SMALL)

export interface PlannedRun {
  readonly folder: string
  readonly inputs: readonly string[]
  readonly manifest: string
  /** The folder of the outputs. */
  readonly out: string
  /** In the order of the inputs. */
  readonly ids: readonly string[]
  readonly dim: number
  /** Vectors in hex by their ids. */
  readonly expected: ReadonlyMap<string, string>
}

function textOf(row: number): string {
  return `${TITLES[row % TITLES.length] ?? ''} ${row}`
}

let expectedRows: Promise<readonly string[]> | undefined

/** The vectors of all rows, made once. */
async function vectors(): Promise<readonly string[]> {
  const texts = Array.from({ length: FILES * ROWS_OF_FILE }, (_, row) => textOf(row))
  const matrix = await ef.encode(texts)
  return texts.map((_, i) => matrix.bytes(i).toString('hex'))
}

/** @param hasIds whether rows have the ids of their field: outputs of vectors alone have none */
export async function planRun(t: ExecutionContext, hasIds: boolean): Promise<PlannedRun> {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'model2vec-queue-'))
  t.teardown(() => {
    rmSync(folder, { recursive: true, force: true })
  })
  const ids = Array.from({ length: FILES * ROWS_OF_FILE }, (_, row) => `document-${row}`)
  const inputs = Array.from({ length: FILES }, (_, i) => path.join(folder, `in-${i}.jsonl`))
  for (const [i, file] of inputs.entries()) {
    const lines = ids
      .slice(i * ROWS_OF_FILE, (i + 1) * ROWS_OF_FILE)
      .map((id, row) => JSON.stringify({ id, text: textOf(i * ROWS_OF_FILE + row) }))
    writeFileSync(file, `${lines.join('\n')}\n`)
  }
  const [out, manifest] = [path.join(folder, 'out'), path.join(folder, 'run.manifest')]
  mkdirSync(out)
  const columns = hasIds ? ['--ending', '.jsonl', '--id-field', 'id'] : []
  const { code, err } = await model2vec('plan', ...inputs, ...planOptions({ out, manifest }), ...columns)
  t.is(code, 0, err)
  const hex = await (expectedRows ??= vectors())
  const expected = new Map(ids.map((id, row) => [id, hex[row] ?? '']))
  return { folder, inputs, manifest, out, ids, dim: ef.dim, expected }
}

/** Options of `plan`. */
export function planOptions({ out, manifest }: Pick<PlannedRun, 'out' | 'manifest'>): string[] {
  return ['--shards', String(SHARDS), '--out-dir', out, '--manifest', manifest, '--model', SMALL]
}

/** Changes a byte of a file; returns what changes it back. */
export function change(file: string): () => void {
  const kept = `${file}.kept`
  renameSync(file, kept)
  writeFileSync(file, readFileSync(kept, 'utf8').replace(/"text":"./, '"text":"#'))
  return () => {
    renameSync(kept, file)
  }
}
