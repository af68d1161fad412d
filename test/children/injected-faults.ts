// Calls the public entries while one function of Node throws its own error, and prints each error
// that is not one of the package's. Arguments: the function (`os.homedir`, `fs.statSync`,
// `fs/promises.mkdir`, …), an endpoint, a model's directory.

import { mkdtempSync, readdirSync } from 'node:fs'
import { createRequire } from 'node:module'
import os from 'node:os'
import path from 'node:path'

const [fault = '', endpoint = '', model = ''] = process.argv.slice(2)
const [owner = '', name = ''] = fault.split('.')
const root = mkdtempSync(path.join(os.tmpdir(), 'model2vec-faults-'))
process.chdir(root)

/** As libuv's errors look to JavaScript. */
function systemError(): Error {
  return Object.assign(new Error(`EIO: i/o error, injected into ${fault}`), { code: 'EIO', errno: -5, syscall: name })
}

function inject(): void {
  const target = (owner === 'process' ? process : createRequire(__filename)(`node:${owner}`)) as Record<string, unknown>
  if (typeof target[name] !== 'function') throw new Error(`there is no ${fault}`)
  target[name] = (): unknown => {
    if (owner === 'fs/promises') return Promise.reject(systemError())
    throw systemError()
  }
}

function loadAllFiles(): void {
  const require = createRequire(__filename)
  const dist = path.dirname(require.resolve('model2vec-node'))
  for (const file of readdirSync(dist)) if (file.endsWith('.js')) require(path.join(dist, file))
}

async function main(): Promise<void> {
  // The module loader reads files itself, those of the package that are loaded late, too; what is
  // asked when the package is loaded fails from the start.
  const isOfFiles = owner.startsWith('fs')
  if (!isOfFiles) inject()
  const { isModel2VecError, Model2VecEmbeddingFunction } = await import('model2vec-node')
  const loaded = owner === 'process' || owner === 'os' ? null : new Model2VecEmbeddingFunction(model)
  if (isOfFiles) {
    loadAllFiles()
    inject()
  }
  const hub = { endpoint, cacheDir: path.join(root, 'cache') }
  const entries: Record<string, () => unknown> = {
    'the default model': () => new Model2VecEmbeddingFunction(),
    'a directory': () => new Model2VecEmbeddingFunction(model).encodeSync('a'),
    'a relative directory': () => new Model2VecEmbeddingFunction('./none'),
    'a directory at home': () => new Model2VecEmbeddingFunction('~/none'),
    'an id that must not be asked for': () => new Model2VecEmbeddingFunction('org/none', { localFilesOnly: true }),
    'a relative cache': () => new Model2VecEmbeddingFunction('org/none', { cacheDir: 'c', localFilesOnly: true }),
    'a download': () => Model2VecEmbeddingFunction.load('org/Name', hub),
    'a download again': () => Model2VecEmbeddingFunction.load('org/Name', { ...hub, forceDownload: true }),
    'a download by ready': () => new Model2VecEmbeddingFunction('org/Other', { ...hub, cacheDir: 'cache' }).ready(),
    'a download into the default cache': () => Model2VecEmbeddingFunction.load('org/Name', { endpoint }),
    encode: () => loaded?.encode('a'),
    'a save': () => loaded?.savePretrained('saved'),
    'a save at home': () => loaded?.savePretrained(`~/${path.basename(root)}`),
  }
  for (const [entry, call] of Object.entries(entries)) {
    try {
      await call()
    } catch (error) {
      if (!isModel2VecError(error)) console.log(`${entry}: ${String((error as Error).stack)}`)
      else if (error.code === 'ERR_INTERNAL') console.log(`${entry}: ${error.message}`)
    }
  }
  console.log('done')
}

main().catch((error: unknown) => {
  console.log(String((error as Error).stack))
})
