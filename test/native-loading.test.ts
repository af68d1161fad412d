// The native module: found or not, and what is said when it is not.

import { execFileSync } from 'node:child_process'
import { cpSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'

import test from 'ava'

/** What the import of the package in `root` throws, in a new process that runs `before` first. */
function importError(
  root: string,
  environment: NodeJS.ProcessEnv = {},
  before = '',
): { name: string; code: string; message: string } | null {
  const script = `
    const fs = require('fs'); ${before}
    try { require(${JSON.stringify(path.join(root, 'dist/index.js'))}); console.log('null') }
    catch ({ name, code, message }) { console.log(JSON.stringify({ name, code, message })) }`
  const output = execFileSync(process.execPath, ['-e', script], {
    env: { ...process.env, ...environment },
    encoding: 'utf8',
  })
  return JSON.parse(output) as ReturnType<typeof importError>
}

/** The package without its native module. */
function packageWithoutAddon(): string {
  const root = mkdtempSync(path.join(os.tmpdir(), 'model2vec-package-'))
  cpSync('package.json', path.join(root, 'package.json'))
  cpSync('dist', path.join(root, 'dist'), { recursive: true })
  return root
}

test('a missing native module is ERR_NATIVE_NOT_FOUND, with the platform, the places and the command', (t) => {
  const error = importError(packageWithoutAddon())
  t.is(error?.code, 'ERR_NATIVE_NOT_FOUND')
  t.is(error?.name, 'Model2VecError')
  const message = error?.message ?? ''
  const libc = process.platform === 'linux' ? ' (glibc|musl)' : ''
  t.regex(
    message,
    new RegExp(`^no native module for ${process.platform} ${process.arch}${libc} \\(Node ${process.version}\\)`),
  )
  t.regex(
    message,
    /tried .*model2vec\.[\w-]+\.node \(not there\) and the package `model2vec-node-[\w-]+`: Cannot find module/,
  )
  t.regex(message, /`npm install --save-optional model2vec-node-[\w-]+@\d+\.\d+\.\d+`/)
  t.regex(message, /npm\/cli#4828/)
})

test('on a platform without a prebuilt module the message says which have one', (t) => {
  const pretend = "Object.defineProperty(process, 'platform', { value: 'openbsd' });"
  const message = importError(packageWithoutAddon(), {}, pretend)?.message ?? ''
  t.regex(message, new RegExp(`^no native module for openbsd ${process.arch} `))
  for (const platform of readdirSync('npm').filter((name) => name !== 'potion-base-8m')) {
    t.true(message.includes(` ${platform}`), platform)
  }
  t.regex(message, /MODEL2VEC_NATIVE_PATH/)
  t.notRegex(message, /npm install/)
})

test('each platform loads the package that is named for it', (t) => {
  for (const platform of readdirSync('npm').filter((name) => name !== 'potion-base-8m')) {
    const [system = '', arch = '', abi] = platform.split('-')
    const root = packageWithoutAddon()
    const name = `model2vec-node-${platform}`
    const installed = path.join(root, 'node_modules', name)
    cpSync(path.join('npm', platform), installed, { recursive: true })
    const { main } = JSON.parse(readFileSync(path.join(installed, 'package.json'), 'utf8')) as { main: string }
    // Not an addon at all: that loading it fails shows which one was taken.
    writeFileSync(path.join(installed, main), 'no addon')
    const pretend = `
      Object.defineProperty(process, 'platform', { value: '${system}' })
      Object.defineProperty(process, 'arch', { value: '${arch}' })
      const { readFileSync } = fs
      fs.readFileSync = (file, ...rest) =>
        file === '/usr/bin/ldd' ? '${abi === 'musl' ? 'musl libc' : 'GNU C Library'}' : readFileSync(file, ...rest);`
    const message = importError(root, {}, pretend)?.message ?? ''
    t.regex(message, new RegExp(`package \`${name}\`: .*${main}`), platform)
  }
})

test('MODEL2VEC_NATIVE_PATH names the native module', (t) => {
  const [addon = ''] = readdirSync('.').filter((file) => file.endsWith('.node'))
  const root = packageWithoutAddon()
  t.is(importError(root, { MODEL2VEC_NATIVE_PATH: path.resolve(addon) }), null)
  t.regex(importError(root, { MODEL2VEC_NATIVE_PATH: '/nowhere.node' })?.message ?? '', /tried \/nowhere\.node/)
})

test('a native module of another version is refused', (t) => {
  const [addon = ''] = readdirSync('.').filter((file) => file.endsWith('.node'))
  const root = packageWithoutAddon()
  const script = `
    const fs = require('fs'), file = ${JSON.stringify(path.join(root, 'dist/version.js'))}
    fs.writeFileSync(file, fs.readFileSync(file, 'utf8').replace(/'[0-9.]+'/, "'9.9.9'"))`
  execFileSync(process.execPath, ['-e', script])
  const error = importError(root, { MODEL2VEC_NATIVE_PATH: path.resolve(addon) })
  t.is(error?.code, 'ERR_NATIVE_NOT_FOUND')
  t.regex(error?.message ?? '', /is \d+\.\d+\.\d+, expected 9\.9\.9/)
})

test('the version that is built in is that of package.json', (t) => {
  const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string }
  t.regex(readFileSync('dist/version.js', 'utf8'), new RegExp(`VERSION = '${version.replaceAll('.', '\\.')}'`))
})
