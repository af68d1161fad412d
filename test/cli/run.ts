// Runs the real command line.

import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { mkdtempSync, readFileSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'

export const MAIN: string = path.resolve('dist/cli/main.js')

export interface Outcome {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  readonly out: string
  readonly err: string
}

export interface RunOptions {
  readonly stdin?: string | Buffer
  /** The program, where it is another than that of the built package. */
  readonly main?: string
  /** The user of the process. */
  readonly uid?: number | undefined
  /** Options of Node. */
  readonly node?: readonly string[]
  /** Environment variables beside those of this process. */
  readonly env?: Readonly<Record<string, string>>
  /** Whether the caller writes to standard input, and ends it. */
  readonly keepsInput?: boolean
  /** Called when the process runs. */
  readonly onStart?: (child: ChildProcess) => void
}

export function run(
  args: readonly string[],
  { stdin, main = MAIN, uid, node = [], env, keepsInput = false, onStart }: RunOptions = {},
): Promise<Outcome> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [...node, main, ...args], { uid, env: { ...process.env, ...env } })
    let [out, err] = ['', '']
    child.stdout.setEncoding('utf8').on('data', (text: string) => (out += text))
    child.stderr.setEncoding('utf8').on('data', (text: string) => (err += text))
    // A command that ends early leaves its input.
    child.stdin.on('error', () => undefined)
    if (!keepsInput) child.stdin.end(stdin)
    child.on('error', reject)
    child.on('spawn', () => onStart?.(child))
    child.on('close', (code, signal) => {
      resolve({ code, signal, out, err })
    })
  })
}

/** Options of a run into which a script of `preload/` is loaded. */
export function preloaded(
  name: string,
  env: Readonly<Record<string, string>>,
): { readonly node: readonly string[]; readonly env: Readonly<Record<string, string>> } {
  return { node: ['--require', path.resolve(`build/test/cli/preload/${name}.js`)], env }
}

/** A run that gets a signal at a place: see preload/signal-at.ts. */
export function signaled(
  args: readonly string[],
  signal: NodeJS.Signals,
  place: number | 'start' | 'checkpoint',
): Promise<Outcome> {
  return run(args, preloaded('signal-at', { TEST_SIGNAL_AT: `${signal} ${place}` }))
}

/** A run with little memory for JavaScript, and the most memory that it had, in MB. */
export async function measured(args: readonly string[]): Promise<Outcome & { readonly peak: number }> {
  const file = path.join(emptyDirectory(), 'peak')
  const { node, env } = preloaded('peak-memory', { TEST_PEAK_FILE: file })
  // Without a limit, V8 leaves garbage where there is memory enough.
  const outcome = await run(args, { node: ['--max-old-space-size=64', ...node], env })
  return { ...outcome, peak: Number(readFileSync(file, 'utf8')) }
}

export function model2vec(...args: readonly string[]): Promise<Outcome> {
  return run(args)
}

/** An empty directory. */
export function emptyDirectory(): string {
  return mkdtempSync(path.join(os.tmpdir(), 'model2vec-cli-'))
}
