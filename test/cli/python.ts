// A Python with numpy, pyarrow, DuckDB and polars: one of our own in build/, made once where there is `python3`
// with `venv` and a package index.

import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'

const REQUIREMENTS = path.resolve('test/cli/requirements.txt')

/** What read_outputs.py says of a file. */
export interface ReadOutput {
  readonly type: string
  readonly shape?: readonly number[]
  readonly rows?: number
  readonly crc: number
  /** Values, or with `--lengths` how long they are. */
  /** With `--others`: the types and sums that DuckDB and polars find. */
  readonly others?: Readonly<Record<string, { readonly types: Readonly<Record<string, string>>; readonly crc: number }>>
  readonly columns?: Readonly<Record<string, readonly (string | number)[]>>
}

/** What reads outputs, or why nothing does. */
export type OutputReader =
  | {
      readonly read: (...paths: string[]) => ReadOutput[]
      /** What a script prints as JSON. */
      readonly evaluate: (script: string, ...args: string[]) => unknown
    }
  | { readonly reason: string }

export function outputReader(): OutputReader {
  const folder = path.resolve('build', `cli-python-${readFileSync(REQUIREMENTS, 'utf8').trim().replace(/\W+/g, '-')}`)
  const own = path.join(folder, ...(process.platform === 'win32' ? ['Scripts', 'python.exe'] : ['bin', 'python']))
  if (!existsSync(own) || !succeeds(own, ['-c', 'import duckdb, numpy, polars, pyarrow'])) {
    if (!succeeds('python3', ['-m', 'venv', '--clear', folder])) return { reason: 'no `python3` with `venv`' }
    const pip = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '-r', REQUIREMENTS]
    if (!succeeds(own, pip)) return { reason: '`pip install duckdb numpy polars pyarrow` failed' }
  }
  return {
    read: (...paths) =>
      JSON.parse(
        execFileSync(own, ['test/cli/read_outputs.py', ...paths], { encoding: 'utf8', maxBuffer: 2 ** 30 }),
      ) as ReadOutput[],
    evaluate: (script, ...args) =>
      JSON.parse(execFileSync(own, ['-c', script, ...args], { encoding: 'utf8' })) as unknown,
  }
}

function succeeds(command: string, args: readonly string[]): boolean {
  return spawnSync(command, args, { stdio: 'ignore' }).status === 0
}
