// Installs what is missing and builds what is out of date, in this order: npm packages, test
// fixtures, the TypeScript, the native module, the default model's prepared tokenizer. `npm start`
// and `npm test` run it first; when nothing is to be done it does nothing and says nothing. Plain
// Node, no dependencies: it runs before anything is installed.

import { execFileSync, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import path from 'node:path'
import { fileURLToPath } from 'node:url'

export const root = fileURLToPath(new URL('..', import.meta.url))
const windows = process.platform === 'win32'

/** Installs and builds. Throws with a message for the user. */
export function setup() {
  process.chdir(root)
  upToDate('npm packages', 'node_modules/.setup', ['package.json', 'package-lock.json'], () => {
    run('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error'])
  })
  run(process.execPath, ['scripts/unpack-fixtures.mjs'])
  upToDate('TypeScript', 'dist/.setup', ['package.json', 'package-lock.json', 'scripts/bundle.mjs', 'src'], () => {
    // In a process of its own: the bundler may have been installed just now.
    run(process.execPath, ['scripts/bundle.mjs'])
  })
  const { platformName } = createRequire(import.meta.url)('../build/setup/platform.js')
  const addon = `model2vec.${platformName()}.node`
  upToDate(
    'native module',
    `target/${addon}.setup`,
    ['Cargo.toml', 'Cargo.lock', ...crateSources()],
    () => buildAddon(addon),
    addon,
  )
  upToDate(
    'prepared tokenizer',
    'target/tokenizer.prepared.setup',
    [addon, 'scripts/prepare.mjs', 'npm/potion-base-8m/tokenizer.json'],
    () => run(process.execPath, ['scripts/prepare.mjs', addon]),
    'npm/potion-base-8m/tokenizer.prepared',
  )
}

/**
 * Runs `make` unless the stamp says that it was run for just these inputs and its product is still
 * there.
 */
export function upToDate(what, stamp, inputs, make, product = stamp) {
  const digest = digestOf(inputs)
  if (existsSync(product) && existsSync(stamp) && readFileSync(stamp, 'utf8') === digest) return
  console.log(`setup: ${what}`)
  make()
  mkdirSync(path.dirname(stamp), { recursive: true })
  writeFileSync(stamp, digest)
}

function digestOf(inputs) {
  const digest = createHash('sha256')
  for (const input of inputs) {
    for (const file of filesOf(input)) {
      const bytes = readFileSync(file)
      digest.update(`${file} ${bytes.length}\n`).update(bytes)
    }
  }
  return digest.digest('hex')
}

/** A file, or the files of a folder, in an order that doesn't depend on the file system. */
function filesOf(input) {
  const entries = existsSync(input) ? readdirOrNull(input) : []
  return entries === null ? [input] : entries.sort().flatMap((name) => filesOf(path.join(input, name)))
}

function readdirOrNull(place) {
  try {
    return readdirSync(place)
  } catch {
    return null
  }
}

/** What the native module is built from: not the crates' tests and benches. */
function crateSources() {
  return readdirSync('crates').flatMap((crate) =>
    ['Cargo.toml', 'build.rs', 'src'].map((part) => path.join('crates', crate, part)),
  )
}

/** Builds the native module into the file `addon`, with these of cargo's options. */
export function buildAddon(addon, options = ['--release']) {
  // rustc links with it; without, cargo's message comes late and is long.
  if (!windows && spawnSync('cc', ['--version'], { stdio: 'ignore' }).error?.code === 'ENOENT') {
    const hint =
      process.platform === 'darwin' ? '`xcode-select --install`' : 'on Debian `apt-get install gcc libc6-dev`'
    throw new Error(
      `\`cc\`, the linker that Rust needs, was not found: install a C compiler (${hint}), then run this again`,
    )
  }
  const messages = cargo([
    'build',
    '--locked',
    '-p',
    'model2vec-node',
    ...options,
    '--message-format=json-render-diagnostics',
  ])
  const library = messages
    .split('\n')
    .filter((line) => line.includes('"compiler-artifact"'))
    .map((line) => JSON.parse(line))
    .filter(({ target }) => target.kind.includes('cdylib'))
    .flatMap(({ filenames }) => filenames)
    .find((file) => /\.(so|dylib|dll)$/.test(file))
  if (library === undefined) throw new Error('cargo built no library of crates/node')
  // Beside it and renamed: writing into a library that a process has loaded would crash that
  // process.
  copyFileSync(library, `${addon}.new`)
  renameSync(`${addon}.new`, addon)
}

function cargo(args) {
  const { error, status, stdout } = spawnSync('cargo', args, {
    stdio: ['ignore', 'pipe', 'inherit'],
    encoding: 'utf8',
    maxBuffer: 1 << 30,
  })
  if (error?.code === 'ENOENT') {
    throw new Error('`cargo` was not found: install stable Rust (https://rustup.rs), then run this again')
  }
  if (error !== undefined) throw error
  if (status !== 0) throw new Error(`\`cargo ${args[0]}\` failed`)
  return stdout
}

/** Runs a command, and throws where it fails. */
export function run(command, args) {
  try {
    // npm is a script on Windows, which only a shell can start.
    execFileSync(command, args, { stdio: 'inherit', shell: windows && command === 'npm' })
  } catch (cause) {
    throw new Error(`\`${path.basename(command)} ${args.join(' ')}\` failed`, { cause })
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  try {
    setup()
  } catch (error) {
    console.error(`setup: ${error.message}`)
    process.exitCode = 1
  }
}
