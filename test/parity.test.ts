// Every model and every reference: the ids and the vectors of Python model2vec 0.10.0, in every
// bit.

import test from 'ava'
import { Model2VecEmbeddingFunction } from 'model2vec-node'
import type { EncodeOptions } from 'model2vec-node'

import { committedModels, corpus, crc, modelPath, modelsOf, NOT_COMMITTED, reference, ROOTS } from './test-data.js'

/** The options of a run, by its name's second part. */
function optionsOf(optionSet: string, normalize: boolean): EncodeOptions {
  switch (optionSet) {
    case 'default':
      return {}
    case 'nomax':
      return { maxLength: null }
    case 'max16':
      return { maxLength: 16 }
    case 'flipnorm':
      return { normalize: !normalize }
    default:
      throw new Error(`a run of unknown options: ${optionSet}`)
  }
}

const found = new Set<string>()
for (const root of ROOTS) {
  for (const model of modelsOf(root)) {
    found.add(model)
    test(`${model} (${root.label}) gives the ids and vectors of Python`, async (t) => {
      const expected = reference(root, model)
      if (expected === null) {
        t.fail('there is no reference')
        return
      }
      const options = model === 'm8k-subfolder' ? { subfolder: 'sub' } : {}
      using ef = await Model2VecEmbeddingFunction.load(modelPath(model, root.directory), options)
      t.is(ef.dim, expected.meta.dim)
      t.is(ef.info.vocabSize, expected.meta.vocab)
      t.is(ef.info.normalize, expected.meta.normalize)
      t.is(ef.info.maxLength, expected.meta.max_length)
      t.is<string, string>(ef.info.tableDtype, expected.meta.embedding_dtype)
      let vectors = 0
      let ids = 0
      for (const [run, digests] of Object.entries(expected.digests)) {
        const [name = '', optionSet = ''] = run.split('.')
        const texts = corpus(name, root.directory)
        const encodeOptions = optionsOf(optionSet, expected.meta.normalize)
        const matrix = await ef.encode(texts, encodeOptions)
        t.is(matrix.rows, digests.rows, run)
        const different = texts.flatMap((_, i) => (crc(matrix.row(i)) === digests.vector_crc32[i] ? [] : [i]))
        t.deepEqual(different, [], `${run}: texts whose vectors differ`)
        vectors += matrix.rows
        if (digests.ids_crc32 === undefined) continue
        const { maxLength } = encodeOptions
        const tokens = ef.tokenize(texts, maxLength === undefined ? {} : { maxLength })
        const differentIds = tokens.flatMap((row, i) => (crc(row) === digests.ids_crc32?.[i] ? [] : [i]))
        t.deepEqual(differentIds, [], `${run}: texts whose ids differ`)
        t.deepEqual(
          Array.from(matrix.tokens),
          tokens.map((row) => row.length),
          `${run}: pooled ids`,
        )
        ids += tokens.length
      }
      t.true(vectors > 0 && ids > 0)
      const runs = Object.keys(expected.digests).join(', ')
      t.log(
        `${vectors} vectors and the ids of ${ids} texts; corpora and options: ${runs}; tokenizer: ${ef.info.tokenizer}`,
      )
    })
  }
}

test('every committed model was there', (t) => {
  t.deepEqual(
    committedModels().filter((model) => !found.has(model)),
    [],
  )
})

for (const model of NOT_COMMITTED.filter((name) => !found.has(name))) {
  test.skip(`${model}: not present`, () => undefined)
}
