// The names under which `model2vec serve` serves models, as its options give them.

import { existsSync } from 'node:fs'

import { UsageError } from '../command.js'

/**
 * What `--model` says: a source, or a name, `=` and a source. A path may have an equals sign, too.
 */
export function namedSource(given: string): readonly [name: string | null, source: string] {
  const [, name, source] = /^([^=/\\]+)=(.+)$/s.exec(given) ?? []
  return name === undefined || source === undefined || existsSync(given) ? [null, given] : [name, source]
}

/**
 * What `--served-model-name` says: alias → name. Of an alias alone the model is the first one.
 *
 * @throws UsageError
 */
export function aliasesOf(given: readonly string[], names: readonly string[]): ReadonlyMap<string, string> {
  const aliases = new Map<string, string>()
  for (const each of given) {
    const [, alias = each, model = names[0] ?? ''] = /^([^=]*)=(.*)$/s.exec(each) ?? []
    if (alias === '') throw new UsageError(`--served-model-name should be a name or name=model, but got ${each}`)
    if (!names.includes(model)) {
      throw new UsageError(`--served-model-name ${each}: the models are ${names.join(', ')}`)
    }
    const other = names.includes(alias) ? alias : aliases.get(alias)
    if (other !== undefined && other !== model) {
      throw new UsageError(`--served-model-name ${each}: ${alias} is a name of ${other} already`)
    }
    aliases.set(alias, model)
  }
  return aliases
}
