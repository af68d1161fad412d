// Packages of npm that only tests use: package managers, bundlers and checkers of test/tools,
// runtimes of test/runtimes, frameworks and stores of test/integrations, a registry of
// test/registry. They are installed into build/ once.

import { execFileSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'

import { whileLocked } from './lock.js'

/**
 * Installs what test/`name`/package.json lists, in exactly these versions, into build/`name`.
 * Returns its node_modules; null where the registry of npm can't be reached. Only integrations have
 * a lockfile, for the platform that they are tested on: npm can't make one that holds where a
 * registry lacks the packages of some foreign platform.
 */
export function installTools(name: 'tools' | 'runtimes' | 'integrations' | 'registry'): string | null {
  const folder = path.resolve('build', name)
  const files = ['package.json', 'package-lock.json'].filter((file) => existsSync(path.join('test', name, file)))
  const contents = new Map(files.map((file) => [file, readFileSync(path.join('test', name, file), 'utf8')]))
  const modules = path.join(folder, 'node_modules')
  if (isInstalled(folder, contents)) return modules
  // Several test files ask for the same tools at once: one installs, the others wait.
  return whileLocked(`${folder}.lock`, () =>
    isInstalled(folder, contents) || install(folder, contents) ? modules : null,
  )
}

/** Whether it could be installed; it can't where the registry can't be reached. */
function install(folder: string, contents: ReadonlyMap<string, string>): boolean {
  // Beside it, then renamed: an installation that was interrupted is none.
  const fresh = mkdtempSync(`${folder}-`)
  for (const [file, content] of contents) writeFileSync(path.join(fresh, file), content)
  // Not `npm ci`: npm 11 refuses a lock file without the packages of other platforms.
  const args = contents.has('package-lock.json') ? ['install'] : ['install', '--no-package-lock']
  try {
    execFileSync('npm', [...args, '--no-audit', '--no-fund', '--loglevel=error', '--ignore-scripts'], {
      cwd: fresh,
      stdio: ['ignore', 'pipe', 'pipe'],
      encoding: 'utf8',
    })
  } catch (error) {
    rmSync(fresh, { recursive: true })
    const output = error instanceof Error && 'stderr' in error ? String(error.stderr) : ''
    if (/ENOTFOUND|ECONNREFUSED|EAI_AGAIN|ETIMEDOUT|ENETUNREACH/.test(output)) return false
    throw error
  }
  // npm adds to a lock file what it learns, such as scripts: no reason to install once more.
  for (const [file, content] of contents) writeFileSync(path.join(fresh, file), content)
  rmSync(folder, { recursive: true, force: true })
  renameSync(fresh, folder)
  return true
}

/**
 * These files are written before the installation, which is renamed to its place when it is whole.
 */
function isInstalled(folder: string, contents: ReadonlyMap<string, string>): boolean {
  return [...contents].every(([name, content]) => {
    const file = path.join(folder, name)
    return existsSync(file) && readFileSync(file, 'utf8') === content
  })
}
