// The targets of test/fuzz without a fuzzer: over the files that it starts from (fuzz/seeds), and those in
// which it found something once (fuzz/cases).

import { spawn } from 'node:child_process'
import { existsSync, readdirSync } from 'node:fs'
import path from 'node:path'
import { createInterface } from 'node:readline'

import test from 'ava'

/** A target that says nothing for so long hangs: on a busy machine two seconds of the processor take longer. */
const PATIENCE_MS = 120_000

const targets = readdirSync('test/fuzz/targets').map((file) => path.basename(file, '.ts'))

function filesOf(folder: string): string[] {
  return existsSync(folder) ? readdirSync(folder).map((name) => path.join(folder, name)) : []
}

/** What was wrong with each file. */
async function replay(target: string, files: readonly string[]): Promise<string[]> {
  const child = spawn(process.execPath, [path.resolve('build/test/fuzz/replay.js'), target, ...files], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const ended = new Promise<string>((resolve) => {
    child.once('close', (code, signal) => {
      resolve(String(signal ?? code))
    })
  })
  const watch = setTimeout(() => child.kill('SIGKILL'), PATIENCE_MS)
  const faults: string[] = []
  let file = 'before the first file'
  for await (const line of createInterface({ input: child.stdout })) {
    watch.refresh()
    const { starts, fault } = JSON.parse(line) as { starts?: string; fault?: string | null }
    if (starts !== undefined) file = starts
    else if (fault !== null) faults.push(`${file}: ${fault}`)
  }
  clearTimeout(watch)
  const code = await ended
  if (code !== '0') faults.push(`${file}: the process ended with ${code}`)
  return faults
}

for (const target of targets) {
  test(`every kept case gives a result or a typed error: ${target}`, async (t) => {
    const seeds = filesOf(path.join('fuzz/seeds', target))
    t.true(seeds.length > 0)
    t.deepEqual(await replay(target, [...seeds, ...filesOf(path.join('fuzz/cases', target))]), [])
  })
}
