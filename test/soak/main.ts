// One process of the soak test: all loads side by side for some minutes. It prints a line of JSON
// every so often, and one at the end (`Report`). Arguments: minutes.

import { memoryUsage } from 'node:process'
import { setTimeout as sleep } from 'node:timers/promises'

import { callLoads } from './calls.js'
import { differences, settled } from './held.js'
import { lifeLoads } from './lives.js'
import { closeSubject, openSubject } from './load.js'
import type { Load, Subject } from './load.js'

/** What a line says. */
interface Report {
  readonly minutes: number
  /** Megabytes: the median of the looks since the last line. */
  readonly rss: number
  /** Megabytes at the line: V8's heap, what of it is used, and what its objects hold outside of it. */
  readonly heap: number
  readonly used: number
  readonly external: number
  readonly runs: Readonly<Record<string, number>>
  /** Of queries, in milliseconds; null while there was none. */
  readonly p50: number | null
  readonly p99: number | null
  readonly errors: readonly string[]
  /** In the last line: what is left of handles, threads and files, in words. */
  readonly left?: readonly string[]
}

/** The most errors that are kept in full. */
const MOST_ERRORS = 20
/** How many lines there are: the third of them is that of minute 5 of 15. */
const LINES = 15
const LOOKS = 50

const errors: string[] = []
const runs: Record<string, number> = {}

function failed(where: string, error: unknown): void {
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error)
  if (errors.length < MOST_ERRORS) errors.push(`${where}: ${text}`)
}
process.on('unhandledRejection', (error) => {
  failed('nobody waited for this', error)
})

async function loop({ name, run, pause, end }: Load, isOver: () => boolean): Promise<void> {
  runs[name] ??= 0
  while (!isOver()) {
    try {
      await run()
      runs[name]++
    } catch (error) {
      failed(name, error)
    }
    await sleep(pause)
  }
  await end?.()
}

/** Opens all, runs each load until the time is over, and closes all. */
async function round(isOver: () => boolean, meanwhile: (subject: Subject) => Promise<void>): Promise<void> {
  const subject = await openSubject()
  const loads = [...callLoads(subject), ...lifeLoads(subject)]
  await Promise.all([...loads.map((load) => loop(load, isOver)), meanwhile(subject)])
  closeSubject(subject)
}

function report({ latency }: Subject, minutes: number, rss: number): Report {
  const p = (percent: number): number | null => (latency.count === 0 ? null : latency.percentile(percent) / 1e6)
  const { heapTotal, heapUsed, external } = memoryUsage()
  const megabytes = (bytes: number): number => bytes / 2 ** 20
  const [heap, used] = [megabytes(heapTotal), megabytes(heapUsed)]
  return { minutes, rss, heap, used, external: megabytes(external), runs, p50: p(50), p99: p(99), errors }
}

async function main(): Promise<void> {
  const minutes = Number(process.argv[2])
  // Each load once: what is started for the life of the process is there afterwards.
  const end = performance.now() + Math.min(3000, minutes * 6000)
  await round(
    () => performance.now() > end,
    () => Promise.resolve(),
  )
  const before = await settled()

  const start = performance.now()
  let isOver = false
  let last: Report | null = null
  await round(
    () => isOver,
    async (subject) => {
      for (let line = 1; line <= LINES; line++) {
        const until = start + (line * minutes * 60_000) / LINES
        const looks: number[] = []
        do {
          await sleep(Math.min(1000, Math.max(1, (minutes * 60_000) / LINES / LOOKS)))
          looks.push(memoryUsage.rss() / 2 ** 20)
        } while (performance.now() < until)
        looks.sort((a, b) => a - b)
        last = report(subject, (line * minutes) / LINES, looks[looks.length >> 1] ?? NaN)
        console.log(JSON.stringify(last))
      }
      isOver = true
    },
  )
  const after = await settled(before)
  const left = differences(before, after)
  console.log(JSON.stringify({ ...(last as Report | null), before, after, left }))
  // What is left may keep the process from ending, as it does where nothing is.
  if (left.length > 0) process.exit()
}
main().catch((error: unknown) => {
  console.error(error)
  process.exit(1)
})
