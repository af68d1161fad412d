// Runs `loads.ts` in a process of its own, and in another one where that ends or hangs.

import { spawn } from 'node:child_process'
import path from 'node:path'
import { createInterface } from 'node:readline'

import { watchFor } from '../fuzz/hangs.js'

/** Of what a process said before it ended. */
const MOST_SAID = 2000
/** More than these are not looked for. */
const MOST_FAULTS = 20

export interface MutantsReport {
  /** How many of each outcome there were. */
  readonly outcomes: ReadonlyMap<string, number>
  /** Each with the number of its mutant: `node build/test/mutants/loads.js N N+1` does it again. */
  readonly faults: readonly string[]
}

/** Loads the mutants `from` to `to` − 1. */
export async function loadMutants(from: number, to: number): Promise<MutantsReport> {
  const outcomes = new Map<string, number>()
  const faults: string[] = []
  for (let next = from; next < to && faults.length < MOST_FAULTS;) {
    const child = spawn(process.execPath, [path.resolve('build/test/mutants/loads.js'), String(next), String(to)], {
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    // The `tokenizers` crate panics over some files, which the engine catches: that is no fault, but is printed.
    let said = ''
    child.stderr.setEncoding('utf8').on('data', (text: string) => (said = (said + text).slice(-MOST_SAID)))
    const closed = new Promise<string>((resolve) => {
      child.once('close', (code, signal) => {
        resolve(String(signal ?? code))
      })
    })
    const watch = watchFor({ pid: child.pid, kill: () => child.kill('SIGKILL') })
    let current = 'before the first mutant'
    for await (const line of createInterface({ input: child.stdout })) {
      watch.heard()
      const report = JSON.parse(line) as { number: number; mutant?: string; outcome?: string; fault?: string | null }
      if (report.mutant !== undefined) {
        current = `mutant ${report.number}, ${report.mutant}`
        next = report.number + 1
      } else if (report.fault != null) {
        faults.push(`${current}: ${report.fault}`)
      } else {
        const outcome = report.outcome ?? ''
        outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1)
      }
    }
    watch.end()
    const code = await closed
    if (code === '0') break
    faults.push(`${current}: the process ${watch.hangs ? 'hangs' : `ended with ${code}`}: ${said}`)
    if (current.startsWith('before')) break
  }
  return { outcomes, faults }
}
