// `npm run test:valgrind`: valgrind's memcheck over a process of Node that does each thing once
// (test/children/smoke.ts), with one model for each kind of pipeline. Node and V8 themselves read
// memory that memcheck takes for unset; only reports with a frame of the native module count. The
// vectors are those of the same process without valgrind. It needs valgrind, on Linux.

import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'

import { root, setup } from './setup.mjs'

const MODELS = ['m8k-f32', 'ug-e5enpt-v10', 'bpe-gpt2-raw', 'spbpe-mistral-v10', 'wl-v012-lower']
const OPTIONS = ['--num-callers=40', '--error-limit=no', '--smc-check=all-non-file']

process.chdir(root)
setup()
execFileSync(process.execPath, ['scripts/compile-tests.mjs'], { stdio: 'inherit' })
const models = MODELS.map((name) => `test/fixtures/unpacked/models/${name}`)
// Without the compilers of V8, whose code memcheck would have to read anew each time that it changes.
const program = [process.execPath, '--jitless', 'build/test/children/smoke.js', ...models]
const expected = execFileSync(program[0], program.slice(1), { encoding: 'utf8' })
const folder = mkdtempSync(path.join(os.tmpdir(), 'model2vec-valgrind-'))
const file = path.join(folder, 'reports.xml')
const { status, stdout } = spawnSync('valgrind', [...OPTIONS, '--xml=yes', `--xml-file=${file}`, ...program], {
  encoding: 'utf8',
  stdio: ['ignore', 'pipe', 'inherit'],
})
const all = readFileSync(file, 'utf8').match(/<error>[^]*?<\/error>/g) ?? []
// A report in XML has what was not freed at the end, whatever the options say: Node leaves that to the system.
const reports = all.filter((report) => !report.includes('<kind>Leak_'))
rmSync(folder, { recursive: true })
const ours = reports.filter((report) => /<obj>[^<]*model2vec[^<]*\.node<\/obj>/.test(report))
for (const report of ours) console.error(report)
if (stdout !== expected) console.error(`the vectors are others: expected\n${expected}found\n${stdout}`)
console.log(`${ours.length} reports with a frame of the native module, ${reports.length - ours.length} of Node's own`)
process.exitCode = status === 0 && ours.length === 0 && stdout === expected ? 0 : 1
