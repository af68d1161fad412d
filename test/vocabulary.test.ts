// `tokens`, `embedding(id)` and `truncated` of every committed model: what Python says.

import { readFileSync } from 'node:fs'
import { crc32 } from 'node:zlib'

import test from 'ava'
import { Model2VecEmbeddingFunction } from 'model2vec-node'

import { committedModels, corpus, modelPath } from './test-data.js'

/** What test/expected/vocabulary.py wrote; it says what each is. */
interface References {
  readonly tokens: number
  readonly tokens_crc32: number
  readonly rows_crc32: number
  readonly truncated: number
  readonly truncated_crc32: number
}
const expected = JSON.parse(readFileSync('test/expected/vocabulary.json', 'utf8')) as Record<string, References>
const texts = corpus('edge')

for (const [model, references] of Object.entries(expected)) {
  test(`${model} has the tokens and rows of Python, and cuts the texts that Python cuts`, async (t) => {
    using ef = new Model2VecEmbeddingFunction(modelPath(model), model === 'm8k-subfolder' ? { subfolder: 'sub' } : {})
    const { tokens } = ef
    t.is(tokens.length, references.tokens)
    t.is(crc32(tokens.join('\n')), references.tokens_crc32)
    let rows = 0
    for (const [id, token] of tokens.entries()) {
      if (id % 97 === 0 && token !== '') rows = crc32(Buffer.from(ef.embedding(id).buffer), rows)
    }
    t.is(rows, references.rows_crc32)
    const options = { maxLength: 16 }
    t.is((await ef.encode(texts, options)).truncated, references.truncated)
    const cut = (await ef.encodeAsSequence(texts, options)).map((matrix) => matrix.truncated)
    t.is(crc32(Uint8Array.from(cut)), references.truncated_crc32)
  })
}

test('every committed model has references', (t) => {
  const names = committedModels()
  t.deepEqual(
    names.filter((name) => !(name in expected)),
    [],
  )
})
