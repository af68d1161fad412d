// Runs the real command line.

import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { mkdtempSync } from 'node:fs'
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
  /** Options of Node. */
  readonly node?: readonly string[]
  /** Beside those of this process. */
  readonly env?: Readonly<Record<string, string>>
  /** The caller writes to standard input, and ends it. */
  readonly keepsInput?: boolean
  /** Called with the process once it runs. */
  readonly onStart?: (child: ChildProcess) => void
}

export function run(
  args: readonly string[],
  { stdin, node = [], env, keepsInput = false, onStart }: RunOptions = {},
): Promise<Outcome> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [...node, MAIN, ...args], { env: { ...process.env, ...env } })
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

export function model2vec(...args: readonly string[]): Promise<Outcome> {
  return run(args)
}

/** An empty directory. */
export function emptyDirectory(): string {
  return mkdtempSync(path.join(os.tmpdir(), 'model2vec-cli-'))
}
