// THIRD-PARTY-NOTICES.txt: the licenses of what is linked into the native modules, packed beside
// each of them. Made from what cargo says of the eight targets and from the texts in the crates
// themselves. `--write` writes it; without, a difference is named and fails.
//
// Not in it, as their licenses ask for no notice in a binary: LLVM's unwinder and runtime (its
// exception for compiled code), which zig links into the Linux builds, and Microsoft's C runtime in
// those for Windows.

import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import process from 'node:process'

import { root } from './setup.mjs'

const FILE = 'THIRD-PARTY-NOTICES.txt'
/**
 * The one that we use a crate under, where it offers several: the first of these. Another license
 * needs a decision.
 */
const ACCEPTED = ['MIT', 'ISC', 'Apache-2.0', 'BSD-3-Clause']
/**
 * Rust's own library is in every build, and no package of cargo's. All of it may be used under MIT.
 * From its COPYRIGHT-library.html.
 */
const RUST_LIBRARY = {
  'The Rust standard library': ['Copyright (c) The Rust Project Developers'],
  'std::sync::mpmc': ['Copyright (c) 2019 The Crossbeam Project Developers'],
  'backtrace, cfg-if, rustc-demangle': ['Copyright (c) 2014 Alex Crichton'],
  addr2line: ['Copyright (c) 2016-2018 The gimli Developers'],
  gimli: ['Copyright (c) 2015 The Rust Project Developers'],
  hashbrown: ["Copyright (c) 2016 Amanieu d'Antras"],
  memchr: ['Copyright (c) 2015 Andrew Gallant'],
  miniz_oxide: ['Copyright (c) 2017 Frommi', 'Copyright (c) 2017-2024 oyvindln'],
  object: ['Copyright (c) 2015 The Gimli Developers'],
}
/**
 * The tables of Unicode in the engine, in this crate and in Rust's library are made from Unicode's
 * data files.
 */
const UNICODE = { crate: 'regex-syntax', file: 'src/unicode_tables/LICENSE-UNICODE' }

process.chdir(root)
const expected = notices()
if (process.argv.includes('--write')) {
  writeFileSync(FILE, expected)
} else if (readFileSync(FILE, 'utf8') === expected) {
  console.log(`${FILE} names what is linked`)
} else {
  const found = readFileSync(FILE, 'utf8').split('\n')
  const line = expected.split('\n').findIndex((text, i) => text !== found[i])
  console.error(`${FILE} is out of date from line ${line + 1} on: run \`npm run notices\``)
  process.exitCode = 1
}

function notices() {
  const crates = linkedCrates()
  const groups = new Map()
  const add = (license, name, { holders, body }) => {
    // Apache's is one text, with an appendix on how to use it or without; MIT's comes in several
    // wordings.
    const key = license === 'Apache-2.0' ? license : body.replace(/\s+/g, ' ').toLowerCase()
    const group = groups.get(key) ?? { license, body, names: [] }
    groups.set(key, group)
    group.names.push(`  ${name}${holders.length > 0 ? `: ${holders.join('; ')}` : ''}`)
  }
  const missing = []
  for (const crate of crates) {
    const license = choose(crate)
    const text = licenseText(crate, license)
    if (text === null) missing.push({ crate, license })
    else add(license, `${crate.name} ${crate.version}`, split(text))
  }
  const mit = [...groups.values()].find(({ license }) => license === 'MIT').body
  for (const { crate, license } of missing) {
    // The text is the same for all but the names; Apache's would ask for the crate's own NOTICE.
    if (license !== 'MIT') throw new Error(`${crate.name} ${crate.version} has no text of its license (${license})`)
    const authors = crate.authors.map((author) => author.replace(/ <.*>/, '')).join(', ')
    add(license, `${crate.name} ${crate.version}`, { holders: [`Copyright (c) ${authors}`], body: mit })
  }
  for (const [name, holders] of Object.entries(RUST_LIBRARY)) add('MIT', name, { holders, body: mit })
  const { folder } = crates.find(({ name }) => name === UNICODE.crate)
  const unicode = split(readText(path.join(folder, UNICODE.file)))
  add('Unicode', "The tables made from Unicode's data files", unicode)

  const rule = '-'.repeat(80)
  const parts = [...groups.values()].map(({ license, body, names }) =>
    [rule, license, '', ...names, '', body].join('\n'),
  )
  return `${[
    "Third-party notices of model2vec-node's native modules\n",
    'A native module (model2vec.<platform>.node) holds compiled code of the libraries below, each listed above the license',
    'that it is used under. model2vec-node itself is under the MIT license (LICENSE).\n',
    ...parts,
  ].join('\n')}\n`
}

/**
 * What is linked on any of the targets: no build scripts, no macros. Of each, what `cargo metadata`
 * says, and its folder.
 */
function linkedCrates() {
  const { napi } = JSON.parse(readFileSync('package.json', 'utf8'))
  const linked = new Set()
  for (const target of napi.targets) {
    const format = ['-e', 'normal,no-proc-macro', '--target', target, '--prefix', 'none', '--format', '{p}']
    for (const line of cargo('tree', '-p', 'model2vec-node', ...format).split('\n')) {
      const [name, version] = line.split(' ')
      if (name !== '') linked.add(`${name} ${version.slice(1)}`)
    }
  }
  const platforms = napi.targets.flatMap((target) => ['--filter-platform', target])
  const { packages } = JSON.parse(cargo('metadata', '--format-version', '1', ...platforms))
  return packages
    .filter(({ name, version, source }) => source !== null && linked.has(`${name} ${version}`))
    .map((found) => ({ ...found, folder: path.dirname(found.manifest_path) }))
    .sort((one, other) => (one.name < other.name ? -1 : 1))
}

function cargo(command, ...args) {
  return execFileSync('cargo', [command, '--locked', ...args], {
    encoding: 'utf8',
    maxBuffer: 1 << 28,
    stdio: ['ignore', 'pipe', 'inherit'],
  })
}

function choose({ name, version, license }) {
  const offered = (license ?? '').split(/ OR |\//)
  const chosen = ACCEPTED.find((each) => offered.includes(each))
  if (chosen === undefined) {
    throw new Error(`${name} ${version} is under \`${license}\`, expected one of ${ACCEPTED.join(', ')}`)
  }
  return chosen
}

/** The text of the license in the crate: the file of its name, or the only one that there is, maybe called COPYING. */
function licenseText({ folder }, license) {
  const files = readdirSync(folder).filter((name) => /^(licen[cs]e|copying)/i.test(name))
  const [word] = license.split('-')
  const file =
    files.find((name) => name.toLowerCase().includes(word.toLowerCase())) ??
    files.find((name) => /^licen[cs]e(\.\w+)?$/i.test(name)) ??
    files.find((name) => /^copying$/i.test(name))
  return file === undefined ? null : readText(path.join(folder, file))
}

function readText(file) {
  return readFileSync(file, 'utf8').replaceAll('\r', '')
}

/** Who holds the copyright, apart from the words that all crates of a license share. */
function split(text) {
  const lines = text.split('\n')
  const isHolder = (line) => /^\s*(copyright (\(c\)|©|\d{4})|copyright \d)/i.test(line)
  const holders = lines.filter(isHolder).map((line) => line.trim().replace(/^Copyright (?=\d)/, 'Copyright (c) '))
  const isTitle = (line) => /^\W*(the )?(mit|isc) license\W*(\(mit\))?\W*$/i.test(line)
  const body = lines.filter(
    (line) => !isHolder(line) && !isTitle(line) && !/^all rights reserved\.?$/i.test(line.trim()),
  )
  return { holders, body: body.join('\n').replace(/^\n+|\s+$/g, '') }
}
