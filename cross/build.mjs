// Builds the native module for a target, and looks at the file without running it: what it is linked with, and what it asks of the
// system's library.

import { copyFileSync, mkdirSync, readFileSync, statSync } from 'node:fs'
import { createHash } from 'node:crypto'
import path from 'node:path'

import { readMachO } from './mach-o.mjs'
import { GLIBC_FLOOR } from './targets.mjs'
import { builder, run } from './toolchain.mjs'

const CARGO_FOLDER = path.resolve('target/cross/cargo')
const LIBRARY = { linux: 'libmodel2vec_node.so', darwin: 'libmodel2vec_node.dylib', win32: 'model2vec_node.dll' }

/** Runs cargo-zigbuild for a target. */
export function cargo(target, args, { environment: more = {}, ...options } = {}) {
  const { program, environment, options: cargoOptions } = builder(target)
  const [command, ...rest] = args
  run(
    program,
    [command, ...cargoOptions, '--locked', '-j1', '--target', target.rust, '--target-dir', CARGO_FOLDER, ...rest],
    {
      stdio: ['ignore', 'inherit', 'inherit'],
      env: { ...environment, ...more },
      ...options,
    },
  )
}

/** Builds the addon. Returns the file, and what the record says of it. */
export function buildTarget(target) {
  cargo(target, ['zigbuild', '-p', 'model2vec-node', '--release'])
  const [system] = target.platform.split('-')
  const folder = target.rust.replace(/\.\d+\.\d+$/, '')
  const library = path.join(CARGO_FOLDER, folder, 'release', LIBRARY[system])
  const addon = path.resolve(`target/cross/model2vec.${target.platform}.node`)
  mkdirSync(path.dirname(addon), { recursive: true })
  copyFileSync(library, addon)
  const sha256 = createHash('sha256').update(readFileSync(addon)).digest('hex')
  return { addon, bytes: statSync(addon).size, sha256, ...inspect(target, addon) }
}

/** What a build needs of its system. Throws when that is more than it may. */
function inspect({ platform, system }, addon) {
  const needs = platform.startsWith('linux-') ? inspectElf : platform.startsWith('win32-') ? inspectPe : readMachO
  const found = needs(addon)
  const unexpected = found.libraries.filter((name) => !system.test(name))
  if (unexpected.length > 0) throw new Error(`${addon} is linked with ${unexpected.join(', ')}`)
  if (found.libraries.length === 0) throw new Error(`${addon} is linked with nothing: it was not read right`)
  if (platform.endsWith('-gnu')) {
    const [major, minor] = found.glibc.split('.').map(Number)
    if (major > GLIBC_FLOOR[0] || minor > GLIBC_FLOOR[1]) {
      throw new Error(`${addon} asks for glibc ${found.glibc}, newer than ${GLIBC_FLOOR.join('.')}`)
    }
  }
  return found
}

function inspectElf(addon) {
  const libraries = [...run('readelf', ['-dW', addon]).matchAll(/\(NEEDED\).*\[(.*)\]/g)].map(([, name]) => name)
  const versions = [...run('readelf', ['-VW', addon]).matchAll(/Name: GLIBC_([\d.]+)/g)].map(([, version]) => version)
  const newest = versions.sort(byVersion).at(-1)
  return { libraries, ...(newest === undefined ? {} : { glibc: newest }) }
}

function byVersion(one, other) {
  return one.localeCompare(other, 'en', { numeric: true })
}

function inspectPe(addon) {
  const imports = run('x86_64-w64-mingw32-objdump', ['-p', addon])
  return { libraries: [...imports.matchAll(/DLL Name: (\S+)/g)].map(([, name]) => name) }
}
