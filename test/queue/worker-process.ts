// A `model2vec worker` in a process of its own.

import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'

import type { ExecutionContext } from 'ava'

import { MAIN } from '../cli/run.js'
import type { Outcome } from '../cli/run.js'
import { until } from '../waiting.js'

export interface WorkerProcess {
  readonly child: ChildProcess
  readonly ended: Promise<Outcome>
  /** What it has said so far, on either output. */
  readonly said: () => string
  /** Waits until it has said that. */
  says(what: string | RegExp): Promise<void>
}

export interface WorkerSettings {
  readonly env?: Readonly<Record<string, string>>
  /** Options of Node. */
  readonly node?: readonly string[]
  /** What runs Node: a command that takes another one. */
  readonly within?: readonly string[]
}

/**
 * What starts a worker. It ends with the thread that starts it, however that ends: a run of tests that
 * is killed would else leave it, with a connection that it makes anew for ever.
 *
 * @param within what runs it: a command that takes another one
 */
export function workerCommand(
  args: readonly string[],
  { node = [], within = [] }: Pick<WorkerSettings, 'node' | 'within'> = {},
): { readonly command: string; readonly args: readonly string[] } {
  // Last: a change of the user's namespace would undo it.
  const bound = process.platform === 'linux' ? ['setpriv', '--pdeathsig', 'KILL'] : []
  const [command = '', ...rest] = [...within, ...bound, process.execPath, ...node, MAIN, 'worker', ...args]
  return { command, args: rest }
}

/** A worker that runs until the test ends. */
export function startWorker(
  t: ExecutionContext,
  args: readonly string[],
  { env, node = [], within = [] }: WorkerSettings = {},
): WorkerProcess {
  const { command, args: rest } = workerCommand(args, { node, within })
  // Where NODE_ENV is 'test', which ava sets, the SDK of Milvus prints every request.
  const child = spawn(command, rest, { env: { ...process.env, NODE_ENV: undefined, ...env }, stdio: 'pipe' })
  t.teardown(() => child.kill('SIGKILL'))
  let [out, err] = ['', '']
  child.stdout.setEncoding('utf8').on('data', (text: string) => (out += text))
  child.stderr.setEncoding('utf8').on('data', (text: string) => (err += text))
  let isEnded = false
  const ended = new Promise<Outcome>((resolve) => {
    child.on('close', (code, signal) => {
      isEnded = true
      resolve({ code, signal, out, err })
    })
  })
  const said = (): string => out + err
  return {
    child,
    ended,
    said,
    async says(what) {
      const isSaid = (): boolean => (typeof what === 'string' ? said().includes(what) : what.test(said()))
      await until(() => isSaid() || isEnded, `the worker says ${String(what)}; it says\n${said()}`)
      if (!isSaid()) throw new Error(`the worker ended without saying ${String(what)}:\n${said()}`)
    },
  }
}

/** Ends a worker in order. */
export async function terminate(t: ExecutionContext, worker: WorkerProcess): Promise<void> {
  // Before that the signal would kill it: it may have been started a moment ago.
  await worker.says('connected to')
  worker.child.kill('SIGTERM')
  const { code, signal, err } = await worker.ended
  t.deepEqual({ code, signal }, { code: 0, signal: null }, err)
}
