// A file of the cache that was cut off: the error names the command that mends it, and that command
// works.

import { realpathSync, readFileSync, truncateSync, writeFileSync } from 'node:fs'
import path from 'node:path'

import test from 'ava'
import { Model2VecEmbeddingFunction } from 'model2vec-node'

import { model2vec } from '../cli/run.js'
import { SMALL } from '../test-data.js'
import { emptyCache, forgetEnvironment } from './cache-folder.js'
import { COMMIT, filesOf, repository } from './content.js'
import { HubServer } from './server.js'

forgetEnvironment()

for (const [name, code] of [
  ['model.safetensors', 'ERR_BAD_SAFETENSORS'],
  ['tokenizer.json', 'ERR_BAD_TOKENIZER'],
  ['config.json', 'ERR_BAD_CONFIG'],
] as const) {
  test(`the error of a cached file that was cut off names \`pull --force\`, which mends it: ${name}`, async (t) => {
    const server = await HubServer.start(repository('org/Name', filesOf(SMALL)))
    const cacheDir = emptyCache()
    const args = ['org/Name', '--cache-dir', cacheDir, '--endpoint', server.endpoint]
    const pulled = await model2vec('pull', ...args)
    t.is(pulled.code, 0, pulled.err)
    const blob = realpathSync(path.join(pulled.out.trim(), name))
    const whole = readFileSync(blob)
    truncateSync(blob, Math.floor(whole.length / 2))
    const command = `model2vec pull --force org/Name --cache-dir ${cacheDir}`
    const remedy = `if the cached file is damaged, \`${command}\` (\`forceDownload\`) fetches it again`
    for (const source of ['info', 'embed'] as const) {
      const of = source === 'info' ? args : ['examples/documents.jsonl', '--model', ...args]
      const { code: exit, err } = await model2vec(source, ...of)
      t.is(exit, 1)
      t.true(err.endsWith(`; ${remedy} (${code})\n`), err)
    }
    t.throws(() => new Model2VecEmbeddingFunction('org/Name', { cacheDir }), {
      code,
      message: new RegExp('`forceDownload`'),
    })
    await t.throwsAsync(Model2VecEmbeddingFunction.load('org/Name', { cacheDir }), {
      code,
      message: new RegExp('`forceDownload`'),
    })
    t.is((await model2vec('pull', '--force', ...args)).code, 0)
    t.true(readFileSync(blob).equals(whole))
    t.is((await model2vec('info', ...args)).code, 0)
    // A directory of the caller's own is not the cache's to mend.
    const own = path.join(emptyCache(), 'own')
    await Model2VecEmbeddingFunction.load(SMALL).then((ef) => ef.savePretrained(own))
    writeFileSync(path.join(own, name), whole.subarray(0, 7))
    t.throws(() => new Model2VecEmbeddingFunction(own), { code, message: /^(?!.*forceDownload)/ })
  })
}

test('the command that mends it has the options that say which files of the model are meant', async (t) => {
  const server = await HubServer.start(repository('org/Name', filesOf(SMALL, "it's here/")))
  const cacheDir = emptyCache()
  const which = ['--revision', COMMIT, '--subfolder', "it's here", '--cache-dir', cacheDir]
  const args = ['org/Name', ...which, '--endpoint', server.endpoint]
  const pulled = await model2vec('pull', ...args)
  t.is(pulled.code, 0, pulled.err)
  const snapshot = path.join(cacheDir, 'models--org--Name', 'snapshots', COMMIT)
  truncateSync(realpathSync(path.join(snapshot, "it's here", 'config.json')), 5)
  const { code, err } = await model2vec('info', ...args)
  t.is(code, 1)
  const quoted = String.raw`'it'\''s here'`
  const command = `model2vec pull --force org/Name --revision ${COMMIT} --subfolder ${quoted} --cache-dir ${cacheDir}`
  t.true(
    err.endsWith(
      `; if the cached file is damaged, \`${command}\` (\`forceDownload\`) fetches it again (ERR_BAD_CONFIG)\n`,
    ),
    err,
  )
})
