// A server of Chroma on this machine, from PyPI.

import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'

import { freePort } from '../free-port.js'
import { pythonEnvironment } from '../python-environment.js'
import type { Python } from '../python-environment.js'

export interface Chroma {
  readonly port: number
  stop(): Promise<void>
}

/** The interpreter that has the server, or why there is none. */
export function chromaPython(): Python {
  return pythonEnvironment('test/adapters/chroma.txt', 'chromadb')
}

export async function startChroma(python: string): Promise<Chroma> {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'model2vec-chroma-'))
  const port = await freePort()
  // Not the environment's `chroma`: it names the folder in which the environment was made.
  const chroma = ['-c', "import sys; from chromadb.cli.cli import app; sys.argv[0] = 'chroma'; app()"]
  const args = [...chroma, 'run', '--path', folder, '--host', '127.0.0.1', '--port', `${port}`]
  const server = spawn(python, args, { stdio: 'ignore', env: { ...process.env, ANONYMIZED_TELEMETRY: 'False' } })
  const stop = async (): Promise<void> => {
    const ended = new Promise((resolve) => server.once('exit', resolve))
    server.kill('SIGKILL')
    await ended
    rmSync(folder, { recursive: true, force: true })
  }
  for (let i = 0; i < 3000; i++) {
    const answer = await fetch(`http://127.0.0.1:${port}/api/v2/heartbeat`).catch(() => null)
    if (answer?.ok === true) return { port, stop }
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
  await stop()
  throw new Error('the server did not start within five minutes')
}
