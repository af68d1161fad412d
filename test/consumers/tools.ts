// Programs that only the tests of the packages use, from npm: package managers, bundlers and checkers of test/tools, runtimes of
// test/runtimes. They are installed into build/ once.

import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'

/**
 * Installs what test/`name`/package.json lists, in exactly these versions, into build/`name`. Returns its node_modules; null where
 * the registry of npm can't be reached. There is no lockfile: npm can't make one that holds where a registry lacks the packages of
 * some foreign platform.
 */
export function installTools(name: 'tools' | 'runtimes'): string | null {
  const folder = path.resolve('build', name)
  const manifest = readFileSync(path.join('test', name, 'package.json'), 'utf8')
  const stamp = path.join(folder, 'installed')
  const modules = path.join(folder, 'node_modules')
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === manifest) return modules
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true })
  writeFileSync(path.join(folder, 'package.json'), manifest)
  try {
    execFileSync(
      'npm',
      ['install', '--no-audit', '--no-fund', '--no-package-lock', '--loglevel=error', '--ignore-scripts'],
      {
        cwd: folder,
        stdio: ['ignore', 'pipe', 'pipe'],
        encoding: 'utf8',
      },
    )
  } catch (error) {
    const output = error instanceof Error && 'stderr' in error ? String(error.stderr) : ''
    if (/ENOTFOUND|ECONNREFUSED|EAI_AGAIN|ETIMEDOUT|ENETUNREACH/.test(output)) return null
    throw error
  }
  writeFileSync(stamp, manifest)
  return modules
}
