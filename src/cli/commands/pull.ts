// `model2vec pull`: downloads a model of the Hub into the cache.

import { Model2VecError } from '../../errors.js'
import { pullModel } from '../../model/load.js'
import { locateModel } from '../../model/locate.js'
import { checkLoadOptions } from '../../options/load.js'
import { onlyPositional } from '../command.js'
import type { Command } from '../command.js'
import { HUB_OPTIONS, hubOptions } from '../model-options.js'

export const pull: Command = {
  usage: ['<id> [options]'],
  description: [
    "Downloads the files that the model <id> needs into the cache that Python's huggingface_hub shares, and prints " +
      'the directory they are in. A model that is in the cache is not downloaded again; an installed package that ' +
      'carries it does not count as the cache. Fails when the cache could not be filled. A private model needs a ' +
      'token in HF_TOKEN or in the file that `hf auth login` writes.',
  ],
  options: {
    ...HUB_OPTIONS,
    force: { type: 'boolean', help: 'ask the Hub also for what is in the cache' },
  },
  example: 'minishlab/potion-base-32M',
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
