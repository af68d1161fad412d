// The declared types of the adapters, against those of the frameworks and stores:
// test/adapters/types is compiled beside them.

import { spawnSync } from 'node:child_process'
import { copyFileSync, mkdirSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import path from 'node:path'

import { reason, testWithPeers } from './peers.js'

const folder = path.resolve('build/adapter-types')

testWithPeers('the types of the frameworks and stores take what the adapters give', (t) => {
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true })
  symlinkSync(path.resolve('build/integrations/node_modules'), path.join(folder, 'node_modules'))
  for (const file of readdirSync('test/adapters/types')) {
    copyFileSync(path.join('test/adapters/types', file), path.join(folder, file))
  }
  const compilerOptions = {
    target: 'es2023',
    lib: ['es2023', 'esnext.disposable', 'dom'],
    module: 'nodenext',
    types: ['node'],
    typeRoots: [path.resolve('node_modules/@types')],
    strict: true,
    exactOptionalPropertyTypes: true,
    skipLibCheck: true,
    noEmit: true,
  }
  writeFileSync(path.join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, include: ['*.ts', '*.mts'] }))
  const { stdout } = spawnSync(process.execPath, ['node_modules/typescript/bin/tsc', '-p', folder], {
    encoding: 'utf8',
  })
  t.is(stdout, '', reason ?? '')
})
