// What is measured: the models, one of each kind of tokenizer, and the sets of texts that each
// gets.

import { existsSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'

const fixtures = fileURLToPath(new URL('../test/fixtures/unpacked/models', import.meta.url))

/**
 * `sets` are those of `texts.mjs`; `twoThreads` those that are also measured with two threads;
 * `tokenizing` those whose tokenizing is also measured alone; `insteadOf` a model that can't be
 * committed, and stands in for it where that isn't at hand.
 */
export const MODELS = [
  {
    name: 'potion-base-8M',
    kind: 'WordPiece',
    sets: ['lines', 'paragraphs', 'documents', 'multilingual'],
    twoThreads: ['documents', 'lines'],
    tokenizing: ['lines', 'documents'],
  },
  { name: 'ug-e5enpt-v10', kind: 'Unigram (XLM-R)', sets: ['paragraphs', 'multilingual'], tokenizing: ['paragraphs'] },
  { name: 'bpe-qwen3-32k-v10', kind: 'byte-level BPE (Qwen)', sets: ['paragraphs'], tokenizing: ['paragraphs'] },
  { name: 'bpe-roberta-v10', kind: 'byte-level BPE (RoBERTa)', sets: ['paragraphs'], tokenizing: ['paragraphs'] },
  { name: 'spbpe-gemma3-51k-v10', kind: 'SentencePiece BPE (Gemma)', sets: ['paragraphs'], tokenizing: ['paragraphs'] },
  {
    name: 'spbpe-mistral-v10',
    kind: 'SentencePiece BPE (Mistral)',
    sets: ['paragraphs'],
    tokenizing: ['paragraphs'],
    insteadOf: 'spbpe-gemma3-51k-v10',
  },
  { name: 'wl-v012-lower', kind: 'WordLevel', sets: ['paragraphs'], tokenizing: ['paragraphs'] },
]

/**
 * The folder of a model: the test fixtures', else that of a folder with more of them; null where it
 * is at hand in neither.
 */
export function modelFolder(name, data) {
  const folders = [path.join(fixtures, name), ...(data === undefined ? [] : [path.join(data, 'models', name)])]
  return folders.find((folder) => existsSync(path.join(folder, 'tokenizer.json'))) ?? null
}

/** A set with fewer of its texts, from all parts of it, for a quick run. */
export function thinned(texts, count) {
  const step = Math.max(1, Math.floor(texts.length / count))
  return texts.filter((_, i) => i % step === 0).slice(0, count)
}
