// `model2vec pull`: a model of the Hub into the cache.

import { Model2VecError } from '../../errors.js'
import { pullModel } from '../../model/load.js'
import { checkLoadOptions } from '../../options/load.js'
import { locateModel } from '../../model/locate.js'
import { HUB_OPTIONS, HUB_OPTIONS_HELP, hubOptions, onlyPositional } from '../command.js'
import type { Command } from '../command.js'

export const pull: Command = {
  summary: 'download a model from the Hub into the cache',
  help: `Usage: model2vec pull <id> [options]

Downloads the files that the model <id> needs into the cache that Python's
huggingface_hub shares, and prints the directory they are in. What is in the
cache is not asked for again; an installed package that carries the model is
not the cache. Fails when the cache could not be filled. A private model needs a token in HF_TOKEN or in
the file that \`hf auth login\` writes.

Options:
${HUB_OPTIONS_HELP}
  --force              ask the Hub also for what is in the cache
  --help               this text

Example: model2vec pull minishlab/potion-base-32M`,
  options: { ...HUB_OPTIONS, force: { type: 'boolean' } },
  async run(positionals, values) {
    const id = onlyPositional(positionals, 'the id of a model')
    const options = checkLoadOptions({ ...hubOptions(values), forceDownload: values.force, showProgressBar: true })
    const found = locateModel(id, options)
    if (found.hubId === null) {
      throw new Model2VecError(
        'ERR_INVALID_OPTION',
        `${found.located.directory} is a directory, not a model of the Hub`,
      )
    }
    const { directory } = await pullModel(found.hubId, options, new AbortController().signal)
    process.stdout.write(`${directory}\n`)
  },
}
