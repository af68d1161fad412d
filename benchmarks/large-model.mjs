// Makes a model of the size of the multilingual ones: 500,353 Unigram tokens of 256 float32
// elements, 540 MB. Its tokens are those of a test fixture (multilingual-e5 pieces), the words of
// texts in 120 languages with their beginnings, and pairs of pieces.
// `node benchmarks/large-model.mjs DIRECTORY`

import { closeSync, existsSync, mkdirSync, openSync, readFileSync, renameSync, writeFileSync, writeSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'

import { corpus } from './texts.mjs'

export const TOKENS = 500_353
const DIM = 256
const ROWS_A_WRITE = 4096

const base = fileURLToPath(new URL('../test/fixtures/unpacked/models/ug-e5enpt-v10', import.meta.url))

/** Writes the model into `directory`, unless it is there. */
export function makeLargeModel(directory) {
  if (existsSync(path.join(directory, 'config.json'))) return
  mkdirSync(directory, { recursive: true })
  const tokenizer = JSON.parse(readFileSync(path.join(base, 'tokenizer.json'), 'utf8'))
  extend(tokenizer.model.vocab)
  writeFileSync(path.join(directory, 'tokenizer.json'), JSON.stringify(tokenizer))
  writeTable(path.join(directory, 'model.safetensors'))
  // Last: a directory that has it is complete.
  writeFileSync(path.join(directory, 'config.new'), readFileSync(path.join(base, 'config.json')))
  renameSync(path.join(directory, 'config.new'), path.join(directory, 'config.json'))
}

/** Appends distinct pieces, each less likely than the one before. */
function extend(vocabulary) {
  const known = new Set(vocabulary.map(([piece]) => piece))
  const pieces = [...known].filter((piece) => !piece.startsWith('<'))
  const add = (piece) => {
    if (known.has(piece) || known.size === TOKENS) return
    known.add(piece)
    // As long a number as the real ones.
    vocabulary.push([piece, Math.fround(-14 - vocabulary.length / 100_000)])
  }
  for (const word of corpus('multilingual').flatMap((text) => text.split(/[\s\p{P}]+/u))) {
    const characters = [...word]
    for (let length = 2; length <= Math.min(characters.length, 12); length++) {
      add(`▁${characters.slice(0, length).join('')}`)
    }
  }
  // Pairs of the most frequent pieces with all others, as a language with long words would have
  // them.
  for (let first = 10; known.size < TOKENS; first++) {
    for (let second = first % 7; second < pieces.length; second += 131) {
      add(pieces[first] + pieces[second].replace('▁', ''))
    }
  }
}

function writeTable(file) {
  const bytes = TOKENS * DIM * 4
  const header = JSON.stringify({ embeddings: { dtype: 'F32', shape: [TOKENS, DIM], data_offsets: [0, bytes] } })
  // The table begins at a multiple of 64, as safetensors writers pad it.
  const padded = Buffer.from(header.padEnd(Math.ceil((header.length + 8) / 64) * 64 - 8))
  const length = Buffer.alloc(8)
  length.writeBigUInt64LE(BigInt(padded.length))
  const block = new Float32Array(ROWS_A_WRITE * DIM).map((_, i) => Math.sin(i * 1.7) / 8)
  const fd = openSync(file, 'w')
  writeSync(fd, length)
  writeSync(fd, padded)
  for (let row = 0; row < TOKENS; row += ROWS_A_WRITE) {
    const rows = Math.min(ROWS_A_WRITE, TOKENS - row)
    writeSync(fd, new Uint8Array(block.buffer, 0, rows * DIM * 4))
  }
  closeSync(fd)
}

if (process.argv[1] === fileURLToPath(import.meta.url)) makeLargeModel(process.argv[2])
