// Python environments for the tests, in build/: each made once where there is `python3` with `venv`
// and a package index.

import { spawnSync } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { existsSync, readFileSync, renameSync, rmSync } from 'node:fs'
import path from 'node:path'

/** The interpreter, or why there is none. */
export type Python = { readonly command: string } | { readonly command: null; readonly reason: string }

/** An environment with the packages of a requirements file, in which `imported` can be imported. */
export function pythonEnvironment(requirements: string, imported: string): Python {
  const packages = readFileSync(requirements, 'utf8').trim()
  const folder = path.resolve('build', `python-${packages.replace(/\W+/g, '-')}`)
  const usable = (python: string): boolean => canImport(python, imported)
  if (existsSync(folder) && usable(interpreter(folder))) return { command: interpreter(folder) }
  // Several test files may be at it at once: each makes its own, and the first to be done is kept.
  const own = `${folder}.${randomUUID()}`
  try {
    if (!succeeds('python3', ['-m', 'venv', own])) return none('no `python3` with `venv`')
    const pip = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '-r', path.resolve(requirements)]
    if (!succeeds(interpreter(own), pip)) return none(`\`pip install ${packages.split(/\s+/).join(' ')}\` failed`)
    if (existsSync(folder) && !usable(interpreter(folder))) rmSync(folder, { recursive: true, force: true })
    try {
      renameSync(own, folder)
    } catch {
      // Another one was first.
    }
    return usable(interpreter(folder)) ? { command: interpreter(folder) } : none(`${imported} can't be imported`)
  } finally {
    rmSync(own, { recursive: true, force: true })
  }
}

export function canImport(python: string, imported: string): boolean {
  return succeeds(python, ['-c', `import ${imported}`])
}

export function none(reason: string): Python {
  return { command: null, reason }
}

function interpreter(folder: string): string {
  return path.join(folder, ...(process.platform === 'win32' ? ['Scripts', 'python.exe'] : ['bin', 'python']))
}

function succeeds(command: string, args: readonly string[]): boolean {
  return spawnSync(command, args, { stdio: 'ignore' }).status === 0
}
