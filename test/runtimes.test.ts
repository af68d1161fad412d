// The packed packages in every runtime that they are for: Node 20, 22, 24 and 26, Bun and Deno; and
// worker threads of each Node that are ended in the middle of their work. `npm run runtimes` ends
// 200 in each and records what it saw; here it is a few.

import { execFile } from 'node:child_process'
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { promisify } from 'node:util'

import test from 'ava'

import { createProject, programPath } from './consumers/project.js'
import type { Project } from './consumers/project.js'
import { installTools } from './consumers/tools.js'
import { corpus, reference, ROOTS, SMALL } from './test-data.js'

/** How many workers are ended in each Node; a number writes the record. */
const ROUNDS = Number(process.env.MODEL2VEC_TERMINATIONS ?? 24)
const RECORD = process.env.MODEL2VEC_RUNTIMES_RECORD
/**
 * The most that the process may grow by for each worker, in bytes: what a worker's calls hold is
 * more than ten times that.
 */
const GROWTH = 200_000
const SLACK = 20_000_000

const TEXTS = [...corpus('edge'), ...corpus('docs_en_300')]
const runtimes = os.platform() === 'linux' && os.arch() === 'x64' ? installTools('runtimes') : null

interface Runtime {
  readonly name: string
  readonly program: string
  readonly args?: readonly string[]
  readonly version: string
}
const RUNTIMES: readonly Runtime[] = [
  ...['20', '22', '24', '26'].map((line) => ({
    name: `Node ${line}`,
    program: `node-${line}/bin/node`,
    version: 'process.version',
  })),
  { name: 'Bun', program: '@oven/bun-linux-x64/bin/bun', version: 'Bun.version' },
  { name: 'Deno', program: '.bin/deno', args: ['run', '-A'], version: 'Deno.version.deno' },
]

const BODY = `
  const texts = JSON.parse(readFileSync('texts.json', 'utf8'))
  const digest = (row) => crc32(new Uint8Array(row.buffer, row.byteOffset, row.byteLength))
  const run = async () => {
    const ef = await Model2VecEmbeddingFunction.load()
    const rows = await ef.encodeDocuments(texts)
    const synchronous = ef.encodeDocumentsSync(texts)
    ef.close()
    console.log(JSON.stringify({ rows: rows.map(digest), synchronous: synchronous.map(digest) }))
  }
  run()`
const SCRIPTS = {
  'import.mjs': `
    import { readFileSync } from 'node:fs'
    import { crc32 } from 'node:zlib'
    import { Model2VecEmbeddingFunction } from 'model2vec-node'
    ${BODY}`,
  'require.cjs': `
    const { readFileSync } = require('node:fs')
    const { crc32 } = require('node:zlib')
    const { Model2VecEmbeddingFunction } = require('model2vec-node')
    ${BODY}`,
}

let project: Project
const record: Record<string, object> = {}
test.before(async () => {
  project = createProject('http://127.0.0.1:9')
  const packed = JSON.parse(readFileSync('build/packages/packed.json', 'utf8')) as Record<string, { tarball: string }>
  project.write('package.json', '{"private":true}')
  project.write('texts.json', JSON.stringify(TEXTS))
  for (const [file, script] of Object.entries(SCRIPTS)) project.write(file, script)
  const tarballs = Object.values(packed).map(({ tarball }) => tarball)
  await project.run('node', [programPath('npm'), 'install', '--offline', ...tarballs])
})
test.after.always(() => {
  rmSync(project.directory, { recursive: true, force: true })
  if (RECORD !== undefined) writeFileSync(RECORD, `${JSON.stringify(record, null, 2)}\n`)
})

/** What Python makes of the texts. */
function expectedDigests(): number[] {
  const [root] = ROOTS
  const digests = (root && reference(root, 'potion-base-8M')?.digests) ?? {}
  return ['edge.default', 'docs_en_300.default'].flatMap((run) => digests[run]?.vector_crc32 ?? [])
}

if (RECORD === undefined) {
  test('what `npm run runtimes` recorded names every runtime, and 200 ended workers of each Node', (t) => {
    const committed = JSON.parse(readFileSync('test/runtimes/record.json', 'utf8')) as Record<
      string,
      { terminated?: number }
    >
    t.deepEqual(
      Object.keys(committed),
      RUNTIMES.map(({ name }) => name),
    )
    for (const [name, { terminated }] of Object.entries(committed)) {
      t.is(terminated, name.startsWith('Node') ? 200 : undefined, name)
    }
  })
}

for (const { name, program, args = [], version } of RUNTIMES) {
  if (runtimes === null) {
    test.skip(`${name}: npm's registry can't be reached, or this is no Linux on x64`, () => undefined)
    continue
  }
  const file = path.join(runtimes, program)
  test.serial(`${name} gives Python's vectors, imported and required`, async (t) => {
    t.true(existsSync(file), file)
    const expected = expectedDigests()
    t.is(expected.length, TEXTS.length)
    for (const script of Object.keys(SCRIPTS)) {
      const { rows, synchronous } = JSON.parse(await project.run(file, [...args, script])) as Record<string, number[]>
      t.deepEqual(rows, expected, script)
      t.deepEqual(synchronous, expected, script)
    }
    project.write('version.cjs', `console.log(String(${version}))`)
    const found = (await project.run(file, [...args, 'version.cjs'])).trim()
    record[name] = { version: found, vectors: 4 * TEXTS.length }
  })

  if (!name.startsWith('Node')) continue
  test.serial(
    `${name}: ${ROUNDS} workers that are ended in the middle of their calls leave nothing behind`,
    async (t) => {
      const script = path.join(__dirname, 'children', 'terminate-often.js')
      const { stdout } = await promisify(execFile)(file, [script, SMALL, String(ROUNDS)])
      const [first, last] = JSON.parse(stdout) as { bytes: number; threads: number }[]
      t.true(first !== undefined && last !== undefined)
      if (first === undefined || last === undefined) return
      t.true(last.threads <= first.threads, `${last.threads} threads, after half of the workers ${first.threads}`)
      const grown = last.bytes - first.bytes
      t.true(grown < ROUNDS * GROWTH + SLACK, `grew by ${grown} bytes`)
      record[name] = { ...record[name], terminated: ROUNDS, first, last }
    },
  )
}
