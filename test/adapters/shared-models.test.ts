// The models that functions of a store share, by their options.

import { pathToFileURL } from 'node:url'

import test from 'ava'

import type * as sharedModule from '../../build/modules/adapters/shared-models.js'
import { modelPath, SMALL } from '../test-data.js'
import { load } from '../modules.js'

const { sharedModels } = load('adapters/shared-models') as typeof sharedModule

test('equal options in any order share a model, others do not', async (t) => {
  const model = sharedModels()
  const first = await model({ model: SMALL, normalize: true })
  t.is(await model({ normalize: true, model: SMALL, maxLength: undefined }), first)
  t.not(await model({ model: SMALL }), first)
  t.not(await model({ model: modelPath('m8k-st'), normalize: true }), first)
  const url = pathToFileURL(SMALL)
  t.is(await model({ model: url }), await model({ model: pathToFileURL(SMALL) }))
})

test('a load with a signal or a function of its own is not shared', async (t) => {
  const model = sharedModels()
  const { signal } = new AbortController()
  t.not(await model({ model: SMALL, signal }), await model({ model: SMALL, signal }))
  const onProgress = (): void => undefined
  t.not(await model({ model: SMALL, onProgress }), await model({ model: SMALL, onProgress }))
})

test('a model that nobody has wanted for the time is let go, and stays usable for whoever has it', async (t) => {
  const model = sharedModels(20)
  const first = await model({ model: SMALL })
  // Timers run in the order of their ends: this one ends after that of the model.
  await new Promise((resolve) => setTimeout(resolve, 200))
  t.not(await model({ model: SMALL }), first)
  t.is((await first.encode(['a dog'])).rows, 1)
})

test('a load that failed is not kept', async (t) => {
  const model = sharedModels()
  await t.throwsAsync(model({ model: '/no/such/model' }), { code: 'ERR_MODEL_NOT_FOUND' })
  await t.throwsAsync(model({ model: '/no/such/model' }), { code: 'ERR_MODEL_NOT_FOUND' })
})
