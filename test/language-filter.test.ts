// examples/language-filter.mjs: it embeds the texts of one language, and `model2vec classify` in front
// of `model2vec embed` gives the same vectors.

import { execFileSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'

import test from 'ava'
import { EmbeddingMatrix, Model2VecEmbeddingFunction, Model2VecPipeline } from 'model2vec-node'

import { emptyDirectory, model2vec } from './cli/run.js'
import { headPath } from './heads.js'
import { corpus } from './test-data.js'

const MODEL = headPath('language')
const texts = [...corpus('docs_en_300'), ...corpus('multilingual_300')]

test('the example embeds the texts that the head takes for English, as classify in front of embed does', async (t) => {
  const directory = emptyDirectory()
  const at = (name: string): string => path.join(directory, name)
  writeFileSync(at('docs.jsonl'), texts.map((text, id) => `${JSON.stringify({ id, text })}\n`).join(''))
  const args = [
    'examples/language-filter.mjs',
    at('docs.jsonl'),
    '--model',
    MODEL,
    '--min',
    '0.9',
    '--out',
    at('english'),
  ]
  const printed = execFileSync(process.execPath, args, { encoding: 'utf8' })

  using pipeline = new Model2VecPipeline<'softmax', string>(MODEL)
  const probabilities = pipeline.predictProbaSync(texts)
  const column = pipeline.classes?.indexOf('en') ?? -1
  const expected = texts.flatMap((_, i) => ((probabilities.row(i)[column] ?? 0) >= 0.9 ? [i] : []))
  // Real English documents, and few of the other messages.
  t.true(expected.filter((i) => i < 300).length > 150, `${expected.length}`)
  t.true(expected.filter((i) => i >= 300).length < 60)
  t.is(printed, `${expected.length} of 600 texts are en\n`)
  const ids = readFileSync(at('english.ids.jsonl'), 'utf8').trimEnd().split('\n').map(Number)
  t.deepEqual(ids, expected)
  const vectors = await EmbeddingMatrix.load(at('english.npy'))
  using ef = new Model2VecEmbeddingFunction()
  t.deepEqual(vectors.data, ef.encodeSync(expected.map((i) => texts[i] ?? '')).data)

  const filter = ['--filter', 'label=en,min=0.9', '--out', at('english.jsonl')]
  t.is((await model2vec('classify', at('docs.jsonl'), '--model', MODEL, ...filter)).code, 0)
  t.is((await model2vec('embed', at('english.jsonl'), '--out', at('again.npy'))).code, 0)
  t.true(readFileSync(at('again.npy')).equals(readFileSync(at('english.npy'))))
})
