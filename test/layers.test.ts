// The layers of the code. The files are in rooms: a room is a folder or a single file, named by its
// path without an ending. The tables say which other rooms the files of a room may name. Files must
// not name each other in a circle (an import cycle) either.

import { readFileSync } from 'node:fs'

import test from 'ava'

import { circles, circlesOfRooms, forbidden } from './layers/graph.js'
import type { Rooms } from './layers/graph.js'
import { rustImports } from './layers/rust.js'
import { typescriptImports } from './layers/typescript.js'

/** The rooms of `src`, lowest first, each with the rooms that it may name. */
const TYPESCRIPT: Rooms = {
  errors: [],
  version: [],
  runtime: ['errors'],
  dtype: ['runtime'],
  'row-memory': ['dtype', 'errors'],
  progress: ['runtime'],
  native: ['dtype', 'errors', 'runtime', 'version'],
  hub: ['errors', 'progress', 'runtime'],
  options: ['dtype', 'errors', 'hub', 'row-memory', 'runtime'],
  search: ['dtype', 'errors', 'native', 'options', 'progress', 'row-memory', 'runtime'],
  matrix: ['dtype', 'errors', 'native', 'options', 'row-memory', 'runtime', 'search'],
  model: ['dtype', 'errors', 'hub', 'native', 'options', 'runtime'],
  call: ['dtype', 'errors', 'matrix', 'model', 'native', 'options', 'progress', 'row-memory', 'runtime'],
  stream: ['dtype', 'errors', 'matrix', 'options', 'runtime'],
  lines: ['errors', 'runtime', 'stream'],
  'embedding-function': ['call', 'dtype', 'errors', 'matrix', 'model', 'options', 'runtime', 'stream'],
  chunks: ['call', 'embedding-function', 'native', 'options', 'runtime'],
  pipeline: [
    'call',
    'dtype',
    'embedding-function',
    'errors',
    'matrix',
    'model',
    'native',
    'options',
    'runtime',
    'stream',
  ],
  adapters: [
    'dtype',
    'embedding-function',
    'errors',
    'matrix',
    'model',
    'options',
    'pipeline',
    'row-memory',
    'runtime',
  ],
  server: ['call', 'dtype', 'errors', 'matrix', 'model', 'native', 'options', 'runtime', 'version'],
  index: [
    'chunks',
    'dtype',
    'embedding-function',
    'errors',
    'hub',
    'lines',
    'matrix',
    'model',
    'options',
    'pipeline',
    'search',
    'stream',
  ],
  cli: [
    'call',
    'dtype',
    'embedding-function',
    'errors',
    'hub',
    'lines',
    'matrix',
    'model',
    'native',
    'options',
    'pipeline',
    'progress',
    'runtime',
    'search',
    'server',
    'stream',
    'version',
  ],
  bullmq: ['cli'],
}

/** As {@link TYPESCRIPT}, for `crates/engine/src`. */
const ENGINE: Rooms = {
  error: [],
  interrupt: [],
  growth: ['interrupt'],
  isa: [],
  float16: [],
  fused: [],
  sync: [],
  threads: [],
  load_control: ['error'],
  files: ['error'],
  texts: ['growth', 'interrupt'],
  head: ['error', 'files', 'float16', 'fused', 'isa'],
  'pooling/norm': ['float16', 'interrupt'],
  'pooling/prefetch': [],
  table: ['error', 'files', 'float16', 'isa', 'load_control', 'pooling/norm', 'threads'],
  pooling: ['float16', 'growth', 'interrupt', 'isa', 'pooling/norm', 'pooling/prefetch', 'table'],
  dtype: ['pooling'],
  rows: ['dtype', 'float16'],
  numbers: ['dtype', 'float16', 'rows'],
  parquet: [],
  search: ['dtype', 'float16', 'fused', 'isa', 'pooling/prefetch', 'rows'],
  tokenizer: ['error', 'files', 'growth', 'interrupt', 'isa', 'pooling/prefetch', 'texts'],
  chunks: ['growth', 'texts', 'tokenizer'],
  model: [
    'chunks',
    'dtype',
    'error',
    'files',
    'growth',
    'head',
    'interrupt',
    'isa',
    'load_control',
    'pooling',
    'pooling/prefetch',
    'table',
    'texts',
    'tokenizer',
  ],
  run: ['chunks', 'error', 'growth', 'interrupt', 'model', 'sync', 'texts', 'threads', 'tokenizer'],
  lib: [
    'chunks',
    'dtype',
    'error',
    'head',
    'interrupt',
    'load_control',
    'model',
    'numbers',
    'parquet',
    'rows',
    'run',
    'search',
    'table',
    'texts',
    'threads',
    'tokenizer',
  ],
}

/** As {@link TYPESCRIPT}, for `crates/node/src`. */
const NODE: Rooms = {
  error: [],
  huge_pages: [],
  sync: [],
  shared: ['sync'],
  registry: ['shared'],
  js: ['error'],
  options: ['error', 'js'],
  texts: ['error', 'js'],
  inline_buffers: ['error', 'js', 'texts'],
  environment: ['error', 'js'],
  local_model: ['inline_buffers', 'js'],
  model: ['error', 'js', 'local_model'],
  load: ['error', 'js', 'model', 'registry'],
  job: ['environment', 'error', 'huge_pages', 'js', 'local_model', 'texts'],
  inline: ['error', 'inline_buffers', 'js', 'local_model', 'model', 'options'],
  native_texts: ['error', 'job', 'js', 'model', 'options', 'texts'],
  native_job: ['environment', 'error', 'job', 'js', 'local_model', 'matrix_memory', 'model', 'native_texts', 'options'],
  quantized_load: ['environment', 'error', 'js', 'load', 'model'],
  save: ['error', 'js', 'model', 'options'],
  constants: ['job', 'js', 'model', 'options'],
  matrix_memory: ['error', 'js', 'options'],
  numbers: ['error', 'js', 'matrix_memory'],
  lines: ['error', 'js', 'options'],
  codecs: [],
  parquet: ['error', 'js'],
  search: ['environment', 'error', 'js', 'matrix_memory', 'options'],
  pin: [],
  lib: ['environment', 'error', 'inline', 'js', 'native_job', 'numbers', 'pin', 'quantized_load', 'search'],
}

/** Our crates, each with its table of rooms; null = no table, but the other rules hold. */
const CRATES: readonly (readonly [crate: string, rooms: Rooms | null])[] = [
  ['engine', ENGINE],
  ['node', NODE],
  ['unicode-table', null],
  ['verify', null],
]

test('no table lets rooms name each other in a circle', (t) => {
  for (const rooms of [TYPESCRIPT, ENGINE, NODE]) t.deepEqual(circlesOfRooms(rooms), [])
})

test('the files of src/ import only from the rooms that the table allows, and not in a circle', (t) => {
  const imports = typescriptImports('src')
  t.true(imports.size > 80, 'files were read')
  t.deepEqual(circles(imports), [])
  t.deepEqual(forbidden(imports, TYPESCRIPT), [])
})

test('entry points that need no native module do not import the code that loads it, directly or not', (t) => {
  const imports = typescriptImports('src')
  for (const entry of [
    'adapters/arrow.ts',
    'adapters/milvus.ts',
    'adapters/pgvector.ts',
    'lines/read-lines.ts',
    'errors.ts',
    'hub/snapshot.ts',
  ]) {
    const reached = new Set([entry])
    for (const file of reached) for (const next of imports.get(file) ?? []) reached.add(next)
    t.false(reached.has('native/load.ts'), entry)
  }
})

for (const [crate, rooms] of CRATES) {
  const { imports, throughRoot } = rustImports(`crates/${crate}/src`)

  test(`no files of crates/${crate} name each other in a circle`, (t) => {
    t.true(imports.size > 1, 'files were read')
    t.deepEqual(circles(imports), [])
  })

  test(`the files of crates/${crate} import a name from the module that has it, not from the root of the crate`, (t) => {
    t.deepEqual(throughRoot, [])
  })

  if (rooms === null) continue
  test(`the files of crates/${crate} name only the rooms that the table allows`, (t) => {
    t.deepEqual(forbidden(imports, rooms), [])
  })
}

test('the engine depends on none of our crates, and the binding only on the engine', (t) => {
  // `model2vec-rs` is not ours: the official Rust crate, which tests compare with.
  const dependsOn = (crate: string): string[] =>
    [...readFileSync(`crates/${crate}/Cargo.toml`, 'utf8').matchAll(/^(model2vec-(?!rs\b)[\w-]+)/gm)].map(
      ([, name]) => name ?? '',
    )
  t.deepEqual(dependsOn('engine'), [])
  t.deepEqual(dependsOn('node'), ['model2vec-engine'])
})
