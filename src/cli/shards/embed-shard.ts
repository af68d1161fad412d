// `model2vec embed --shard`: one shard of a manifest, which says all that changes its output.

import { FinalError, integer, UsageError } from '../command.js'
import type { CommandOptions, OptionValues } from '../command.js'
import { Interrupted, interruptSignal } from '../terminal/interrupt.js'
import { counted, say } from '../terminal/message.js'
import { ProgressLine } from '../terminal/progress-line.js'
import { progressIsJson } from '../written-run.js'
import { mayPass } from './failure.js'
import { openManifest } from './manifest.js'
import { runShard } from './run-shard.js'

export const BASE_OPTION: CommandOptions = {
  base: {
    type: 'string',
    value: '<dir>',
    help: "what a manifest's relative paths are relative to (default: the folder that it is in)",
  },
}

export const SHARD_OPTIONS: CommandOptions = {
  shard: {
    type: 'string',
    value: '<manifest>#<n>',
    help: 'do shard n of a manifest of `model2vec plan`; an output that is whole stays as it is',
  },
  ...BASE_OPTION,
}

/** The options that change no output. */
const FREE = new Set(['shard', 'base', 'progress', 'threads', 'cache-dir', 'endpoint'])

/**
 * @throws UsageError; FinalError for a shard that can never work; where another try may help, what
 * `runShard` throws
 */
export async function embedShard(positionals: readonly string[], values: OptionValues): Promise<void> {
  const given = positionals[0] ?? Object.keys(values).find((name) => !FREE.has(name))
  if (given !== undefined) {
    const what = positionals.length > 0 ? given : `--${given}`
    throw new UsageError(`--shard takes all from its manifest, but got ${what}: it is for \`model2vec plan\``)
  }
  const [, file, index] = /^(.+)#(\d+)$/s.exec(String(values.shard)) ?? []
  if (file === undefined) throw new UsageError(`expected --shard <manifest>#<n>, but got ${String(values.shard)}`)
  const threads = integer(values, 'threads', 1)
  const isJson = progressIsJson(values)
  const { signal, release } = interruptSignal()
  try {
    await doShard(file, Number(index), { values, threads, isJson, signal })
  } catch (error) {
    if (error instanceof Interrupted || mayPass(error)) throw error
    throw new FinalError('the shard can never work', { cause: error })
  } finally {
    release()
  }
}

interface Call {
  readonly values: OptionValues
  readonly threads: number | undefined
  readonly isJson: boolean
  readonly signal: AbortSignal
}

async function doShard(file: string, index: number, { values, threads, isJson, signal }: Call): Promise<void> {
  const manifest = await openManifest(file, { base: values.base as string | undefined })
  try {
    let line: ProgressLine | null = null
    let read = 0
    const { state, output, rows, skipped } = await runShard(manifest, index, {
      threads,
      cacheDir: values['cache-dir'] as string | undefined,
      endpoint: values.endpoint as string | undefined,
      signal,
      onProgress({ rows: done, bytes, totalBytes }) {
        line ??= new ProgressLine(totalBytes, 0, isJson)
        line.at(done, bytes)
        read = bytes
      },
      onSkip(message) {
        line?.clear()
        say(`skipped ${message}`)
      },
    })
    if (state === 'whole') {
      say(`${output} is whole: there is nothing to do`)
      return
    }
    ;(line as ProgressLine | null)?.end(rows, read)
    if (skipped > 0) say(`${counted(skipped, 'line')} skipped`)
  } finally {
    await manifest.close()
  }
}
