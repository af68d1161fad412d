// Runs a program of examples/ as it stands, with the packages of test/integrations, and compares
// what it prints with the nearest rows.

import { execFile } from 'node:child_process'
import { cpSync, mkdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs'
import path from 'node:path'
import { promisify } from 'node:util'

import type { ExecutionContext } from 'ava'
import { Model2VecEmbeddingFunction } from 'model2vec-node'
import type { EmbeddingMatrix, Dtype } from 'model2vec-node'

import { POTION } from '../test-data.js'

/** The questions that the programs ask. */
const QUERIES = ['play chess against the computer', 'filter out spam from my mail']

interface Document {
  readonly id: string
  readonly title: string
  readonly text: string
}

export const DOCUMENTS: readonly Document[] = readFileSync('examples/documents.jsonl', 'utf8')
  .trimEnd()
  .split('\n')
  .map((line) => JSON.parse(line) as Document)

export interface Hit {
  readonly id: string
  readonly score: number
}

const ef = new Model2VecEmbeddingFunction(POTION)

/** The vectors that a program stores. */
export async function stored(dtype: Dtype = 'float32'): Promise<EmbeddingMatrix<Dtype>> {
  return ef.encode(
    DOCUMENTS.map(({ text }) => text),
    { dtype },
  )
}

/** The bytes of each row, to compare with what comes back from a store. */
export async function storedBytes(dtype: Dtype = 'float32'): Promise<string[]> {
  const matrix = await stored(dtype)
  return DOCUMENTS.map((_, i) => matrix.bytes(i).toString('hex'))
}

/**
 * A folder of its own with the recipe, the documents, and the packages where the program looks for
 * them. It is in the package, which therefore finds itself by its name.
 *
 * @param under another name of the folder, for a second test file: these run at the same time
 */
export function install(name: string, under = name): string {
  const folder = path.resolve('build/recipes', under)
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true })
  cpSync(path.join('examples', name), path.join(folder, name), { recursive: true })
  cpSync('examples/documents.jsonl', path.join(folder, 'documents.jsonl'))
  symlinkSync(path.resolve('build/integrations/node_modules'), path.join(folder, 'node_modules'))
  return folder
}

/** Runs a program, and returns what it prints. */
export async function run(
  program: string,
  args: readonly string[] = [],
  { node = process.execPath, env = {} }: { readonly node?: string; readonly env?: NodeJS.ProcessEnv } = {},
): Promise<string> {
  const options = { timeout: 120_000, env: { ...process.env, NODE_ENV: undefined, ...env } }
  const { stdout } = await promisify(execFile)(node, [program, ...args], options)
  return stdout
}

/** The hits of each question: indented lines with a score, an id and a title. */
export function hitsOf(t: ExecutionContext, output: string): Hit[][] {
  const answers = output.split(/^(?=\S)/m).map((answer) => answer.trimEnd().split('\n'))
  t.deepEqual(
    answers.map(([query]) => query),
    QUERIES,
  )
  return answers.map(([, ...lines]) =>
    lines.map((line) => {
      const [, score, id = '', title] = /^ {2}(-?[\d.]+) {2}(\S+) {2}(.+)$/.exec(line) ?? []
      t.is(title, DOCUMENTS.find((document) => document.id === id)?.title, line)
      return { id, score: Number(score) }
    }),
  )
}

/**
 * Fails unless each question has the three nearest documents, with their scores. `tolerance` = by
 * how much a store's scores may be off: four digits are printed. `isApproximate` = the store's index
 * may miss others than the nearest.
 */
export async function hasNearest(
  t: ExecutionContext,
  output: string,
  {
    dtype = 'float32',
    tolerance = 0.00006,
    isApproximate = false,
  }: { readonly dtype?: Dtype; readonly tolerance?: number; readonly isApproximate?: boolean } = {},
): Promise<void> {
  const metric = dtype === 'binary' ? 'hamming' : 'cosine'
  const queries = await ef.encode(QUERIES, { dtype })
  const nearest = await (await stored(dtype)).nearest(queries, { k: DOCUMENTS.length, metric })
  for (const [i, hits] of hitsOf(t, output).entries()) {
    const all = nearest.list(i)
    t.is(hits.length, 3)
    t.is(new Set(hits.map(({ id }) => id)).size, 3)
    for (const [rank, { id, score }] of hits.entries()) {
      const own = all.find(({ index }) => DOCUMENTS[index]?.id === id)?.score ?? NaN
      // Of documents with one score any will do.
      const ranked = isApproximate && rank > 0 ? [] : [all[rank]?.score ?? NaN]
      for (const expected of [own, ...ranked]) {
        t.true(Math.abs(score - expected) <= tolerance, `${id}: ${score}, expected ${expected}`)
      }
    }
  }
}
