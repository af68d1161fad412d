// An application with this package installed beside its peers: each finds the others from where it
// is.

import { copyFileSync, cpSync, mkdirSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import path from 'node:path'

/**
 * Makes the folder of an application.
 *
 * @param peers packages of test/integrations, or the names by which the application has them and
 * what they are called there
 */
export function installApplication(folder: string, peers: readonly (string | readonly [string, string])[]): void {
  rmSync(folder, { recursive: true, force: true })
  const modules = path.join(folder, 'node_modules')
  const own = path.join(modules, 'model2vec-node')
  mkdirSync(own, { recursive: true })
  cpSync('dist', path.join(own, 'dist'), { recursive: true })
  for (const file of ['package.json', ...readdirSync('.').filter((name) => name.endsWith('.node'))]) {
    copyFileSync(file, path.join(own, file))
  }
  for (const peer of peers) {
    const [name, there] = typeof peer === 'string' ? [peer, peer] : peer
    mkdirSync(path.dirname(path.join(modules, name)), { recursive: true })
    symlinkSync(path.resolve('build/integrations/node_modules', there), path.join(modules, name))
  }
  // The end of the search for this package's name: the repository is that package, too.
  writeFileSync(path.join(folder, 'package.json'), '{"private":true}')
}
