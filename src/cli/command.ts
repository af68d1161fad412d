// What a command of `model2vec` is: a file of its own in `commands/`, and a row in
// `command-table.ts`.

/** An option, as `parseArgs` of `node:util` takes it, with what the help says about it. */
export interface CommandOption {
  readonly type: 'string' | 'boolean'
  readonly short?: string
  readonly multiple?: boolean
  /** What its value is called in the help; options of type 'string' have one. */
  readonly value?: string
  readonly help: string
}

/** Options by their names, without dashes. */
export type CommandOptions = Readonly<Record<string, CommandOption>>

/** The values of the options that were given. */
export type OptionValues = Readonly<Record<string, string | boolean | readonly (string | boolean)[] | undefined>>

/** A paragraph, or a list of terms with what they mean. */
export type HelpBlock = string | readonly (readonly [term: string, meaning: string])[]

/** What is known of a command before it is called. */
export interface CommandRow {
  /** One line for the list of commands. */
  readonly summary: string
  readonly load: () => Promise<Command>
}

export interface Command {
  /** What follows the command's name, for each way to call it. */
  readonly usage: readonly string[]
  /** What it does. */
  readonly description: readonly HelpBlock[]
  readonly options: CommandOptions
  /** What the help says after the options. */
  readonly notes?: readonly HelpBlock[]
  /** Whether it goes on when nobody reads its standard output any more. */
  readonly outlivesOutput?: boolean
  /** A call, without `model2vec` and the command's name. */
  readonly example: string
  /** @throws UsageError; FinalError; any other error is one line on stderr and exit code 1 */
  run(positionals: readonly string[], values: OptionValues): Promise<void>
}

/** The command was not called as its help says: exit code 2. */
export class UsageError extends Error {}

/**
 * What its cause says can never work, however often it is called: exit code 3, by which a scheduler
 * knows that another try is of no use.
 */
export class FinalError extends Error {}

/** The only argument. @throws UsageError */
export function onlyPositional(positionals: readonly string[], what: string): string {
  const [first, second] = positionals
  if (first === undefined) throw new UsageError(`expected ${what}`)
  if (second !== undefined) throw new UsageError(`expected one argument, ${what}, but got another: ${second}`)
  return first
}

/** The value of an option for integers, undefined when it was not given. @throws UsageError */
export function integer(values: OptionValues, name: string, least: number): number | undefined {
  const given = values[name]
  if (given === undefined) return undefined
  const value = Number(given)
  if (given === '' || !Number.isSafeInteger(value) || value < least) {
    throw new UsageError(`--${name} should be an integer ≥ ${least}, but got ${String(given)}`)
  }
  return value
}

/**
 * The value of an option for one of several names, undefined when it was not given.
 *
 * @throws UsageError
 */
export function choice<T extends string>(values: OptionValues, name: string, known: readonly T[]): T | undefined {
  const given = values[name]
  if (given === undefined) return undefined
  const found = known.find((each) => each === given)
  if (found === undefined) throw new UsageError(`--${name} should be ${known.join(', ')}, but got ${String(given)}`)
  return found
}
