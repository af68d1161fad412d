// The options of the commands that load a model, and the load.

import { Model2VecEmbeddingFunction } from '../embedding-function.js'
import type { LoadOptions } from '../options/load.js'
import { Model2VecPipeline } from '../pipeline/pipeline.js'
import { integer, UsageError } from './command.js'
import type { CommandOption, CommandOptions, OptionValues } from './command.js'

/** Where the Hub is, and what was downloaded. */
export const CACHE_OPTIONS: CommandOptions = {
  'cache-dir': {
    type: 'string',
    value: '<path>',
    help: "the Hub cache (default: as Python's huggingface_hub)",
  },
  endpoint: { type: 'string', value: '<url>', help: 'the Hub (default: HF_ENDPOINT, else the public one)' },
}

/** Where the Hub's models are. */
export const HUB_OPTIONS: CommandOptions = {
  revision: { type: 'string', value: '<name>', help: 'a branch, a tag or a commit (default: main)' },
  subfolder: { type: 'string', value: '<path>', help: "the folder that holds the model's files" },
  ...CACHE_OPTIONS,
}

export const DEFAULT_MODEL = 'minishlab/potion-base-8M'

export const THREADS_OPTION: CommandOption = {
  type: 'string',
  value: '<n>',
  help: 'how many threads to use (default: all there are)',
}

export const MODEL_OPTIONS: CommandOptions = {
  model: {
    type: 'string',
    short: 'm',
    value: '<name>',
    help: `an id or a directory (default: ${DEFAULT_MODEL})`,
  },
  threads: THREADS_OPTION,
  'max-length': {
    type: 'string',
    value: '<n>',
    help: "the most tokens of a text, or none for no limit (default: the model's)",
  },
  ...HUB_OPTIONS,
}

/** {@link HUB_OPTIONS} as options of a load. */
export function hubOptions(values: OptionValues): Record<string, unknown> {
  return {
    revision: values.revision,
    subfolder: values.subfolder,
    cacheDir: values['cache-dir'],
    endpoint: values.endpoint,
  }
}

/** {@link MODEL_OPTIONS} as options of a load. @throws UsageError */
export function modelOptions(values: OptionValues): LoadOptions {
  return { ...hubOptions(values), threads: integer(values, 'threads', 1), showProgressBar: true }
}

/** A token limit: a number, null for `none`, undefined when not given. @throws UsageError */
export function maxLength(values: OptionValues): number | null | undefined {
  return values['max-length'] === 'none' ? null : integer(values, 'max-length', 0)
}

/** @throws UsageError without `--model`: there is no default pipeline; what a load throws */
export async function loadPipeline(values: OptionValues, signal?: AbortSignal): Promise<Model2VecPipeline> {
  const { model } = values
  if (model === undefined) throw new UsageError('--model is needed: an id or a directory of a model with a head')
  return Model2VecPipeline.load(String(model), { ...modelOptions(values), signal })
}

/** @throws what a load throws */
export async function loadModel(values: OptionValues, signal?: AbortSignal): Promise<Model2VecEmbeddingFunction> {
  return Model2VecEmbeddingFunction.load(values.model as string | undefined, { ...modelOptions(values), signal })
}
