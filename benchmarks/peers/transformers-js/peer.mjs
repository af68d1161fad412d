// What one writes in JavaScript without this package: the tokenizer of transformers.js
// (@huggingface/tokenizers, which transformers.js 4 stands on), and Model2Vec's mean over rows of
// the table in a plain loop.

import { readFileSync } from 'node:fs'
import path from 'node:path'

import { serve } from '../serve.mjs'

serve(async ({ model }) => {
  const started = performance.now()
  const { Tokenizer } = await import('@huggingface/tokenizers')
  const importNs = Math.round((performance.now() - started) * 1e6)
  const read = (file) => JSON.parse(readFileSync(path.join(model, file), 'utf8'))
  const definition = read('tokenizer.json')
  const { normalize = false, max_length: maxLength = 512 } = read('config.json')
  const tokenizer = new Tokenizer(definition, {})
  const { table, dim } = readTable(path.join(model, 'model.safetensors'))
  const lengths = [...tokenizer.get_vocab(true).keys()].map((token) => [...token].length).sort((a, b) => a - b)
  const middle = lengths.length >> 1
  const median = Math.floor(lengths.length % 2 === 1 ? lengths[middle] : (lengths[middle - 1] + lengths[middle]) / 2)
  const unknown =
    definition.model.unk_id ??
    (definition.model.unk_token == null ? -1 : tokenizer.token_to_id(definition.model.unk_token))

  const idsOf = (text) => tokenizer.encode(text, { add_special_tokens: false }).ids

  function embed(text, out, offset) {
    const limit = maxLength * median
    let cut = text
    if (text.length > limit) cut = [...text].slice(0, limit).join('')
    const ids = idsOf(cut)
    const length = Math.min(ids.length, maxLength)
    const row = out.subarray(offset, offset + dim)
    let count = 0
    for (let i = 0; i < length; i++) {
      const id = ids[i]
      // Of some kinds it has no id for an unknown token.
      if (id === unknown || id === undefined) continue
      count++
      const from = id * dim
      for (let j = 0; j < dim; j++) row[j] += table[from + j]
    }
    if (count === 0) return
    let squares = 0
    for (let j = 0; j < dim; j++) {
      row[j] /= count
      squares += row[j] * row[j]
    }
    if (!normalize || squares === 0) return
    const norm = Math.sqrt(squares)
    for (let j = 0; j < dim; j++) row[j] /= norm
  }

  function encode(texts) {
    const out = new Float32Array(texts.length * dim)
    for (let i = 0; i < texts.length; i++) embed(texts[i], out, i * dim)
    return out
  }

  return {
    facts: { importNs },
    pass: encode,
    query: (text) => encode([text]),
    vectors: encode,
    ids: (texts) => texts.map(idsOf),
  }
})

/** The table as float32, whichever of the two types of the benchmarks' models it is. */
function readTable(file) {
  const bytes = readFileSync(file)
  const start = 8 + Number(bytes.readBigUInt64LE())
  const { dtype, shape, data_offsets } = JSON.parse(bytes.toString('utf8', 8, start)).embeddings
  const data = bytes.buffer.slice(
    bytes.byteOffset + start + data_offsets[0],
    bytes.byteOffset + start + data_offsets[1],
  )
  const dim = shape[1]
  if (dtype === 'F32') return { table: new Float32Array(data), dim }
  if (dtype === 'F16') return { table: Float32Array.from(new Uint16Array(data), widen), dim }
  throw new Error(`the table is ${dtype}; this peer reads F32 and F16`)
}

function widen(bits) {
  const exponent = (bits >> 10) & 31
  const fraction = bits & 1023
  const size =
    exponent === 0
      ? fraction * 2 ** -24
      : exponent === 31
        ? fraction === 0
          ? Infinity
          : NaN
        : (1024 + fraction) * 2 ** (exponent - 25)
  return bits & 0x8000 ? -size : size
}
