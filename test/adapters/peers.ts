// The frameworks and stores of test/integrations: installed once, imported by a test or by a
// program that runs in a Node of its own.

import { execFile } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { promisify } from 'node:util'

import test from 'ava'
import type { ImplementationFn } from 'ava'

import { installTools } from '../consumers/tools.js'

/** Why the peers can't be had here; null = they are installed. */
export const reason: string | null =
  os.platform() !== 'linux' || os.arch() !== 'x64'
    ? 'the lock file of test/integrations is for Linux on x64'
    : installTools('integrations') === null
      ? "npm's registry can't be reached"
      : null

// Where `import` starts to look for a peer.
if (reason === null)
  writeFileSync(path.resolve('build/integrations/import.mjs'), 'export default (name) => import(name)\n')

/**
 * A test that needs the peers: skipped where they can't be had. On Linux that fails a run of CI.
 */
export function testWithPeers(title: string, implementation: ImplementationFn<[]>, because = reason): void {
  if (because === null) test.serial(title, implementation)
  else if (process.env.CI === undefined || os.platform() !== 'linux' || os.arch() !== 'x64') {
    test.serial.skip(`${title} (${because})`, implementation)
  } else test.serial(title, (t) => t.fail(because))
}

/** A Node of at least this major version: this one, or one of test/runtimes. */
export function nodeOf(major: number): string {
  if (Number(process.versions.node.split('.')[0]) >= major) return process.execPath
  return path.join(installTools('runtimes') ?? '', `node-${major}/bin/node`)
}

export interface ProgramOptions {
  readonly node?: string
  readonly flags?: readonly string[]
  /** The folder of `programs/`, in test/. */
  readonly of?: 'adapters' | 'server'
}

/**
 * Runs a file of test/adapters/programs, or of another `programs`, with an input, and returns what it
 * prints; both are JSON.
 */
export async function runProgram<T>(
  name: string,
  input: unknown,
  { node = process.execPath, flags = [], of = 'adapters' }: ProgramOptions = {},
): Promise<T> {
  const program = path.resolve('build/test', of, 'programs', `${name}.js`)
  const options = { timeout: 300_000, maxBuffer: 1 << 28 }
  const running = promisify(execFile)(node, [...flags, program], options)
  running.child.stdin?.end(JSON.stringify(input))
  const { stdout } = await running
  return JSON.parse(stdout) as T
}
