// `node scripts/build-release.mjs FILE [--target TARGET[.GLIBC]]`: builds the native module as the
// release workflow publishes it, into FILE. On Linux with a target it is cargo-zigbuild that links.
//
// Nothing of the machine goes into the file: the paths of the checkout, of cargo's downloads and of
// Rust's own sources, which messages of panics name, are replaced by fixed ones. So two builds of a
// commit by the same tools give the same bytes, wherever they run (scripts/test-reproducible.mjs).

import { execFileSync } from 'node:child_process'
import { copyFileSync } from 'node:fs'
import { homedir } from 'node:os'
import path from 'node:path'
import { parseArgs } from 'node:util'

import { root } from './setup.mjs'

/** Between the flags of CARGO_ENCODED_RUSTFLAGS: paths may have spaces. */
const SEPARATOR = '\x1f'
const LIBRARY = { linux: 'libmodel2vec_node.so', darwin: 'libmodel2vec_node.dylib', win32: 'model2vec_node.dll' }

const { values, positionals } = parseArgs({ options: { target: { type: 'string' } }, allowPositionals: true })
const [file] = positionals
if (file === undefined) throw new Error('usage: node scripts/build-release.mjs FILE [--target TARGET]')
const { target } = values

process.chdir(root)
const command = target !== undefined && process.platform === 'linux' ? 'zigbuild' : 'build'
const options = ['--release', '--locked', '-p', 'model2vec-node', ...(target === undefined ? [] : ['--target', target])]
const folder = path.join(process.env.CARGO_TARGET_DIR ?? 'target', target?.replace(/\.\d+\.\d+$/, '') ?? '', 'release')
execFileSync('cargo', [command, ...options], { stdio: 'inherit', env: environment() })
copyFileSync(path.join(folder, LIBRARY[process.platform]), file)

/** RUSTFLAGS, and what keeps paths and the time out of the file. */
function environment() {
  const { RUSTFLAGS = '', ...others } = process.env
  // Microsoft's linker would write the time.
  const linker = process.platform === 'win32' ? ['-Clink-arg=/Brepro'] : []
  const flags = [...RUSTFLAGS.split(' ').filter((flag) => flag !== ''), ...replacedPaths(), ...linker]
  return { ...others, CARGO_ENCODED_RUSTFLAGS: flags.join(SEPARATOR) }
}

function replacedPaths() {
  const cargoHome = path.resolve(process.env.CARGO_HOME ?? path.join(homedir(), '.cargo'))
  const sysroot = rustc('--print', 'sysroot').trim()
  const [, commit] = /^commit-hash: (.*)$/m.exec(rustc('-vV')) ?? []
  const replacements = [
    [path.resolve('.'), '/model2vec-node'],
    [cargoHome, '/cargo'],
    // As the library itself was built, where its source is installed too.
    [path.join(sysroot, 'lib/rustlib/src/rust'), `/rustc/${commit}`],
  ]
  return replacements.map(([from, to]) => `--remap-path-prefix=${from}=${to}`)
}

function rustc(...args) {
  return execFileSync('rustc', args, { encoding: 'utf8' })
}
