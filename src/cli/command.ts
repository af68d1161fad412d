// What a command of `model2vec` is.

import type { parseArgs } from 'node:util'

/** Options as `parseArgs` of `node:util` takes them. */
export type OptionTypes = NonNullable<NonNullable<Parameters<typeof parseArgs>[0]>['options']>

/** The values of given options. */
export type OptionValues = Readonly<Record<string, string | boolean | readonly (string | boolean)[] | undefined>>

export interface Command {
  /** One line for the list of commands. */
  readonly summary: string
  /** Everything: what it does, its arguments, its options, an example. */
  readonly help: string
  readonly options: OptionTypes
  /** @throws UsageError; whatever else it throws is one line on stderr and exit code 1 */
  run(positionals: readonly string[], values: OptionValues): Promise<void>
}

/** The command was not called as its help says: exit code 2. */
export class UsageError extends Error {}

/** @throws UsageError */
export function onlyPositional(positionals: readonly string[], what: string): string {
  const [first, second] = positionals
  if (first === undefined) throw new UsageError(`expected ${what}`)
  if (second !== undefined) throw new UsageError(`expected one argument, ${what}, but got another: ${second}`)
  return first
}

/** The options that say where the Hub's models are, as load options. */
export function hubOptions(values: OptionValues): Record<string, unknown> {
  return {
    revision: values.revision,
    subfolder: values.subfolder,
    cacheDir: values['cache-dir'],
    endpoint: values.endpoint,
  }
}

export const HUB_OPTIONS: OptionTypes = {
  revision: { type: 'string' },
  subfolder: { type: 'string' },
  'cache-dir': { type: 'string' },
  endpoint: { type: 'string' },
}

export const HUB_OPTIONS_HELP = `  --revision <name>    a branch, a tag or a commit (default: main)
  --subfolder <path>   the folder that holds the model's files
  --cache-dir <path>   the Hub cache (default: as Python's huggingface_hub)
  --endpoint <url>     the Hub (default: HF_ENDPOINT, else the public one)`
