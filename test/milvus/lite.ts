// Real Milvus servers on this machine: Milvus Lite from PyPI, in an environment made in build/.
//
// 2.5 is the C++ one, with Float-, Float16-, BFloat16- and BinaryVector; 3.2 is a rewrite in
// Python, with FloatVector. None has Int8Vector.

import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import net from 'node:net'
import os from 'node:os'
import path from 'node:path'
import { setTimeout } from 'node:timers/promises'

import { freePort } from '../free-port.js'
import { pythonEnvironment } from '../python-environment.js'
import type { Python } from '../python-environment.js'

export type LiteVersion = '2.5' | '3.2'

export interface Lite {
  /** host:port */
  readonly address: string
  stop(): Promise<void>
}

/** For clients of a server in tests: the SDK's 15 seconds for a call are too few for a busy machine. */
export const PATIENT = { logLevel: 'error', timeout: 300_000 } as const

/** The interpreter for a version, or why there is none. */
export function liteEnvironment(version: LiteVersion): Python {
  return pythonEnvironment(`test/milvus/lite-${version}.txt`, 'milvus_lite')
}

/** Starts a server with an empty database on a port that is free. */
export async function startLite(python: string, version: LiteVersion): Promise<Lite> {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'm2v-lite-'))
  const port = await freePort()
  // What a server wrote to stdout would be taken for the output of the tests.
  const server = spawn(python, [path.resolve('test/milvus/lite.py'), version, folder, String(port)], {
    stdio: ['pipe', 'ignore', 'inherit'],
  })
  const ended = new Promise<void>((resolve) =>
    server.once('close', () => {
      resolve()
    }),
  )
  const stop = async (): Promise<void> => {
    server.stdin.end()
    await ended
    rmSync(folder, { recursive: true, force: true })
  }
  while (!(await accepts(port))) {
    if (server.exitCode !== null) throw new Error(`milvus-lite ${version} ended with ${server.exitCode}`)
    await setTimeout(50)
  }
  return { address: `127.0.0.1:${port}`, stop }
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = net.connect(port, '127.0.0.1')
    socket.once('connect', () => {
      socket.destroy()
      resolve(true)
    })
    socket.once('error', () => {
      resolve(false)
    })
  })
}
