// Works on the items of a source: several at once, a bounded number ahead of the consumer, with the
// results in order.

/** A condition variable for one waiter, which checks its condition again after each `tell()`. */
class Change {
  #tell: (() => void) | null = null

  tell(): void {
    this.#tell?.()
    this.#tell = null
  }

  wait(): Promise<void> {
    return new Promise((resolve) => {
      this.#tell = resolve
    })
  }
}

type Outcome<Out> = { readonly value: Out } | { readonly error: unknown }

/**
 * The results of `work`, in the order of their inputs.
 *
 * At most `concurrency` run at once, and at most `concurrency + 2` inputs are read whose results
 * were not given out. What fails comes out in its place, after the results before it. However the
 * iteration ends, nothing runs any more when it has.
 *
 * @param next the next input, null at the end; not called while a call runs
 * @param stop its signal ends work and iteration, which does not throw the reason; aborted when the
 * iteration ends
 */
export async function* readAhead<In, Out>(
  next: () => Promise<In | null>,
  work: (input: In, signal: AbortSignal) => Promise<Out>,
  concurrency: number,
  stop: AbortController,
): AsyncGenerator<Out, void, undefined> {
  const { signal } = stop
  // A function, as the compiler takes a signal that was not aborted for one that never is.
  const isStopped = (): boolean => signal.aborted
  const queue: Promise<Outcome<Out>>[] = []
  const waiting: (() => void)[] = []
  const taken = new Change()
  const arrived = new Change()
  const state = { running: 0, isRead: false }

  const run = async (input: In): Promise<Outcome<Out>> => {
    if (state.running < concurrency) state.running++
    else await new Promise<void>((resolve) => waiting.push(resolve))
    try {
      return isStopped() ? { error: signal.reason } : { value: await work(input, signal) }
    } catch (error) {
      return { error }
    } finally {
      // Who waits takes this one's place.
      const first = waiting.shift()
      if (first === undefined) state.running--
      else first()
    }
  }

  const read = async (): Promise<void> => {
    try {
      for (;;) {
        while (queue.length > concurrency + 1 && !isStopped()) await taken.wait()
        const input = isStopped() ? null : await next()
        if (input === null) break
        queue.push(run(input))
        arrived.tell()
      }
    } catch (error) {
      queue.push(Promise.resolve({ error }))
    }
    state.isRead = true
    arrived.tell()
  }

  const wake = (): void => {
    taken.tell()
    arrived.tell()
  }
  signal.addEventListener('abort', wake, { once: true })
  try {
    void read()
    while (!isStopped()) {
      const first = queue[0]
      if (first === undefined) {
        if (state.isRead) return
        await arrived.wait()
        continue
      }
      const outcome = await first
      // What a call gave that was stopped meanwhile, nobody wants.
      if (isStopped()) return
      void queue.shift()
      taken.tell()
      if ('error' in outcome) throw outcome.error
      yield outcome.value
    }
  } finally {
    stop.abort()
    await Promise.all(queue)
  }
}
