// What a table or a collection keeps of a model, so that another process loads the same one.

import { Model2VecError } from '../errors.js'
import { directoryOf } from '../model/locate.js'
import type { ModelSource } from '../model/locate.js'
import { invalid, isRecord } from '../options/checks.js'
import type { ModelOptions } from './source.js'

/**
 * What a collection keeps of a model: what the vectors depend on. Not where its cache is on this
 * machine, and no token.
 */
export type ModelConfig = Pick<
  ModelOptions,
  | 'model'
  | 'subfolder'
  | 'revision'
  | 'normalize'
  | 'maxLength'
  | 'quantizeTo'
  | 'dimensionality'
  | 'vocabularyQuantization'
>

const KEPT = [
  ...['model', 'subfolder', 'revision', 'normalize', 'maxLength'],
  ...['quantizeTo', 'dimensionality', 'vocabularyQuantization'],
] as const

/**
 * The name of a model as it is kept: of a directory the absolute path, of a `file:` URL as well,
 * because the process that reads it may have another working directory.
 *
 * @throws Model2VecError `ERR_INVALID_OPTION`
 */
export function keptName(model: ModelSource): string {
  return directoryOf(model) ?? String(model)
}

/** @throws Model2VecError `ERR_INVALID_OPTION` */
export function configOfOptions(source: ModelOptions): ModelConfig {
  const given = KEPT.filter((key) => source[key] !== undefined && source[key] !== null)
  const config: ModelConfig = Object.fromEntries(given.map((key) => [key, source[key]]))
  return source.model === undefined ? config : { ...config, model: keptName(source.model) }
}

/** What is kept of a pipeline: that it was one. Only the application can make it again. */
export interface PipelineConfig {
  readonly pipeline: true
}

export const PIPELINE: PipelineConfig = { pipeline: true }

/**
 * The error for vectors of a pipeline that wasn't passed: those of another model would find
 * anything.
 *
 * @param remedy how it is passed
 */
export function pipelineMissing(remedy: string): Model2VecError {
  return new Model2VecError(
    'ERR_INVALID_OPTION',
    `the vectors are those of a pipeline, which has to be passed: ${remedy}`,
  )
}

/** What is read of an embedding function's `info`. */
interface LoadedInfo {
  readonly modelSource: string
  readonly normalize: boolean
  readonly dim: number
  readonly maxLength: number | null
  readonly revision?: unknown
}

/**
 * What an embedding function that is loaded says of its model: not with which `quantizeTo`,
 * `vocabularyQuantization` or `subfolder`.
 *
 * @throws Model2VecError `ERR_INVALID_OPTION` where it doesn't say which model it is,
 * `ERR_MODEL_NOT_READY` where it is not loaded
 */
export function configOfLoaded(source: object): ModelConfig {
  const { info } = source as { info?: unknown }
  if (!isRecord(info) || typeof info.modelSource !== 'string') {
    throw invalid('source', '{ model }, so that the model can be kept', source)
  }
  const { modelSource, normalize, dim: dimensionality, maxLength, revision } = info as unknown as LoadedInfo
  const model = keptName(modelSource)
  return { model, normalize, dimensionality, maxLength, ...(typeof revision === 'string' ? { revision } : {}) }
}
