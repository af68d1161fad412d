// The examples of docs/INTEGRATIONS.md, in the real frameworks and stores: they run, and print what
// they say. test/readme.test.ts runs those of the other pages, which need no peers.

import { execFile } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { promisify } from 'node:util'

import test from 'ava'
import type { ExecutionContext } from 'ava'

import { installApplication } from './application.js'
import { chromaPython, startChroma } from './chroma-server.js'
import { reason, testWithPeers } from './peers.js'
import { postgresPrograms, startPostgres } from './postgres.js'

const PAGE = 'docs/INTEGRATIONS.md'
const application = path.resolve('build/adapter-page')
/** What the programs import, and which of the installed versions that is. */
const PEERS = [
  '@langchain',
  'apache-arrow',
  'chromadb',
  'pg',
  'pg-copy-streams',
  ['ai', 'ai-6'],
  ['@lancedb/lancedb', '@lancedb/lancedb-0.37'],
] as const

const examples = [...readFileSync(PAGE, 'utf8').matchAll(/^```js\n(.*?)^```$/gms)].map(([, code = '']) => code)

/** The servers that examples ask for: the variable that says where, and what starts it. */
const SERVERS: readonly {
  readonly variable: string
  /** Why there is none, or null. */
  readonly missing: () => string | null
  readonly start: () => Promise<{ readonly value: string; stop(): void | Promise<void> }>
}[] = [
  {
    variable: 'PGHOST',
    missing() {
      const programs = postgresPrograms()
      return programs.folder === null ? programs.reason : null
    },
    start() {
      const server = startPostgres(postgresPrograms().folder ?? '')
      return Promise.resolve({
        value: server.host,
        stop: () => {
          server.stop()
        },
      })
    },
  },
  {
    variable: 'CHROMA_PORT',
    missing() {
      const python = chromaPython()
      return python.command === null ? python.reason : null
    },
    async start() {
      const server = await startChroma(chromaPython().command ?? '')
      return { value: `${server.port}`, stop: () => server.stop() }
    },
  },
  {
    variable: 'LANCEDB_FOLDER',
    missing: () => null,
    start() {
      const folder = mkdtempSync(path.join(os.tmpdir(), 'model2vec-lancedb-'))
      const stop = (): void => {
        rmSync(folder, { recursive: true, force: true })
      }
      return Promise.resolve({ value: folder, stop })
    },
  },
]

async function runs(t: ExecutionContext, code: string, file: string): Promise<void> {
  const env = { ...process.env }
  for (const { variable, start } of SERVERS.filter(({ variable }) => code.includes(variable))) {
    const server = await start()
    t.teardown(() => server.stop())
    env[variable] = server.value
  }
  writeFileSync(path.join(application, file), code)
  const { stdout } = await promisify(execFile)(process.execPath, [path.join(application, file)], { env })
  const printed = [...code.matchAll(/^console\.log\(.*\) \/\/ (.+)$/gm)].map(([, line = '']) => line)
  t.not(printed.length, 0, 'it says what it prints')
  t.is(stdout, printed.map((line) => `${line}\n`).join(''))
}

if (reason === null)
  test.before(() => {
    installApplication(application, PEERS)
  })

test('the page has its examples in `js`', (t) => {
  t.true(examples.length >= 6)
})

for (const [i, code] of examples.entries()) {
  const entry = /'(model2vec-node\/[^']+)'/.exec(code)?.[1] ?? 'model2vec-node'
  const missing = SERVERS.filter(({ variable }) => code.includes(variable)).map((server) =>
    reason === null ? server.missing() : null,
  )
  testWithPeers(
    `example ${i + 1} of the page on integrations runs and prints what it says: ${entry}`,
    (t) => runs(t, code, `example${i + 1}.mjs`),
    reason ?? missing.find((why) => why !== null) ?? null,
  )
}
