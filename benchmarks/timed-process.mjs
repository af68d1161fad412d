// Whole processes: how long they take, and how much of all cores.

import { spawnSync } from 'node:child_process'

/**
 * Runs a command to its end.
 *
 * @returns milliseconds: `wall`, starting included, and `cpu`, of the process and its children, which a busy
 *   machine changes less; NaN where there is no `sh`
 * @throws where the command fails, with what it said
 */
export function timed(command, args, env = process.env) {
  // A shell knows what its children took, once they have ended.
  const shell = process.platform === 'win32' ? [] : ['sh', '-c', '"$@" || exit 1; times', 'sh']
  const [program, ...rest] = [...shell, command, ...args]
  const started = performance.now()
  const { error, status, stdout, stderr } = spawnSync(program, rest, { env, encoding: 'utf8' })
  const wall = performance.now() - started
  if (status !== 0) throw error ?? new Error(`${[command, ...args].join(' ')}: ${stderr.trim().slice(-2000)}`)
  const times = shell.length === 0 ? [] : [...stdout.trim().split('\n').at(-1).matchAll(/(\d+)m([\d.]+)s/g)]
  const cpu = times.reduce((sum, [, minutes, seconds]) => sum + 60e3 * minutes + 1e3 * seconds, 0)
  return { wall, cpu: times.length === 0 ? NaN : cpu }
}

/**
 * Measures all once per round, every second round backwards: what slows the machine down falls on all.
 *
 * @param contestants name → what runs it once, and returns what it took
 * @returns name → what the rounds took, in their order
 */
export function inTurns(contestants, rounds) {
  const runs = Object.fromEntries(Object.keys(contestants).map((name) => [name, []]))
  for (let round = 0; round < rounds; round++) {
    const order = Object.entries(contestants)
    if (round % 2 === 1) order.reverse()
    for (const [name, run] of order) runs[name].push(run())
  }
  return runs
}
