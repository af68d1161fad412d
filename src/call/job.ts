// Runs one native job: feeds it the texts, listens to the signal, reports progress, and settles
// only when no thread works for it any more, so that `out` is the caller's again.

import { onAbort, throwIfAborted } from '../runtime/abort.js'
import { fromNative, Model2VecError } from '../errors.js'
import { inTurns } from '../runtime/event-loop.js'
import { native } from '../native/load.js'
import type { NativeJob, NativeJobResult } from '../native/interface.js'
import type { OnProgress } from '../options/encode.js'
import { ProgressClock, ProgressTimer } from './call-progress.js'
import { rowSteps } from './input-rows.js'
import type { InputRows } from './input-rows.js'
import { NO_TEXTS, slices } from './texts.js'
import type { Slice, Segment, Texts } from './texts.js'

/** Ends a job, and hears of its progress. */
export interface JobObserver {
  readonly signal: AbortSignal | undefined
  readonly report: OnProgress | null
}

/** What a job works on. */
export type JobInput = Texts | InputRows

/** Runs a job off the event loop. */
export async function runJob<Result extends NativeJobResult>(
  job: NativeJob<Result>,
  observer: JobObserver,
  input: JobInput = NO_TEXTS,
): Promise<Result> {
  const { signal, report } = observer
  const cancel = (): void => {
    job.cancel()
  }
  const timer = report === null ? null : new ProgressTimer(report, () => progressOf(job, input), cancel)
  const forget = onAbort([signal], cancel)
  let result: Result | null = null
  let failure: { readonly error: unknown } | null = null
  try {
    try {
      await feedAll(job, input, () => timer?.failure != null, signal)
    } catch (error) {
      failure = { error }
      job.cancel()
    }
    try {
      result = await job.finish()
    } catch (error) {
      failure ??= { error: fromNative(error) }
    }
  } finally {
    timer?.stop()
    forget()
  }
  throwIfAborted(signal)
  failure = timer?.failure ?? failure
  if (failure !== null) throw failure.error
  if (result === null) throw new Model2VecError('ERR_INTERNAL', 'a job ended without a result')
  return result
}

/** Runs a job to its end on this thread, with the help of the others. */
export function runJobSync<Result extends NativeJobResult>(
  job: NativeJob<Result>,
  report: OnProgress | null,
  input: JobInput = NO_TEXTS,
): Result {
  const clock = report === null ? null : new ProgressClock(report)
  try {
    const steps = feedSteps(job, input)
    while (steps.next().done !== true) clock?.tick(() => progressOf(job, input))
  } catch (error) {
    job.cancel()
    try {
      job.finishSync()
    } catch {
      // It was cancelled; what ended it is `error`.
    }
    throw error
  }
  try {
    return job.finishSync()
  } catch (error) {
    throw fromNative(error)
  }
}

function progressOf(job: NativeJob, input: JobInput): { done: number; total: number } {
  return { done: job.rowsDone(), total: input.count }
}

async function feedAll(
  job: NativeJob,
  input: JobInput,
  isStopped: () => boolean,
  signal: AbortSignal | undefined,
): Promise<void> {
  const rest = feedSteps(job, input)
  const feedNext = (): 'all' | 'full' | undefined => {
    throwIfAborted(signal)
    if (isStopped()) return 'all'
    const step = rest.next()
    if (step.done === true) return 'all'
    return step.value ? undefined : 'full'
  }
  while ((await inTurns(feedNext, signal)) === 'full') await room(job)
}

/** Feeds a slice in each step, which gives false when enough is in flight. */
function* feedSteps(job: NativeJob, input: JobInput): Generator<boolean, void, undefined> {
  if ('data' in input) yield* rowSteps(job, input)
  else for (const slice of slices(input, job.readableUnits())) yield feed(job, slice)
}

/** Returns false when enough is in flight. */
function feed(job: NativeJob, slice: Slice | Segment): boolean {
  try {
    if ('segment' in slice) return native().feedSegment.call(job, slice.segment, slice.rest)
    return Reflect.apply(native().feed, job, slice.texts)
  } catch (error) {
    throw fromNative(error, slice.from)
  }
}

async function room(job: NativeJob): Promise<void> {
  try {
    await job.room()
  } catch (error) {
    throw fromNative(error)
  }
}
