// `npm run cross [-- PLATFORM…]`: builds the native module for other platforms on a Debian machine with x86-64, as root, runs each build
// in a real Node of its platform (qemu, musl's loader, wine), and writes what came out to cross/record.json.
//
// A run is cross/parity.mjs: every committed model against Python's digests. On ARM64 the engine's own tests are run too: they compare
// each kernel with the plain one. The first time takes about an hour on two cores, most of it Rust's own library, and 2 GB in target/cross.

import { execFileSync } from 'node:child_process'
import { closeSync, existsSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'

import { setup } from '../scripts/setup.mjs'
import { buildTarget, cargo } from './build.mjs'
import { TARGETS } from './targets.mjs'
import { run, runtime } from './toolchain.mjs'

const RECORD = 'cross/record.json'
/** A second run of each: without vector instructions. */
const SCALAR = { M2V_ISA: 'scalar' }

function crossTarget(target) {
  console.log(`\n── ${target.platform}: build`)
  const { addon, ...build } = buildTarget(target)
  const runs = []
  for (const name of target.runtimes) {
    for (const environment of target.scalarToo === true ? [{}, SCALAR] : [{}]) {
      console.log(`── ${target.platform}: ${name} ${Object.entries(environment).join(' ')}`)
      runs.push({ runtime: name, environment, ...runParity(name, addon, environment) })
    }
  }
  return { rust: target.rust, rustc: run('/usr/bin/rustc', ['--version']).trim(), ...build, runs }
}

/** cross/parity.mjs in a runtime. Throws when a vector or an id is not Python's. */
function runParity(name, addon, more) {
  const { command, environment, file } = runtime(name)
  const result = path.resolve('target/cross/result.json')
  rmSync(result, { force: true })
  const [program, ...args] = command
  // Into a file: Node for Windows can't write to wine's pipes.
  const log = path.resolve('target/cross/output.txt')
  const output = openSync(log, 'w')
  try {
    execFileSync(program, [...args, file(path.resolve('cross/parity.mjs')), file(result)], {
      stdio: ['ignore', output, output],
      env: { ...process.env, ...environment, ...more, MODEL2VEC_NATIVE_PATH: file(addon) },
    })
  } catch (error) {
    throw new Error(`${name} failed (${error.message}): ${readFileSync(log, 'utf8')}`, { cause: error })
  } finally {
    closeSync(output)
  }
  const { different, ...found } = JSON.parse(readFileSync(result, 'utf8'))
  if (different.length > 0) throw new Error(`${name} differs from Python:\n${different.join('\n')}`)
  console.log(
    `${found.node} ${found.platform} ${found.arch}, ${found.kernel}: ${found.vectors} vectors, ${found.ids} ids equal`,
  )
  return found
}

/** The engine's unit tests, built for the target and run. */
function runEngineTests(target) {
  const { runner, tests } = target.engineTests
  const environment = {
    [`CARGO_TARGET_${target.rust
      .replace(/\.[\d.]+$/, '')
      .replaceAll('-', '_')
      .toUpperCase()}_RUNNER`]: runner,
  }
  const log = path.resolve('target/cross/engine-tests.txt')
  const output = openSync(log, 'w')
  try {
    cargo(target, ['test', '-p', 'model2vec-engine', '--lib', '--', ...tests], {
      environment,
      stdio: ['ignore', output, 'inherit'],
    })
  } finally {
    closeSync(output)
  }
  const [, passed] = /^test result: ok\. (\d+) passed; 0 failed/m.exec(readFileSync(log, 'utf8')) ?? []
  if (!(Number(passed) > 0)) throw new Error(`no test of the engine ran: ${log}`)
  console.log(`${passed} tests of the engine passed`)
  return { runner, passed: Number(passed) }
}

process.chdir(fileURLToPath(new URL('..', import.meta.url)))
setup()
execFileSync(process.execPath, ['node_modules/typescript/bin/tsc', '-p', 'test'], { stdio: 'inherit' })
const wanted = process.argv.slice(2)
const unknown = wanted.filter((name) => !TARGETS.some(({ platform }) => platform === name))
if (unknown.length > 0)
  throw new Error(`no target ${unknown.join(', ')}; there are ${TARGETS.map((t) => t.platform).join(', ')}`)

const record = existsSync(RECORD) ? JSON.parse(readFileSync(RECORD, 'utf8')) : {}
const failed = []
const chosen = TARGETS.filter(({ platform }) => wanted.length === 0 || wanted.includes(platform))
for (const target of chosen) note(target, () => crossTarget(target))
for (const target of chosen.filter(({ engineTests, platform }) => engineTests !== undefined && platform in record)) {
  note(target, () => ({ ...record[target.platform], engineTests: runEngineTests(target) }))
}
if (failed.length > 0) {
  console.error(`failed: ${failed.join(', ')}`)
  process.exitCode = 1
}

/** Puts what `make` gives into the record; a failure is said, and the other targets go on. */
function note(target, make) {
  try {
    record[target.platform] = make()
  } catch (error) {
    console.error(`${target.platform}: ${error.message}`)
    failed.push(target.platform)
    return
  }
  const inOrder = TARGETS.flatMap(({ platform }) => (platform in record ? [[platform, record[platform]]] : []))
  writeFileSync(RECORD, `${JSON.stringify(Object.fromEntries(inOrder), null, 2)}\n`)
}
