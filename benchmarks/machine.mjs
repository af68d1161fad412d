// What the measurements were made on.

import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import os from 'node:os'
import { fileURLToPath } from 'node:url'

/** Processor, memory, system and the versions of what compiled or ran the peers. */
export function describeMachine() {
  const cpus = os.cpus()
  return {
    processor: cpus[0]?.model.trim() ?? 'unknown',
    cores: cpus.length,
    instructions: instructions(),
    memoryGB: Math.round(os.totalmem() / 2 ** 30),
    system: `${os.type()} ${os.release()} ${os.arch()}`,
    virtual: /\bhypervisor\b/.test(read('/proc/cpuinfo')),
    hugePages: /\[(\w+)\]/.exec(read('/sys/kernel/mm/transparent_hugepage/enabled'))?.[1] ?? null,
    node: process.version,
    rust: output('rustc', ['--version']),
    python: output('python3', ['--version']),
  }
}

/** The commit that was measured, and whether the tree had changes of its own. */
export function describeCommit() {
  const commit = output('git', ['rev-parse', '--short=12', 'HEAD'])
  const changes = output('git', ['status', '--porcelain', '--untracked-files=no', '--', 'src', 'crates', 'Cargo.lock'])
  return commit === null ? null : { commit, changed: changes !== '' }
}

/** Of the vector instructions that matter here, those that the processor has. */
function instructions() {
  const flags = new Set(/^(?:flags|Features)\s*:(.*)$/m.exec(read('/proc/cpuinfo'))?.[1].trim().split(' '))
  return ['avx2', 'f16c', 'avx512f', 'avx512bw', 'avx512vbmi2', 'asimd'].filter((name) => flags.has(name))
}

function read(path) {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}

function output(command, args) {
  try {
    const cwd = fileURLToPath(new URL('..', import.meta.url))
    return execFileSync(command, args, { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim()
  } catch {
    return null
  }
}
