// What fails in a round (rounds.test.ts): each failure does all shards of a run, however it hinders
// that, and ends its workers in order.

import { spawnSync } from 'node:child_process'
import { copyFileSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'

import type { ExecutionContext } from 'ava'
import type { Queue } from 'bullmq'
import { enqueue, report } from 'model2vec-node/bullmq'
import type { ShardReport } from 'model2vec-node/bullmq'

import { eventually } from '../waiting.js'
import { AT_STEP } from './fault.js'
import { change, SHARDS } from './planned-run.js'
import type { PlannedRun } from './planned-run.js'
import { startProxy } from './proxy.js'
import type { Proxy } from './proxy.js'
import { terminate } from './worker-process.js'
import type { WorkerProcess } from './worker-process.js'

/** Seconds: a busy machine renews a lock within half of it. */
export const LOCK = 2
/** A failure is tried again soon, and often: a busy machine may lose more locks than these tests mean. */
export const JOB = { attempts: 50, backoff: { type: 'fixed', delay: 50 } } as const
/** The fewest steps (fault.ts) of a shard, whatever its store. */
const STEPS = 6

export interface WorkerChoice {
  /** Of Redis. */
  readonly port?: number
  readonly within?: readonly string[]
  readonly env?: Readonly<Record<string, string>>
  readonly concurrency?: number
}

export interface Round {
  readonly t: ExecutionContext
  readonly run: PlannedRun
  readonly queue: Queue
  /** The port of Redis. */
  readonly port: number
  /** A worker, whose `fault` is as in fault.ts. */
  readonly worker: (fault?: string, choice?: WorkerChoice) => WorkerProcess
  readonly stopRedis: () => Promise<void>
  readonly startRedis: () => Promise<void>
  /** Resolves with the next job that has lost its worker: it is the next one that a worker takes. */
  readonly stalled: () => Promise<string>
  /** Integers from 0, the same in the same round. */
  readonly random: (below: number) => number
}

/** Does all shards; what it returns is called with what was found then. */
type Failure = (round: Round) => Promise<(found: ShardReport) => void>

export type FailureName =
  | 'a worker is killed'
  | 'Redis is killed and comes back'
  | 'a worker is cut off for longer than its lock'
  | 'two workers have one shard at once'
  | 'the machine of a worker sleeps'
  | 'an input changes'
  | 'the disk is full'

export const FAILURES: Readonly<Record<FailureName, Failure>> = {
  'a worker is killed': killed,
  'Redis is killed and comes back': withoutRedis,
  'a worker is cut off for longer than its lock': cutOff,
  'two workers have one shard at once': twice,
  'the machine of a worker sleeps': asleep,
  'an input changes': changed,
  'the disk is full': full,
}

const UNSHARE = ['unshare', '--map-root-user', '--mount', 'sh', '-ec']

/** Why a failure can't be made here; null = it can. */
export function missingFor(name: FailureName): string | null {
  if (name !== 'the disk is full') return null
  const folder = mkdtempSync(path.join(os.tmpdir(), 'model2vec-mount-'))
  const [command = '', ...args] = UNSHARE
  const { status } = spawnSync(command, [...args, `mount -t tmpfs -o size=64k tmpfs ${folder}`], { stdio: 'ignore' })
  rmSync(folder, { recursive: true, force: true })
  return status === 0 ? null : '`unshare` can mount nothing'
}

async function killed(round: Round): Promise<(found: ShardReport) => void> {
  const { t, worker, random } = round
  // Of two shards at once both lose their worker.
  const first = worker(`kill ${1 + random(2 * STEPS)}`, { concurrency: 2 })
  t.is((await first.ended).signal, 'SIGKILL')
  const others = [worker(), worker()]
  await allDone(round)
  for (const each of others) await terminate(t, each)
  return wasStalled(t)
}

async function withoutRedis(round: Round): Promise<(found: ShardReport) => void> {
  const { t, worker, random, stopRedis, startRedis } = round
  const held = worker(`hold ${1 + random(STEPS)}`)
  await held.says(AT_STEP)
  const other = worker()
  await other.says('connected to')
  await stopRedis()
  // For less time than the lock, or for more.
  const isGoingOn = random(2) === 0
  if (isGoingOn) held.child.kill('SIGUSR2')
  await new Promise((resolve) => setTimeout(resolve, random(1500 * LOCK)))
  await startRedis()
  if (!isGoingOn) held.child.kill('SIGUSR2')
  await allDone(round)
  await terminate(t, held)
  await terminate(t, other)
  return () => undefined
}

async function cutOff(round: Round): Promise<(found: ShardReport) => void> {
  const { t, worker, random, stalled } = round
  const proxy = await proxyOf(round)
  const cut = worker(`hold ${1 + random(STEPS)}`, { port: proxy.port })
  await cut.says(AT_STEP)
  const lost = stalled()
  proxy.cut()
  await lost
  const other = worker()
  await allDone(round)
  // It goes on with a shard that is done, and comes back.
  cut.child.kill('SIGUSR2')
  if (random(2) === 0) await cut.says(ENDED)
  proxy.mend()
  await cut.says(ENDED)
  await terminate(t, cut)
  await terminate(t, other)
  return wasStalled(t)
}

/** A worker is done with a shard, in one way or another. */
const ENDED = /: shard \d+: /

async function twice(round: Round): Promise<(found: ShardReport) => void> {
  const { t, worker, random, stalled } = round
  const proxy = await proxyOf(round)
  const first = worker(`hold ${1 + random(STEPS)}`, { port: proxy.port })
  await first.says(AT_STEP)
  const lost = stalled()
  proxy.cut()
  await lost
  const second = worker(`hold ${1 + random(STEPS)}`)
  await second.says(AT_STEP)
  const isMended = random(2) === 0
  if (isMended) proxy.mend()
  first.child.kill('SIGUSR2')
  second.child.kill('SIGUSR2')
  if (!isMended) {
    await first.says(ENDED)
    proxy.mend()
  }
  await allDone(round)
  await terminate(t, first)
  await terminate(t, second)
  return wasStalled(t)
}

async function asleep(round: Round): Promise<(found: ShardReport) => void> {
  const { t, worker, random, stalled } = round
  const sleeper = worker(`stop ${1 + random(STEPS)}`)
  await sleeper.says(AT_STEP)
  await stalled()
  const other = worker()
  if (random(2) === 0) await allDone(round)
  sleeper.child.kill('SIGCONT')
  await allDone(round)
  await terminate(t, sleeper)
  await terminate(t, other)
  return wasStalled(t)
}

async function changed(round: Round): Promise<(found: ShardReport) => void> {
  const { t, worker, run, queue } = round
  const held = worker('hold 1')
  await held.says(AT_STEP)
  const [input = ''] = run.inputs
  const changeBack = change(input)
  held.child.kill('SIGUSR2')
  await noneLeft(round)
  const { failures, done } = await report(queue, run.manifest)
  t.true(failures.length > 0)
  t.is(done + failures.length, SHARDS)
  for (const each of failures) t.true(each.reason?.includes(path.basename(input)), String(each.reason))
  changeBack()
  await enqueue(queue, run.manifest, { shards: failures.map(({ shard }) => shard), again: true, job: JOB })
  await allDone(round)
  await terminate(t, held)
  return () => undefined
}

/** More than all outputs. */
const DISK = 3_000_000

async function full(round: Round): Promise<(found: ShardReport) => void> {
  const { t, worker, run } = round
  const filler = path.join(run.folder, 'filler')
  writeFileSync(filler, Buffer.alloc(DISK - 65_536))
  // The disk is one of the worker's own.
  const script = `mount -t tmpfs -o size=${DISK} tmpfs "$OUT"; cp "$FILLER" "$OUT/.filler"; exec "$@"`
  const env = { OUT: run.out, FILLER: filler }
  const only = worker(undefined, { within: [...UNSHARE, script, 'sh'], env })
  await only.says(/try 1 failed: .*ENOSPC/)
  const seen = `/proc/${only.child.pid ?? 0}/root${run.out}`
  rmSync(path.join(seen, '.filler'))
  await allDone(round)
  for (const file of readdirSync(seen)) copyFileSync(path.join(seen, file), path.join(run.out, file))
  await terminate(t, only)
  return ({ retried }) => {
    t.true(
      retried.some(({ reason }) => reason?.includes('ENOSPC')),
      JSON.stringify(retried),
    )
  }
}

function wasStalled(t: ExecutionContext): (found: ShardReport) => void {
  return ({ retried }) => {
    t.true(
      retried.some(({ stalls }) => stalls > 0),
      JSON.stringify(retried),
    )
  }
}

async function proxyOf({ t, port }: Round): Promise<Proxy> {
  const proxy = await startProxy(port)
  t.teardown(() => {
    proxy.close()
  })
  return proxy
}

/** Waits until no shard waits or is in work. */
async function noneLeft({ queue }: Round): Promise<void> {
  const isDone = async (): Promise<boolean> => (await queue.getJobCountByTypes('waiting', 'active', 'delayed')) === 0
  await eventually(isDone, 'no shard is left')
}

async function allDone(round: Round): Promise<void> {
  const { t, queue } = round
  await noneLeft(round)
  const failed = await queue.getFailed()
  const completed = await queue.getCompletedCount()
  t.deepEqual(
    failed.map(({ failedReason }) => failedReason),
    [],
  )
  t.is(completed, SHARDS)
}
