// Programs that only the tests of the packages use, from npm: package managers, bundlers and checkers of test/tools, runtimes of
// test/runtimes. They are installed into build/ once.

import { execFileSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'

/**
 * Installs what test/`name`/package.json lists, in exactly these versions, into build/`name`. Returns its node_modules; null where
 * the registry of npm can't be reached. There is no lockfile: npm can't make one that holds where a registry lacks the packages of
 * some foreign platform.
 */
export function installTools(name: 'tools' | 'runtimes'): string | null {
  const folder = path.resolve('build', name)
  const manifest = readFileSync(path.join('test', name, 'package.json'), 'utf8')
  const modules = path.join(folder, 'node_modules')
  if (isInstalled(folder, manifest)) return modules
  // Beside it, then renamed: several test files ask for the same tools at once.
  const fresh = mkdtempSync(`${folder}-`)
  writeFileSync(path.join(fresh, 'package.json'), manifest)
  try {
    execFileSync(
      'npm',
      ['install', '--no-audit', '--no-fund', '--no-package-lock', '--loglevel=error', '--ignore-scripts'],
      {
        cwd: fresh,
        stdio: ['ignore', 'pipe', 'pipe'],
        encoding: 'utf8',
      },
    )
  } catch (error) {
    rmSync(fresh, { recursive: true })
    const output = error instanceof Error && 'stderr' in error ? String(error.stderr) : ''
    if (/ENOTFOUND|ECONNREFUSED|EAI_AGAIN|ETIMEDOUT|ENETUNREACH/.test(output)) return null
    throw error
  }
  if (!isInstalled(folder, manifest)) rmSync(folder, { recursive: true, force: true })
  try {
    renameSync(fresh, folder)
  } catch (error) {
    // Another was first.
    rmSync(fresh, { recursive: true })
    if (!isInstalled(folder, manifest)) throw error
  }
  return modules
}

/** The manifest is written before the installation, which is renamed to its place when it is whole. */
function isInstalled(folder: string, manifest: string): boolean {
  const file = path.join(folder, 'package.json')
  return existsSync(file) && readFileSync(file, 'utf8') === manifest
}
