// A Python with the real huggingface_hub: that of MODEL2VEC_TEST_PYTHON, else one of our own.

import { execFile } from 'node:child_process'
import path from 'node:path'
import { promisify } from 'node:util'

import { canImport, none, pythonEnvironment } from '../python-environment.js'
import type { Python } from '../python-environment.js'

const SCRIPT = path.resolve('test/hub/hub.py')

export function findPython(): Python {
  const given = process.env.MODEL2VEC_TEST_PYTHON
  if (given === undefined) return pythonEnvironment('test/hub/requirements.txt', 'huggingface_hub')
  return canImport(given, 'huggingface_hub') ? { command: given } : none(`${given} has no huggingface_hub`)
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
