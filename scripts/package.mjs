// `npm run package`: packs the packages that are published, each into a tarball in build/packages/:
// the main package, the default model's, and one platform package for each native module that is
// found (`model2vec.<platform>.node` in the repository's folder, or in the folder that `--addons`
// names). With `--all`, for a release, a missing module of the eight is an error. `--to` names
// another folder for the tarballs.
//
// The main package and the platform packages are first laid out in that folder, so that no file
// of the work tree changes. There the main package's package.json gets the platform packages as
// optional dependencies, at its own version. The committed package.json can't have them: `npm ci`
// refuses a dependency that isn't in the lockfile, and npm can't lock a version that is not
// published yet.

import { execFileSync } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'

import { root, setup } from './setup.mjs'

const DESTINATION = 'build/packages'
const MODEL = 'potion-base-8m'
/**
 * The licenses of the libraries that are linked into a native module (scripts/notices.mjs); packed
 * with each module.
 */
const NOTICES = 'THIRD-PARTY-NOTICES.txt'
/** The keys of the main package's package.json that only this repository uses: not published. */
const DEVELOPMENT = ['workspaces', 'napi', 'scripts', 'devDependencies', 'ava', 'overrides']
/**
 * The most bytes of the main package's tarball, of a native module, and of the main package and one
 * platform package together, installed.
 */
export const LIMITS = { tarball: 200_000, addon: 6_000_000, installed: 7_000_000 }

/**
 * The platforms, by their name in package and file names: the folders of npm/ except the model's.
 */
export function platforms() {
  return readdirSync('npm').filter((name) => name !== MODEL)
}

/**
 * Packs everything. `addons` is the folder with the native modules. Returns for each package the
 * report of `npm pack --json`, with the path of its tarball as `tarball`. `packed.json` beside the
 * tarballs has the same reports, by the name of the package.
 */
export function packAll({ addons = '.', all = false, to = DESTINATION } = {}) {
  const manifest = readJson('package.json')
  checkVersions(manifest.version)
  rmSync(to, { recursive: true, force: true })
  mkdirSync(to, { recursive: true })

  const packed = [packMain(manifest, to), packModel(to)]
  for (const platform of platforms()) {
    const addon = path.join(addons, `model2vec.${platform}.node`)
    if (existsSync(addon)) packed.push(packPlatform(platform, addon, to))
    else if (all) throw new Error(`${addon} is missing: a release has every platform`)
  }
  checkSizes(packed, manifest.name)
  writeJson(path.join(to, 'packed.json'), Object.fromEntries(packed.map((report) => [report.name, report])))
  return packed
}

function packMain(manifest, to) {
  const { name, version } = manifest
  const folder = path.join(to, name)
  const published = Object.fromEntries(Object.entries(manifest).filter(([key]) => !DEVELOPMENT.includes(key)))
  published.optionalDependencies = {
    ...manifest.optionalDependencies,
    ...Object.fromEntries(platforms().map((platform) => [`${name}-${platform}`, version])),
  }
  // npm itself chooses the files, by `files` in package.json.
  const [{ files: chosen }] = JSON.parse(npm(['pack', '--dry-run', '--json', '--ignore-scripts']))
  for (const { path: file } of chosen) cpSync(file, path.join(folder, file))
  writeJson(path.join(folder, 'package.json'), published)
  return pack(folder, to)
}

function packModel(to) {
  const report = pack(`npm/${MODEL}`, to)
  // npm leaves out what is in `files` but not there.
  for (const file of readJson(`npm/${MODEL}/package.json`).files) {
    if (!report.files.some(({ path: packed }) => packed === file)) throw new Error(`npm/${MODEL}/${file} is missing`)
  }
  return report
}

function packPlatform(platform, addon, to) {
  const folder = path.join(to, `model2vec-node-${platform}`)
  cpSync(path.join('npm', platform), folder, { recursive: true })
  cpSync(addon, path.join(folder, path.basename(addon)))
  for (const file of ['LICENSE', NOTICES]) cpSync(file, path.join(folder, file))
  const manifest = readJson(path.join(folder, 'package.json'))
  writeJson(path.join(folder, 'package.json'), { ...manifest, files: [...manifest.files, NOTICES] })
  return pack(folder, to)
}

function pack(folder, to) {
  const args = ['pack', `./${folder}`, '--json', '--ignore-scripts', '--pack-destination', to]
  const [report] = JSON.parse(npm(args))
  return { ...report, tarball: path.resolve(to, report.filename) }
}

/**
 * Checks that the main package, the platform packages, the crates (Cargo.toml) and src/version.ts
 * have the same version: src/native/load.ts refuses a native module of another one. The model's
 * package has its own version.
 */
function checkVersions(version) {
  const found = new Map(platforms().map((name) => [`npm/${name}/package.json`, undefined]))
  for (const file of found.keys()) found.set(file, readJson(file).version)
  found.set('Cargo.toml', /^version = "(.*)"$/m.exec(readFileSync('Cargo.toml', 'utf8'))?.[1])
  found.set('src/version.ts', /^export const VERSION = '(.*)'$/m.exec(readFileSync('src/version.ts', 'utf8'))?.[1])
  for (const [file, other] of found) {
    if (other !== version) throw new Error(`${file} has version ${other}, package.json ${version}`)
  }
}

function checkSizes(packed, mainName) {
  const main = packed.find(({ name }) => name === mainName)
  if (main.size > LIMITS.tarball) {
    throw new Error(`${main.filename} has ${main.size} bytes, more than ${LIMITS.tarball}`)
  }
  for (const { name, files, unpackedSize } of packed) {
    const addon = files.find(({ path: file }) => file.endsWith('.node'))
    if (addon === undefined) continue
    if (addon.size > LIMITS.addon) throw new Error(`${addon.path} has ${addon.size} bytes, more than ${LIMITS.addon}`)
    const installed = main.unpackedSize + unpackedSize
    if (installed > LIMITS.installed) {
      throw new Error(`${mainName} and ${name} take ${installed} bytes, more than ${LIMITS.installed}`)
    }
  }
}

function npm(args) {
  const windows = process.platform === 'win32'
  return execFileSync('npm', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'], shell: windows })
}

function readJson(file) {
  return JSON.parse(readFileSync(file, 'utf8'))
}

function writeJson(file, value) {
  writeFileSync(file, `${JSON.stringify(value, null, 2)}\n`)
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { values } = parseArgs({
    options: { addons: { type: 'string' }, all: { type: 'boolean' }, to: { type: 'string' } },
  })
  process.chdir(root)
  setup()
  for (const { filename, size, unpackedSize } of packAll(values)) {
    console.log(`${filename}: ${size} bytes, ${unpackedSize} installed`)
  }
}
