// What a table or a collection keeps of a model, so that another process loads the same one.

import { Model2VecError } from '../errors.js'
import { directoryOf } from '../model/locate.js'
import type { ModelSource } from '../model/locate.js'
import { isRecord } from '../options/checks.js'
import { DEFAULT_MODEL_ID } from './source.js'
import type { ModelOptions } from './source.js'

/**
 * What a collection keeps of a model: what the vectors depend on. Not what belongs to one machine,
 * such as where its cache is, and no token. Nor where its Hub is: who writes a collection could
 * otherwise have the token of a reader sent there.
 */
export type ModelConfig = Pick<
  ModelOptions,
  | 'model'
  | 'pipeline'
  | 'subfolder'
  | 'revision'
  | 'normalize'
  | 'maxLength'
  | 'quantizeTo'
  | 'dimensionality'
  | 'vocabularyQuantization'
>

const KEPT: readonly (keyof ModelConfig)[] = [
  ...(['model', 'pipeline', 'subfolder', 'revision', 'normalize', 'maxLength'] as const),
  ...(['quantizeTo', 'dimensionality', 'vocabularyQuantization'] as const),
]

/** What is kept of an embedder that only the application can make again: that there was one. */
export interface PassedConfig {
  readonly passed: true
}

const PASSED: PassedConfig = { passed: true }

/**
 * The error for vectors of an embedder that wasn't passed: those of another would find anything.
 *
 * @param remedy how it is passed
 */
export function notPassed(remedy: string): Model2VecError {
  return new Model2VecError(
    'ERR_INVALID_OPTION',
    `the vectors are those of an embedder of the application's own, which has to be passed: ${remedy}`,
  )
}

/** What of a kept config no load knows: another version of this package may have written it. */
export function unknownKeys(config: object): string[] {
  return Object.keys(config).filter((key) => !(KEPT as readonly string[]).includes(key))
}

/**
 * The name of a model as it is kept: of a directory the absolute path, of a `file:` URL as well,
 * because the process that reads it may have another working directory.
 *
 * @throws Model2VecError `ERR_INVALID_OPTION`
 */
function keptName(model: ModelSource): string {
  return directoryOf(model) ?? String(model)
}

/**
 * What is kept of a model's options. `maxLength: null` is: it means all tokens.
 *
 * @throws Model2VecError `ERR_INVALID_OPTION`
 */
export function configOfOptions(source: ModelOptions): ModelConfig {
  const given = KEPT.filter((key) => source[key] !== undefined)
  const config: ModelConfig = Object.fromEntries(given.map((key) => [key, source[key]]))
  return { ...config, model: keptName(source.model ?? DEFAULT_MODEL_ID) }
}

/** What is read of the `info` of an embedding function or of a pipeline. */
interface LoadedInfo {
  readonly modelSource: string
  readonly dim: number
  readonly normalize: boolean
  readonly maxLength: number | null
  readonly revision?: string | null
  readonly subfolder?: string | null
  readonly quantizeTo?: ModelOptions['quantizeTo'] | null
  readonly vocabularyQuantization?: number | null
  /** Only of a pipeline: what its head computes, and of how many dimensions. */
  readonly activation?: string
  readonly embeddingDim?: number
}

/**
 * What an embedding function or a pipeline says of its model: all that another load needs. Of an
 * embedder that says nothing, {@link PASSED}.
 *
 * @throws Model2VecError `ERR_MODEL_NOT_READY` where it is not loaded, `ERR_CLOSED`
 */
export function configOfLoaded(source: object): ModelConfig | PassedConfig {
  const { info } = source as { info?: unknown }
  // Without an `encode` it wraps a model, and makes something else of its vectors.
  if (!('encode' in source) || !isRecord(info) || typeof info.modelSource !== 'string') return PASSED
  const { modelSource, dim, normalize, maxLength, activation, ...rest } = info as unknown as LoadedInfo
  const { revision, subfolder, quantizeTo, vocabularyQuantization } = rest
  const config: ModelConfig = {
    model: modelSource,
    pipeline: activation === undefined ? undefined : true,
    subfolder: subfolder ?? undefined,
    revision: revision ?? undefined,
    normalize,
    maxLength,
    quantizeTo: quantizeTo ?? undefined,
    dimensionality: rest.embeddingDim ?? dim,
    vocabularyQuantization: vocabularyQuantization ?? undefined,
  }
  return configOfOptions(config)
}
