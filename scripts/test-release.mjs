// `npm run test:release`: the release on this machine. It packs all ten packages, publishes them to
// a registry here with the script of the release workflow, and installs them from there with npm,
// pnpm, Yarn and Bun into empty projects, where the README's first example has to run. The native
// modules of other platforms are stand-ins: nothing here can run them.

import { execFileSync } from 'node:child_process'
import { copyFileSync, existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'

import { platforms } from './package.mjs'
import { root, setup } from './setup.mjs'

process.chdir(root)
setup()
const place = path.resolve('build/release')
const addons = path.join(place, 'addons')
rmSync(place, { recursive: true, force: true })
mkdirSync(addons, { recursive: true })
for (const platform of platforms()) {
  const addon = `model2vec.${platform}.node`
  if (existsSync(addon)) copyFileSync(addon, path.join(addons, addon))
  else writeFileSync(path.join(addons, addon), 'a stand-in')
}
const packages = 'build/release/packages'
for (const args of [
  ['scripts/package.mjs', '--addons', addons, '--all', '--to', packages],
  ['scripts/compile-tests.mjs'],
  ['build/test/consumers/walk-release.js', packages, path.join(place, 'registry')],
]) {
  execFileSync(process.execPath, args, { stdio: 'inherit' })
}
rmSync(place, { recursive: true })
