// The native modules of other platforms: what `npm run cross` recorded of them is what this
// machine's gives.

import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import path from 'node:path'
import { pathToFileURL } from 'node:url'

import test from 'ava'

interface Result {
  readonly models: number
  readonly vectors: number
  readonly ids: number
  readonly digest: string
}

interface CrossRecord {
  readonly glibc?: string
  readonly macos?: string
  readonly signedPages?: number
  readonly bytes: number
  readonly runs: readonly (Result & { readonly runtime: string; readonly platform: string; readonly arch: string })[]
}

const record = JSON.parse(readFileSync('cross/record.json', 'utf8')) as Record<string, CrossRecord>

interface Target {
  readonly platform: string
  readonly runtimes: readonly string[]
  readonly scalarToo?: boolean
}

test('the record has every target in every runtime that it is for, no addon over 5 MB, and no newer glibc than 2.28', async (t) => {
  const targets = pathToFileURL(path.resolve('cross/targets.mjs')).href
  const { TARGETS } = (await import(targets)) as { TARGETS: readonly Target[] }
  t.deepEqual(
    Object.keys(record),
    TARGETS.map(({ platform }) => platform),
  )
  for (const { platform, runtimes, scalarToo } of TARGETS) {
    const { runs = [], bytes = Infinity, glibc, macos, signedPages = 0 } = record[platform] ?? {}
    const wanted = runtimes.flatMap((name) => (scalarToo === true ? [name, name] : [name]))
    t.deepEqual(
      runs.map(({ runtime }) => runtime),
      wanted,
      platform,
    )
    t.true(bytes <= 5_000_000, platform)
    if (platform.endsWith('-gnu')) t.true(Number(/^2\.(\d+)$/.exec(glibc ?? '')?.[1]) <= 28, platform)
    if (platform.startsWith('darwin-')) t.true(macos === '11.0' && signedPages > 0, platform)
  }
})

test('every vector and id that the other platforms gave is the one of this machine', (t) => {
  const folder = mkdtempSync(path.resolve('build/cross-'))
  try {
    const file = path.join(folder, 'result.json')
    execFileSync(process.execPath, ['cross/parity.mjs', file])
    const here = JSON.parse(readFileSync(file, 'utf8')) as Result & { different: readonly string[] }
    t.deepEqual(here.different, [])
    t.true(here.models >= 45 && here.vectors > 400_000 && here.ids > 300_000)
    for (const { runs } of Object.values(record)) {
      for (const { runtime, models, vectors, ids, digest } of runs) {
        t.deepEqual([models, vectors, ids, digest], [here.models, here.vectors, here.ids, here.digest], runtime)
      }
    }
  } finally {
    rmSync(folder, { recursive: true })
  }
})
