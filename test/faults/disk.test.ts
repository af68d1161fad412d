// Disks that are full, over quota, read-only or broken in the middle of any writer: an error with
// the file's name, and no half file in the place of a whole one. Then the disk works again, and so
// does the writer.

import { execFile } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { promisify } from 'node:util'

import test from 'ava'

import { run } from '../cli/run.js'
import { forgetEnvironment } from '../hub/cache-folder.js'
import { filesOf, repository } from '../hub/content.js'
import { HubServer } from '../hub/server.js'
import { manyTexts, SMALL } from '../test-data.js'
import { FAULTS } from './disk-calls.js'
import { canPreload, preloading } from './preloaded.js'

forgetEnvironment()

const preloaded = canPreload ? test : test.skip
const environment = canPreload ? preloading('disk_faults', {}) : {}
const newFolder = (): string => mkdtempSync(path.join(os.tmpdir(), 'model2vec-disk-'))
const REASON = /ENOSPC|EIO|EDQUOT|EROFS|no space|i\/o error|quota|read-only|os error (28|5|122|30)/i

interface Written {
  readonly call: string
  readonly outcome: string
  readonly isOld: boolean
  readonly others: readonly string[]
  readonly place: string
}

/** Runs a writer of the library with each fault. */
async function outcomes(writer: string, endpoint = ''): Promise<{ written: Written[]; folder: string }> {
  const folder = newFolder()
  const child = path.join(__dirname, '..', 'children', 'disk-writers.js')
  const args = [child, writer, folder, path.resolve(SMALL), endpoint]
  const { stdout } = await promisify(execFile)(process.execPath, args, { env: { ...process.env, ...environment } })
  const lines = stdout.trim().split('\n')
  return { written: lines.map((line) => JSON.parse(line) as Written), folder }
}

for (const [writer, code] of [
  ['EmbeddingMatrix.save', 'ERR_INVALID_OPTION'],
  ['savePretrained', 'ERR_INVALID_OPTION'],
  ['load', 'ERR_HUB_CACHE'],
] as const) {
  preloaded(`${writer} on a disk that refuses something is ${code}, and what was there stays whole`, async (t) => {
    const server = await HubServer.start(repository('org/Name', filesOf(SMALL)))
    const { written, folder } = await outcomes(writer, server.endpoint)
    server.stop()
    t.is(written.length, FAULTS.length)
    t.true(written.filter(({ outcome }) => outcome !== 'written').length >= 4)
    for (const { call, outcome, isOld, others, place } of written) {
      if (outcome === 'written') continue
      t.true(outcome.startsWith(`${code} `), `${call}: ${outcome}`)
      t.regex(outcome, REASON)
      t.true(outcome.includes(path.dirname(place)), outcome)
      if (writer !== 'load') {
        // Where the way back is refused too, the error says where the old files are.
        if (outcome.includes('what was there is now')) t.is(others.length, 1)
        else t.deepEqual([isOld, others], [true, []], `${call}: ${outcome}`)
      }
    }
    rmSync(folder, { recursive: true })
  })
}

for (const name of ['out.npy', 'out.jsonl', 'out.jsonl.gz', 'out.parquet']) {
  preloaded(`embed to ${name} on a disk that refuses something fails with its name, and can be resumed`, async (t) => {
    const folder = newFolder()
    const input = path.join(folder, 'texts.txt')
    writeFileSync(input, manyTexts(3000).join('\n'))
    const embed = (place: string): string[] => ['embed', input, '--model', SMALL, '--out', path.join(place, name)]
    const wholeFolder = path.join(folder, 'whole')
    mkdirSync(wholeFolder)
    const whole = await run(embed(wholeFolder))
    t.is(whole.code, 0, whole.err)
    const expected = readFileSync(path.join(wholeFolder, name))
    let failed = 0
    for (const [index, { call, code, skipped }] of FAULTS.entries()) {
      const place = path.join(folder, `place-${index}`)
      mkdirSync(place)
      const fault = `${call} ${code} ${skipped} ${path.join(place, name)}`
      const outcome = await run(embed(place), { env: { ...environment, M2V_DISK_FAULT: fault } })
      if (outcome.code !== 0) {
        failed++
        const line = outcome.err.trim().split('\n').at(-1) ?? ''
        t.regex(line, REASON)
        t.true(line.includes(name), line)
        t.notRegex(outcome.err, /^ {4}at /m)
        t.false(existsSync(path.join(place, name)), `${fault}: there is an output`)
        const again = await run([...embed(place), '--resume'])
        t.is(again.code, 0, again.err)
      }
      t.true(readFileSync(path.join(place, name)).equals(expected), fault)
    }
    t.true(failed >= 3, `${failed} faults were met`)
    rmSync(folder, { recursive: true })
  })
}

preloaded(
  'plan and a shard on a disk that refuses something leave no half file under a whole one’s name',
  async (t) => {
    const folder = newFolder()
    const input = path.join(folder, 'texts.txt')
    writeFileSync(input, manyTexts(500).join('\n'))
    for (const [index, { call, code, skipped }] of FAULTS.entries()) {
      const place = path.join(folder, `place-${index}`)
      const manifest = path.join(place, 'manifest.json')
      const plan = ['plan', input, '--model', SMALL, '--out-dir', path.join(place, 'out'), '--manifest', manifest]
      const fault = { ...environment, M2V_DISK_FAULT: `${call} ${code} ${skipped} ${place}/` }
      for (const [command, made] of [
        [plan, manifest],
        [['embed', '--shard', `${manifest}#0`], path.join(place, 'out', 'shard-000000.npy')],
      ] as const) {
        const outcome = await run(command, { env: fault })
        if (outcome.code === 0) continue
        t.regex(outcome.err, REASON)
        t.true(outcome.err.includes(place), outcome.err)
        t.notRegex(outcome.err, /^ {4}at /m)
        // A shard whose note alone could not be written has its output, which is whole.
        const before = existsSync(made) ? readFileSync(made) : null
        const again = await run(command)
        t.is(again.code, 0, again.err)
        if (before !== null) t.true(readFileSync(made).equals(before), `${fault.M2V_DISK_FAULT}: ${made} was half`)
      }
      const gathered = await run(['gather', manifest])
      t.is(gathered.code, 0, gathered.err + gathered.out)
      t.deepEqual(
        readdirSync(path.join(place, 'out')).filter((file) => file.includes('partial')),
        [],
      )
    }
    rmSync(folder, { recursive: true })
  },
)
