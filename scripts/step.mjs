// Runs the checks one after another, shows what they print, and counts their tests.

import { spawn } from 'node:child_process'
import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { createInterface } from 'node:readline'

/** Sums the "test result:" lines, one for each test binary. */
export function countCargo(output) {
  const counts = { passed: 0, failed: 0, skipped: 0 }
  for (const [, passed, failed, ignored] of output.matchAll(
    /^test result: .*? (\d+) passed; (\d+) failed; (\d+) ignored/gm,
  )) {
    counts.passed += Number(passed)
    counts.failed += Number(failed)
    counts.skipped += Number(ignored)
  }
  return counts
}

/** Counts the lines of the Test Anything Protocol. */
export function countTap(output) {
  const counts = { passed: 0, failed: 0, skipped: 0 }
  for (const [, not, rest] of output.matchAll(/^(not )?ok \d+(.*)$/gm)) {
    if (/# (skip|todo)/i.test(rest)) counts.skipped++
    else if (not === undefined) counts.passed++
    else counts.failed++
  }
  return counts
}

/**
 * A runner that ends badly without naming a failed test, or that ran no test, has failed all the
 * same.
 */
export function judge({ name, count }, output, code) {
  if (count === undefined)
    return code === 0 ? { passed: 1, failed: 0, skipped: 0 } : { passed: 0, failed: 1, skipped: 0 }
  const counts = count(output)
  if (counts.failed === 0 && (code !== 0 || counts.passed === 0)) {
    console.log(`${name}: ${code === 0 ? 'ran no test' : `ended with ${code}`}`)
    counts.failed = 1
  }
  return counts
}

/**
 * Runs a step; resolves with what it wrote to standard output, and its exit code or what ended it.
 * What tests leave in the folder for temporary files, gigabytes in a whole run, goes with the step.
 */
export function run({ command: [command, ...args], shows = () => true }) {
  const temporary = mkdtempSync(path.join(os.tmpdir(), 'm2v-'))
  // A server of a test may run as another user.
  chmodSync(temporary, 0o755)
  const env = { ...process.env, TMPDIR: temporary, TEMP: temporary, TMP: temporary }
  const remove = () => rmSync(temporary, { recursive: true, force: true, maxRetries: 5 })
  return new Promise((resolve) => {
    const lines = []
    const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'inherit'], env })
    createInterface({ input: child.stdout }).on('line', (line) => {
      lines.push(line)
      if (shows(line)) console.log(line)
    })
    child.on('error', (error) => {
      console.error(error.message)
      resolve({ output: '', code: 'an error' })
    })
    child.on('close', (code, signal) => resolve({ output: lines.join('\n'), code: code ?? signal }))
  }).finally(remove)
}
