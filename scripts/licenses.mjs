// Checks all packages of all lock files: each must come from the public registry, have a checksum,
// and be under a license that we accept. Every package.json must name versions of the registry
// only. What is linked into the native modules has stricter rules (scripts/notices.mjs).
//
// The check uses no network. npm's lock files name the licenses. cargo's don't, so those of the
// crates are in scripts/crate-licenses.json. `npm run licenses -- --write` writes it again from
// what `cargo metadata` says, then checks; cargo may download crates for it.

import { execFileSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'

import { root } from './setup.mjs'
import { report, sourceFiles } from './source-files.mjs'

/** Licenses that every package may have, as SPDX names them. */
const ACCEPTED = new Set([
  ...['MIT', 'ISC', '0BSD', 'BSD-2-Clause', 'BSD-3-Clause', 'Apache-2.0', 'Zlib', 'BSL-1.0', 'Unlicense'],
  ...['CC0-1.0', 'BlueOak-1.0.0', 'Unicode-3.0', 'NCSA'],
])
/**
 * Licenses that only the named packages may have. None of these is in what we publish, or linked
 * into it.
 */
const ALSO_ACCEPTED = {
  // Development dependencies, unchanged: `argparse`, and two packages that
  // @zilliz/milvus2-sdk-node brings.
  'PSF-2.0': ['argparse'],
  'LGPL-3.0-or-later': ['memium', 'utilium'],
  // Of the recipes' tests: "Anybody can modify or re-license it for any purpose, without restriction".
  'LicenseRef-public-domain': ['uri-templates'],
  // Dependencies of the Rust libraries that the benchmarks compare with.
  'MPL-2.0': ['colored', 'option-ext'],
  'CDLA-Permissive-2.0': ['webpki-roots'],
}
/**
 * Crates and packages that name no license where it is looked for, or name it otherwise than SPDX
 * does: read by hand in their text.
 */
const READ_BY_HAND = {
  'model2vec-rs': 'MIT',
  'base-64': 'MIT',
  'json-bignum': 'MIT',
  usearch: 'Apache-2.0',
  'sqlite-vec': 'MIT OR Apache-2.0',
  'sqlite-vec-darwin-arm64': 'MIT OR Apache-2.0',
  'sqlite-vec-darwin-x64': 'MIT OR Apache-2.0',
  'sqlite-vec-linux-arm64': 'MIT OR Apache-2.0',
  'sqlite-vec-linux-x64': 'MIT OR Apache-2.0',
  'sqlite-vec-windows-x64': 'MIT OR Apache-2.0',
  'uri-templates': 'LicenseRef-public-domain',
}
const INVENTORY = 'scripts/crate-licenses.json'
const CRATES_IO = 'registry+https://github.com/rust-lang/crates.io-index'

process.chdir(root)
const cargoLocks = sourceFiles(/^Cargo\.lock$/)
if (process.argv.includes('--write')) writeFileSync(INVENTORY, `${JSON.stringify(inventory(), null, 2)}\n`)
const licenseOf = new Map(
  Object.entries(JSON.parse(readFileSync(INVENTORY, 'utf8'))).flatMap(([license, crates]) =>
    crates.map((crate) => [crate, license]),
  ),
)
const npmLocks = sourceFiles(/^package-lock\.json$/)
const locked = [...npmLocks.flatMap(npmPackages), ...cargoLocks.flatMap(crates)]
const faults = [
  ...locked.flatMap(faultsOf),
  ...sourceFiles(/^package\.json$/).flatMap(foreignSpecifiers),
  ...unlockedInventory(),
]
report(
  faults,
  `${locked.length} packages of ${npmLocks.length + cargoLocks.length} lock files have a source and a license`,
)

/** The packages of one of npm's lock files. `isOurs` = a package of this repository. */
function npmPackages(lock) {
  const { packages } = JSON.parse(readFileSync(lock, 'utf8'))
  const folders = new Set(Object.values(packages).flatMap(({ link, resolved }) => (link === true ? [resolved] : [])))
  return Object.entries(packages).map(([place, { version, license, integrity, resolved, link }]) => ({
    lock,
    name: nameOf(place),
    version,
    license: READ_BY_HAND[nameOf(place)] ?? license,
    isOurs: place === '' || link === true || folders.has(place),
    // npm omits the address of a package of the registry (`omit-lockfile-registry-resolved`, which our
    // lock files are written with), and of no other.
    isFromRegistry: resolved === undefined,
    source: resolved,
    checksum: integrity,
  }))
}

/** The package that a place in a lock file of npm is for. */
function nameOf(place) {
  return place.replace(/^.*node_modules\//, '')
}

function crates(lock) {
  const [, ...entries] = readFileSync(lock, 'utf8').split('[[package]]')
  const own = new Set(cratesOf(lock))
  return entries.map((entry) => {
    const field = (name) => new RegExp(`^${name} = "(.*)"$`, 'm').exec(entry)?.[1]
    const [name, version, source] = [field('name'), field('version'), field('source')]
    return {
      lock,
      name,
      version,
      license: licenseOf.get(`${name} ${version}`),
      isOurs: source === undefined && own.has(name),
      isFromRegistry: source === CRATES_IO,
      source,
      checksum: field('checksum'),
    }
  })
}

/**
 * The names of our own crates that a lock file may have. A lock file names no source for them, but
 * neither for a path dependency on a crate outside of this repository, which is a fault.
 */
function cratesOf(lock) {
  const manifests = lock === 'Cargo.lock' ? sourceFiles(/^Cargo\.toml$/, 'crates') : [lock.replace('.lock', '.toml')]
  const all = [...manifests, 'crates/engine/Cargo.toml']
  return all.flatMap((manifest) => /^\[package\]\nname = "(.*)"$/m.exec(readFileSync(manifest, 'utf8'))?.[1] ?? [])
}

/** What is wrong with one package of {@link locked}. */
function faultsOf({ lock, name, version, license, isOurs, isFromRegistry, source, checksum }) {
  if (isOurs) return []
  const what = `${lock}: ${name} ${version}`
  return [
    ...(isFromRegistry ? [] : [`${what} is from ${source ?? 'a folder'}, expected the public registry`]),
    ...(checksum === undefined ? [`${what} has no checksum`] : []),
    ...(license === undefined
      ? [`${what} has no known license: for a crate run \`npm run licenses -- --write\``]
      : isAccepted(license, name)
        ? []
        : [`${what} is under \`${license}\`, expected one of the licenses in scripts/licenses.mjs`]),
  ]
}

/**
 * Whether a license expression of SPDX is satisfied by accepted licenses. `/` is cargo's old `OR`;
 * an exception (`WITH …`) only permits more, so it is ignored.
 *
 * The expression is read as parts joined by `AND`, all of which must hold, each with alternatives
 * joined by `OR`, one of which is enough: `(MIT OR Apache-2.0) AND Unicode-3.0`. Parentheses are
 * ignored, so another nesting, or `OR` next to `AND` without them, is read more strictly than SPDX
 * means it: a license may be refused wrongly, but not accepted wrongly.
 */
function isAccepted(expression, name) {
  const holds = (license) => ACCEPTED.has(license) || ALSO_ACCEPTED[license]?.includes(name) === true
  const plain = expression.replace(/ WITH [\w-]+/g, '').replace(/ *\/ */g, ' OR ')
  const alternatives = (text) => text.split(' OR ').some((each) => holds(each.trim()))
  return plain.split(' AND ').every((each) => alternatives(each.replace(/[()]/g, '')))
}

/** Dependencies that a package.json does not take from the registry: a folder, git, an address. */
function foreignSpecifiers(file) {
  const { dependencies, devDependencies, optionalDependencies, peerDependencies } = JSON.parse(
    readFileSync(file, 'utf8'),
  )
  const all = { ...dependencies, ...devDependencies, ...optionalDependencies, ...peerDependencies }
  return Object.entries(all)
    .filter(([, specifier]) => !/^(npm:(@[\w-]+\/)?[\w.-]+@)?[\^~>=<\d. |*x-]+(-r\.\d+)?$/.test(specifier))
    .map(([name, specifier]) => `${file}: ${name} is \`${specifier}\`, expected a version of the public registry`)
}

/** Crates of the inventory that no lock file has anymore. */
function unlockedInventory() {
  const known = new Set(locked.map(({ name, version }) => `${name} ${version}`))
  return [...licenseOf.keys()]
    .filter((crate) => !known.has(crate))
    .map((crate) => `${INVENTORY}: no lock file has ${crate}: run \`npm run licenses -- --write\``)
}

/** The inventory, made again: the crates of all lock files by license, without our own. */
function inventory() {
  const groups = {}
  for (const lock of cargoLocks) {
    const manifest = path.join(path.dirname(lock), 'Cargo.toml')
    const command = ['metadata', '--locked', '--format-version', '1', '--manifest-path', manifest]
    const output = execFileSync('cargo', command, { encoding: 'utf8', maxBuffer: 1 << 28 })
    for (const { name, version, license, source } of JSON.parse(output).packages) {
      if (source === null) continue
      const group = (groups[license ?? READ_BY_HAND[name] ?? 'none'] ??= [])
      if (!group.includes(`${name} ${version}`)) group.push(`${name} ${version}`)
    }
  }
  const sorted = Object.entries(groups).sort(([one], [other]) => (one < other ? -1 : 1))
  return Object.fromEntries(sorted.map(([license, names]) => [license, names.sort()]))
}
