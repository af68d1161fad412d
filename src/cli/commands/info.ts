// `model2vec info`: what a model is and how it is run here.

import { Model2VecEmbeddingFunction } from '../../embedding-function.js'
import { Model2VecError } from '../../errors.js'
import { locateModel } from '../../model/locate.js'
import { checkLoadOptions } from '../../options/load.js'
import { onlyPositional } from '../command.js'
import type { Command } from '../command.js'
import { HUB_OPTIONS, hubOptions } from '../model-options.js'

export const info: Command = {
  usage: ['<id|directory> [options]'],
  description: [
    'Loads a model that is on this machine (a directory, the Hub cache, an installed package; never the Hub) and ' +
      'prints what it is: its directory, dimension, vocabulary, element type, defaults, tokenizer (native, or ' +
      'reference where the tokenizers crate runs it, and then why), and the kernels of this CPU.',
  ],
  options: { json: { type: 'boolean', help: 'one JSON object' }, ...HUB_OPTIONS },
  example: 'minishlab/potion-base-8M',
  async run(positionals, values) {
    const source = onlyPositional(positionals, 'the id of a model or a directory')
    const options = { ...hubOptions(values), localFilesOnly: true }
    const found = locateModel(source, checkLoadOptions(options))
    if (found.hubId !== null && found.located === null) {
      const message =
        `the model \`${source}\` is not on this machine, and \`info\` never asks the Hub ` +
        `(\`model2vec pull ${source}\` downloads it)`
      throw new Model2VecError('ERR_HUB_OFFLINE', `${message}; ${found.lookedFor}`)
    }
    using ef = await Model2VecEmbeddingFunction.load(source, options)
    if (values.json === true) {
      process.stdout.write(`${JSON.stringify(ef.info, null, 2)}\n`)
      return
    }
    const entries = Object.entries(ef.info)
    const width = Math.max(...entries.map(([name]) => name.length))
    for (const [name, value] of entries) process.stdout.write(`${name.padEnd(width)}  ${String(value ?? 'none')}\n`)
  },
}
