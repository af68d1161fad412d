// `npm run test:reproducible [-- --target TARGET[.GLIBC]]`: builds the native module of the commit
// that is checked out twice from nothing, as a release does, in two folders, with two paths of
// cargo's downloads, other numbers of jobs, time zones and languages. Fails where the two files are
// not the same, or where one names a folder of this machine. Minutes.

import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs'
import { homedir } from 'node:os'
import path from 'node:path'

import { root } from './setup.mjs'

process.chdir(root)
const commit = git('rev-parse', 'HEAD')
if (git('status', '--porcelain') !== '') console.log('changes that are not committed are not built')
const place = path.resolve('build/reproducible')
rmSync(place, { recursive: true, force: true })
const cargoHome = process.env.CARGO_HOME ?? path.join(homedir(), '.cargo')
const otherHome = path.join(place, 'another home of cargo')
mkdirSync(place, { recursive: true })
symlinkSync(cargoHome, otherHome, 'junction')

const one = build('one', {})
const two = build('another folder/two', { CARGO_HOME: otherHome, CARGO_BUILD_JOBS: '1', TZ: 'Asia/Tokyo', LC_ALL: 'C' })
const digests = [one, two].map((bytes) => createHash('sha256').update(bytes).digest('hex'))
console.log(`${commit}\n${digests.join('\n')}\n${one.length} and ${two.length} bytes`)
const faults = [
  ...(one.equals(two) ? [] : [`the files differ in ${differing(one, two)} bytes`]),
  ...[place, cargoHome, path.join(homedir(), '.rustup')].flatMap((folder) =>
    [one, two].some((bytes) => bytes.includes(folder)) ? [`${folder} is named in a file`] : [],
  ),
]
for (const fault of faults) console.error(fault)
if (faults.length === 0) {
  console.log('the two builds are the same, byte for byte')
  rmSync(place, { recursive: true })
} else process.exitCode = 1

/** The native module of the commit, built in a new folder. */
function build(name, environment) {
  const folder = path.join(place, name)
  mkdirSync(folder, { recursive: true })
  const archive = execFileSync('git', ['archive', '--format=tar', commit], { maxBuffer: 1 << 30 })
  execFileSync('tar', ['x', '-C', folder], { input: archive })
  const addon = path.join(folder, 'model2vec.node')
  execFileSync(process.execPath, ['scripts/build-release.mjs', addon, ...process.argv.slice(2)], {
    cwd: folder,
    stdio: 'inherit',
    env: { ...process.env, CARGO_TARGET_DIR: path.join(folder, 'target'), ...environment },
  })
  return readFileSync(addon)
}

function differing(one, two) {
  let count = Math.abs(one.length - two.length)
  for (let i = 0; i < Math.min(one.length, two.length); i++) if (one[i] !== two[i]) count++
  return count
}

function git(...args) {
  return execFileSync('git', args, { encoding: 'utf8' }).trim()
}
