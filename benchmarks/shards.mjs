// `node benchmarks/shards.mjs`: how long `model2vec plan` takes for many shards, and its memory; how long
// one shard of a large manifest takes to be found; what a shard costs beside its rows. Prints a table.
//
//   --shards N   default: 1,000,000

import { spawnSync } from 'node:child_process'
import { createWriteStream, mkdtempSync, rmSync, statSync } from 'node:fs'
import { once } from 'node:events'
import os from 'node:os'
import path from 'node:path'
import { parseArgs } from 'node:util'

const { values } = parseArgs({ options: { shards: { type: 'string', default: '1000000' } } })
const shards = Number(values.shards)
const LINES_A_SHARD = 2
const folder = mkdtempSync(path.join(os.tmpdir(), 'model2vec-shards-'))
const MAIN = path.resolve('dist/cli/main.js')
const MODEL = path.resolve('test/fixtures/unpacked/models/m8k-f32')
const PEAK = "process.on('exit', () => process.stderr.write(`peak ${process.resourceUsage().maxRSS}\\n`))"

/** A run of the command line: its seconds, and the most memory it had, in MB. */
function run(...args) {
  const started = performance.now()
  const peak = `data:text/javascript,${encodeURIComponent(PEAK)}`
  const { status, stderr, stdout } = spawnSync(process.execPath, ['--import', peak, MAIN, ...args], { encoding: 'utf8' })
  if (status !== 0) throw new Error(stderr)
  const seconds = (performance.now() - started) / 1000
  return { seconds, peak: Number(/peak (\d+)/.exec(stderr)?.[1]) / 1024, out: stdout.trim() }
}

function row(what, { seconds, peak }) {
  console.log(`| ${what} | ${seconds.toFixed(2)} s | ${peak.toFixed(0)} MB |`)
}

/** Lines of some 100 bytes. */
async function write(name, header, line) {
  const file = path.join(folder, name)
  const stream = createWriteStream(file)
  stream.write(header)
  for (let i = 0; i < LINES_A_SHARD * shards; i += 1000) {
    const lines = Array.from({ length: 1000 }, (_, k) => line(i + k)).join('')
    if (!stream.write(lines)) await once(stream, 'drain')
  }
  stream.end()
  await once(stream, 'finish')
  return file
}

try {
  const words = 'some words of a text that is about as long as a line is in most files '
  const files = [
    await write('a.jsonl', '', (i) => `{"id":${i},"text":"${words}${i}"}\n`),
    await write('a.csv', 'id,text\n', (i) => `${i},"${words}\n${i}"\n`),
  ]
  console.log('| | time | memory |\n|---|--:|--:|')
  row('node', run('--version'))
  for (const file of files) {
    const manifest = path.join(folder, 'plan.jsonl')
    const args = [file, '--out-dir', path.join(folder, 'out'), '--manifest', manifest, '--model', MODEL]
    const planned = run('plan', ...args, '--shards', String(shards), '--json')
    const { shards: made } = JSON.parse(planned.out)
    const mb = (statSync(manifest).size / 1e6).toFixed(0)
    row(`plan ${path.extname(file)} of ${(statSync(file).size / 1e6).toFixed(0)} MB: ${made} shards, ${mb} MB`, planned)
    for (const index of [0, Math.floor(made / 2), made - 1]) row(`embed --shard #${index}`, run('embed', '--shard', `${manifest}#${index}`))
  }
} finally {
  rmSync(folder, { recursive: true, force: true })
}
