// The models that are mutated: tiny ones, in which every byte matters, one for each kind of tokenizer, for
// each layout and for a head.

import { readFileSync } from 'node:fs'
import path from 'node:path'

import type { Directory } from './mutate.js'

export interface Base {
  readonly name: string
  readonly files: Directory
}

/** What a safetensors file says of a tensor. */
type Tensor = readonly [name: string, dtype: string, shape: readonly number[], bytes: Buffer]

const TOKENIZERS = ['word-piece', 'unigram', 'byte-level-bpe', 'sentence-piece-bpe', 'word-level']
const CONFIG = { model_type: 'model2vec', normalize: true, max_length: 512, seq_length: 1_000_000 }

/** Rows of 2 for 8 tokens. */
const ROWS = Buffer.from(Float32Array.from({ length: 16 }, (_, i) => i - 7.5).buffer)
const WEIGHTS = Buffer.from(Float32Array.from({ length: 8 }, (_, i) => i / 4).buffer)
const MAPPING = Buffer.from(BigInt64Array.from({ length: 8 }, (_, i) => BigInt(i % 4)).buffer)

export function bases(): Base[] {
  const quantized = table(
    ['embeddings', 'F32', [4, 2], ROWS.subarray(0, 32)],
    ['mapping', 'I64', [8], MAPPING],
    ['weights', 'F32', [8], WEIGHTS],
  )
  const each = TOKENIZERS.map((name) => ({ name, files: model(name, CONFIG, quantized) }))
  const int8 = table(['embeddings', 'I8', [8, 2], Buffer.from(Array.from({ length: 16 }, (_, i) => 8 * i))])
  const sentence = table(['embedding.weight', 'F32', [8, 2], ROWS])
  const st = model('word-piece', CONFIG, sentence)
  st.set('config_sentence_transformers.json', Buffer.from('{"model_type":"SentenceTransformer"}'))
  st.delete('config.json')
  return [
    ...each,
    { name: 'int8', files: model('word-level', CONFIG, int8) },
    { name: 'sentence-transformers', files: st },
    { name: 'classifier', files: withHead('softmax') },
    { name: 'multi-label classifier', files: withHead('sigmoid') },
  ]
}

function model(tokenizer: string, config: object, content: Buffer): Directory {
  return new Map([
    ['config.json', Buffer.from(JSON.stringify(config))],
    ['tokenizer.json', readFileSync(path.join('crates/engine/tests/loader_mutants/tiny', `${tokenizer}.json`))],
    ['model.safetensors', content],
  ])
}

/** A head of two layers, 2 → 3 → 2. */
function withHead(activation: string): Directory {
  const head_config = { n_layers: 2, activation, classes: ['a', 'b'] }
  const files = model('word-level', { ...CONFIG, head_config }, table(['embeddings', 'F32', [8, 2], ROWS]))
  const layers = table(
    ['head.0.weight', 'F32', [3, 2], ROWS.subarray(0, 24)],
    ['head.0.bias', 'F32', [3], ROWS.subarray(0, 12)],
    ['head.1.weight', 'F32', [2, 3], ROWS.subarray(24, 48)],
    ['head.1.bias', 'F32', [2], ROWS.subarray(48, 56)],
  )
  return files.set('head.safetensors', layers)
}

function table(...tensors: readonly Tensor[]): Buffer {
  let end = 0
  const header = tensors.map(([name, dtype, shape, { length }]) => {
    const start = end
    end += length
    return [name, { dtype, shape, data_offsets: [start, end] }]
  })
  const json = Buffer.from(JSON.stringify({ __metadata__: { format: 'pt' }, ...Object.fromEntries(header) }))
  const length = Buffer.alloc(8)
  length.writeBigUInt64LE(BigInt(json.length))
  return Buffer.concat([length, json, ...tensors.map(([, , , bytes]) => bytes)])
}
