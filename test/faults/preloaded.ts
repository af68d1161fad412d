// Libraries in C that are loaded into a process before Node (LD_PRELOAD), and refuse what the
// system would do. Linux alone has them, and only where there is a compiler.

import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'

export const canPreload: boolean =
  process.platform === 'linux' && spawnSync('cc', ['--version'], { stdio: 'ignore' }).status === 0

/** The environment of a process into which a library of this folder is loaded. */
export function preloading(name: string, fault: Readonly<Record<string, string>>): Record<string, string> {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'model2vec-faults-'))
  process.once('exit', () => {
    rmSync(folder, { recursive: true, force: true })
  })
  const library = path.join(folder, `${name}.so`)
  execFileSync('cc', ['-shared', '-fPIC', '-O1', '-o', library, path.resolve(`test/faults/${name}.c`), '-ldl'])
  return { LD_PRELOAD: library, UV_USE_IO_URING: '0', ...fault }
}
