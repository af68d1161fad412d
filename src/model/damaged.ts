// Files of the Hub cache that can't be read: the error says how to download them again.

import path from 'node:path'

import { isModel2VecError, Model2VecError } from '../errors.js'
import type { CheckedLoadOptions } from '../options/load.js'
import type { LocatedModel } from './locate.js'

/** The codes of errors that a truncated or damaged file causes. */
const DAMAGED: ReadonlySet<string> = new Set(['ERR_BAD_CONFIG', 'ERR_BAD_TOKENIZER', 'ERR_BAD_SAFETENSORS'])

/** The error of a load, with the way out where the files are the cache's. */
export function withRemedy(
  error: Error,
  { modelSource, directory, revision }: LocatedModel,
  options: Pick<CheckedLoadOptions, 'revision' | 'subfolder' | 'cacheDir'>,
): Error {
  if (!isModel2VecError(error) || !DAMAGED.has(error.code) || revision === null) return error
  // An installed package has a revision, too, and no snapshots.
  if (path.basename(path.dirname(directory)) !== 'snapshots') return error
  const given = [
    ['revision', options.revision === 'main' ? undefined : options.revision],
    ['subfolder', options.subfolder],
    ['cache-dir', options.cacheDir],
  ] as const
  const words = given.flatMap(([name, value]) => (value === undefined ? [] : [`--${name}`, shellWord(value)]))
  const command = ['model2vec pull --force', modelSource, ...words].join(' ')
  const remedy = `if the cached file is damaged, \`${command}\` (\`forceDownload\`) fetches it again`
  return new Model2VecError(error.code, `${error.message}; ${remedy}`, { cause: error })
}

/** A value as one word of a shell. */
function shellWord(value: string): string {
  return /^[\w./:@%+=,-]+$/.test(value) ? value : `'${value.replaceAll("'", "'\\''")}'`
}
