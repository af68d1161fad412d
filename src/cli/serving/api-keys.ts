// The keys of `model2vec serve`: of a file, and of the environment, which other users can't see as
// they can see arguments.

import { readFileSync } from 'node:fs'

import { UsageError } from '../command.js'

export const KEYS_VARIABLE = 'MODEL2VEC_API_KEYS'

/**
 * @param file a key on each line; empty lines and those that begin with # are none
 * @throws UsageError where keys are wanted but there are none: the server would be open to everyone
 */
export function apiKeys(file: string | undefined): string[] {
  const ofFile = file === undefined ? [] : keysOf(linesOf(readFileSync(file, 'utf8')), file)
  const { [KEYS_VARIABLE]: variable } = process.env
  const ofVariable = variable === undefined ? [] : keysOf(variable.split(','), KEYS_VARIABLE)
  return [...ofFile, ...ofVariable]
}

function linesOf(text: string): string[] {
  return text.split(/\r?\n/).filter((line) => !line.startsWith('#'))
}

function keysOf(parts: readonly string[], source: string): string[] {
  const keys = parts.map((part) => part.trim()).filter((part) => part !== '')
  if (keys.length === 0) throw new UsageError(`${source} should have API keys, but has none`)
  // A key is a word of a header.
  if (keys.some((key) => /[^\x21-\x7e]/.test(key))) {
    throw new UsageError(`${source} has an API key with characters other than visible ASCII`)
  }
  return keys
}
