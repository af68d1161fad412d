// The native module: found or not, and what is said when it is not.

import { execFileSync } from 'node:child_process'
import { cpSync, mkdtempSync, readdirSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'

import test from 'ava'

/** Imports the package of `root` in a process of its own and prints what the import throws. */
function importError(
  root: string,
  environment: NodeJS.ProcessEnv = {},
): { name: string; code: string; message: string } | null {
  const script = `
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
  const platform = new RegExp(`no native module for ${process.platform}-${process.arch}(-gnu|-musl|-msvc)? `)
  t.regex(error?.message ?? '', platform)
  t.regex(error?.message ?? '', /`npm install model2vec-node-[\w-]+@\d+\.\d+\.\d+`/)
  t.regex(error?.message ?? '', /npm\/cli#4828/)
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
    const fs = require('fs'), file = ${JSON.stringify(path.join(root, 'package.json'))}
    fs.writeFileSync(file, JSON.stringify({ ...JSON.parse(fs.readFileSync(file)), version: '9.9.9' }))`
  execFileSync(process.execPath, ['-e', script])
  const error = importError(root, { MODEL2VEC_NATIVE_PATH: path.resolve(addon) })
  t.is(error?.code, 'ERR_NATIVE_NOT_FOUND')
  t.regex(error?.message ?? '', /has version \d+\.\d+\.\d+, expected 9\.9\.9/)
})
