// `info.tokenizerReason`: why a model is on the slower path, for the person whose model it is.

import { execFileSync } from 'node:child_process'
import { cpSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'

import test from 'ava'
import { Model2VecEmbeddingFunction } from 'model2vec-node'

import { committedModels, modelPath } from './test-data.js'

test('no committed model has a reason: all run on our own tokenizers', (t) => {
  for (const name of committedModels()) {
    using ef = new Model2VecEmbeddingFunction(modelPath(name), name === 'm8k-subfolder' ? { subfolder: 'sub' } : {})
    t.like(ef.info, { tokenizer: 'native', tokenizerReason: null })
  }
})

test('the reason names what in tokenizer.json is left to the tokenizers library, in the API and on the command line', (t) => {
  const directory = mkdtempSync(path.join(os.tmpdir(), 'model2vec-'))
  cpSync(modelPath('wl-v012-lower'), directory, { recursive: true, dereference: true })
  const file = path.join(directory, 'tokenizer.json')
  const tokenizer = JSON.parse(readFileSync(file, 'utf8')) as Record<string, unknown>
  const split = { type: 'Split', pattern: { Regex: 'x|y+' }, behavior: 'Isolated', invert: false }
  writeFileSync(file, JSON.stringify({ ...tokenizer, pre_tokenizer: split }))
  using ef = new Model2VecEmbeddingFunction(directory)
  const reason = 'a pre-tokenizer `Split` looks for the regex "x|y+"'
  t.like(ef.info, { tokenizer: 'reference', tokenizerReason: reason })
  const printed = execFileSync(process.execPath, ['dist/cli/main.js', 'info', directory], { encoding: 'utf8' })
  t.true(printed.includes(reason), printed)
})
