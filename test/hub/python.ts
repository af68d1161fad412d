// A Python with the real huggingface_hub: that of MODEL2VEC_TEST_PYTHON, else one of our own in build/, made once where there is
// `python3` with `venv` and a package index.

import { execFile, spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { promisify } from 'node:util'

const REQUIREMENTS = path.resolve('test/hub/requirements.txt')
const SCRIPT = path.resolve('test/hub/hub.py')

/** The interpreter, or why there is none. */
export type Python = { readonly command: string } | { readonly command: null; readonly reason: string }

export function findPython(): Python {
  const given = process.env.MODEL2VEC_TEST_PYTHON
  if (given !== undefined) return hasHub(given) ? { command: given } : none(`${given} has no huggingface_hub`)
  const folder = path.resolve('build', `hub-python-${readFileSync(REQUIREMENTS, 'utf8').trim().replace(/\W+/g, '-')}`)
  const own = path.join(folder, ...(process.platform === 'win32' ? ['Scripts', 'python.exe'] : ['bin', 'python']))
  if (existsSync(own) && hasHub(own)) return { command: own }
  if (!succeeds('python3', ['-m', 'venv', '--clear', folder])) return none('no `python3` with `venv`')
  const pip = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '-r', REQUIREMENTS]
  return succeeds(own, pip) ? { command: own } : none('`pip install huggingface_hub` failed')
}

/** Runs a command of hub.py, in an environment that has nothing but `variables` of the Hub. */
export async function askPython(
  command: string,
  args: readonly string[],
  variables: NodeJS.ProcessEnv,
): Promise<unknown> {
  const env = { PATH: process.env.PATH, HOME: process.env.HOME, HF_HUB_DISABLE_TELEMETRY: '1', ...variables }
  const { stdout } = await promisify(execFile)(command, [SCRIPT, ...args], { env })
  return JSON.parse(stdout)
}

function none(reason: string): Python {
  return { command: null, reason }
}

function hasHub(command: string): boolean {
  return succeeds(command, ['-c', 'import huggingface_hub'])
}

function succeeds(command: string, args: readonly string[]): boolean {
  return spawnSync(command, args, { stdio: 'ignore' }).status === 0
}
