// Downloads of models with heads: the file of the head is fetched for those that run it, and for
// nobody else.

import test from 'ava'
import { isModel2VecError, Model2VecEmbeddingFunction } from 'model2vec-node'

import type * as loadModule from '../../build/modules/model/load.js'
import type * as optionsModule from '../../build/modules/options/load.js'
import type { Model } from '../../build/modules/model/model.js'
import { headFile, withHeadConfig } from '../head-file.js'
import { SMALL } from '../test-data.js'
import { emptyCache, forgetEnvironment, snapshotFiles } from './cache-folder.js'
import { COMMIT, filesOf, repository } from './content.js'
import { HubServer } from './server.js'
import { load } from '../modules.js'

forgetEnvironment()

const { leavePending, loadOrLeave } = load('model/load') as typeof loadModule
const { checkLoadOptions } = load('options/load') as typeof optionsModule

const FILES = ['config.json', 'model.safetensors', 'tokenizer.json']
const plain = filesOf(SMALL)

const withHead = {
  ...plain,
  'config.json': withHeadConfig(plain['config.json'], { n_layers: 1, activation: 'softmax', classes: ['no', 'yes'] }),
  'head.safetensors': headFile(32, 2),
}

function loadWithHead(source: string, options: object): Promise<Model> {
  return leavePending(source, checkLoadOptions(options, 'Model2VecPipeline', true)).ready()
}

async function failure(load: Promise<unknown>): Promise<{ code: string; message: string }> {
  try {
    await load
  } catch (error) {
    if (isModel2VecError(error)) return error
    throw error
  }
  throw new Error('it was loaded')
}

test('the head is fetched with the model where it is wanted, once, and after a model that was fetched without it', async (t) => {
  const server = await HubServer.start(repository('org/Name', withHead))
  const cacheDir = emptyCache()
  const options = { endpoint: server.endpoint, cacheDir }
  const ef = await Model2VecEmbeddingFunction.load('org/Name', options)
  t.deepEqual(Object.keys(snapshotFiles(cacheDir, 'org/Name', COMMIT)).sort(), FILES)
  t.false(ef.info.hasHead)
  const model = await loadWithHead('org/Name', options)
  t.deepEqual(model.head, {
    activation: 'softmax',
    classes: ['no', 'yes'],
    layers: 1,
    inputs: 32,
    outputs: 2,
    precision: 'float32',
  })
  t.is(model.located.revision, COMMIT)
  t.deepEqual(Object.keys(snapshotFiles(cacheDir, 'org/Name', COMMIT)).sort(), [...FILES, 'head.safetensors'].sort())
  for (const name of [...FILES, 'head.safetensors']) t.is(server.fetches(name).length, 1, name)
  // From here on nobody asks the Hub.
  const asked = server.requests.length
  const offline = checkLoadOptions({ ...options, localFilesOnly: true }, 'Model2VecPipeline', true)
  t.is(loadOrLeave('org/Name', offline).now().head?.outputs, 2)
  t.true((await Model2VecEmbeddingFunction.load('org/Name', options)).info.hasHead)
  t.is(server.requests.length, asked)
})

test('a repository without a head is refused, and one with an older head says how to convert it', async (t) => {
  const server = await HubServer.start(
    repository('org/plain', plain),
    repository('org/old', { ...plain, 'pipeline.skops': Buffer.from('PK') }),
  )
  const options = { endpoint: server.endpoint, cacheDir: emptyCache() }
  const none = await failure(loadWithHead('org/plain', options))
  t.is(none.code, 'ERR_BAD_HEAD')
  t.regex(
    none.message,
    /\/org\/plain\/tree\/\w+\/ lacks the file of a head, head\.safetensors: this model has no head$/,
  )
  const old = await failure(loadWithHead('org/old', options))
  t.is(old.code, 'ERR_BAD_HEAD')
  t.deepEqual(old.message.split('\n').slice(1), [
    'import numpy, model2vec.inference',
    'pipeline = model2vec.inference.convert_legacy_pipeline("org/old")',
    'for layer in pipeline.head.layers: layer.weight = numpy.ascontiguousarray(layer.weight)',
    'pipeline.save_pretrained("my-pipeline")',
  ])
  t.false(server.requests.some(({ path: asked }) => asked.endsWith('.safetensors')))
})

test('a model that is in the cache without its head is not enough where the Hub must not be asked', async (t) => {
  const server = await HubServer.start(repository('org/Name', withHead))
  const cacheDir = emptyCache()
  await Model2VecEmbeddingFunction.load('org/Name', { endpoint: server.endpoint, cacheDir })
  const error = await failure(loadWithHead('org/Name', { endpoint: server.endpoint, cacheDir, localFilesOnly: true }))
  t.is(error.code, 'ERR_HUB_OFFLINE')
  t.regex(error.message, /lacks head\.safetensors/)
})
