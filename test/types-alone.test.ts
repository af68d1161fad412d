// The declared types in applications: with each TypeScript that is supported, with the libs es2022
// and dom and no others, without
// @types/node, and with the declarations themselves checked.

import { execFile } from 'node:child_process'
import { copyFileSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, realpathSync, writeFileSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'

import test from 'ava'

import { installTools } from './consumers/tools.js'

const tools = installTools('tools')

const COMPILERS = [
  ...['5.0', '5.4', '5.9'].map((version) => ({ version, folder: tools && path.join(tools, `typescript-${version}`) })),
  { version: '6', folder: path.resolve('node_modules/typescript') },
]

/** A folder with the package's types and the application, and nothing of Node above it. */
function application(compilerOptions: object): string {
  const folder = realpathSync(mkdtempSync(path.join(os.tmpdir(), 'model2vec-types-')))
  const installed = path.join(folder, 'node_modules/model2vec-node')
  mkdirSync(installed, { recursive: true })
  for (const file of ['package.json', ...readdirSync('.').filter((name) => /\.d\.m?ts$/.test(name))]) {
    copyFileSync(file, path.join(installed, file))
  }
  for (const file of ['application.ts', 'application.mts'])
    copyFileSync('test/types/application.ts', path.join(folder, file))
  const settings = {
    compilerOptions: {
      target: 'es2022',
      lib: ['es2022', 'dom'],
      types: [],
      strict: true,
      noEmit: true,
      ...compilerOptions,
    },
    files: ['application.ts', 'application.mts'],
  }
  writeFileSync(path.join(folder, 'tsconfig.json'), JSON.stringify(settings))
  return folder
}

for (const { version, folder } of COMPILERS) {
  const title = `TypeScript ${version} checks an application and the declarations, without the types of Node`
  if (folder === null) {
    test.skip(`${title}: npm's registry can't be reached`, () => undefined)
    continue
  }
  test.serial(title, async (t) => {
    const { version: found } = JSON.parse(readFileSync(path.join(folder, 'package.json'), 'utf8')) as {
      version: string
    }
    t.true(found.startsWith(`${version}.`))
    for (const options of [
      { module: 'node16', moduleResolution: 'node16', skipLibCheck: false },
      { module: 'esnext', moduleResolution: 'bundler', skipLibCheck: false, exactOptionalPropertyTypes: true },
    ]) {
      const project = application(options)
      const args = [path.join(folder, 'lib/tsc.js'), '-p', project]
      const output = await new Promise<string>((resolve) => {
        execFile(process.execPath, args, (_, stdout, stderr) => {
          resolve(stdout + stderr)
        })
      })
      t.is(output, '', options.module)
    }
  })
}
