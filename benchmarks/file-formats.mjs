// What `model2vec embed` is measured over: every format in and out, with the goals, and what Python's
// users do instead (peers/files.py).

import zlib from 'node:zlib'

const zstd = 'zstdCompress' in zlib
const COLUMNS = ['--id-field', 'id', '--with-text']
const KEPT = ['--keep', 'all']

/** Outputs of the same lines; `goal` is the least share of the rate of `.npy`. */
export const OUTPUTS = [
  { options: ['.npy'] },
  { options: ['.npy', '--dtype', 'float16'] },
  { options: ['.arrow'], goal: 0.75 },
  { options: ['.arrow', ...COLUMNS] },
  { options: ['.parquet'], goal: 0.7 },
  { options: ['.parquet', ...COLUMNS], goal: 0.55 },
  { options: ['.parquet', '--dtype', 'int8'] },
  { options: ['.parquet', '--milvus', '--id-field', 'id', '--dtype', 'float16'] },
  { options: ['.jsonl'], goal: 0.3 },
  { options: ['.jsonl', ...COLUMNS] },
  { options: ['.jsonl', '--vector-encoding', 'base64'] },
  { options: ['.jsonl.gz'] },
  ...(zstd ? [{ options: ['.jsonl.zst'] }] : []),
]

/** Inputs with the same texts, to `.npy`; `goal` is the least share of the rate of JSON Lines. Those with columns are made in Python. */
export const INPUTS = [
  { title: 'JSON Lines', file: 'texts.jsonl' },
  { title: 'JSON Lines, gzip', file: 'texts.jsonl.gz' },
  ...(zstd ? [{ title: 'JSON Lines, zstd', file: 'texts.jsonl.zst' }] : []),
  { title: 'plain lines', file: 'texts.txt' },
  { title: 'CSV', file: 'texts.csv' },
  { title: 'Parquet, Snappy', file: 'snappy.parquet', python: true, goal: 0.8 },
  { title: 'Parquet, zstd', file: 'zstd.parquet', python: true, goal: 0.8 },
  { title: 'Arrow', file: 'plain.arrow', python: true, goal: 0.8 },
  { title: 'Feather, LZ4', file: 'lz4.feather', python: true, goal: 0.8 },
]

/** Name in files.py → what tables call it, with model2vec. */
export const PEERS = {
  numpy: 'standard library, numpy',
  pyarrow: 'pyarrow',
  polars: 'polars',
  datasets: '`datasets.map`',
  duckdb: 'DuckDB',
}

/** From a file to a file with all its columns and the vectors; `.npy` has the vectors alone. `goal` is how many times faster ours is to be. */
export const CASES = [
  { from: 'texts.jsonl', to: '.npy', options: [], peers: ['numpy', 'polars'], goal: 10 },
  { from: 'texts.jsonl.gz', to: '.npy', options: [], peers: ['numpy'], goal: 10 },
  { from: 'texts.txt', to: '.npy', options: [], peers: ['numpy'], goal: 8 },
  { from: 'texts.csv', to: '.npy', options: [], peers: ['pyarrow', 'polars'], goal: 8 },
  { from: 'snappy.parquet', to: '.npy', options: [], peers: ['pyarrow', 'polars'], goal: 8 },
  { from: 'texts.jsonl', to: '.jsonl', options: COLUMNS, peers: ['numpy', 'polars', 'duckdb'], goal: 10 },
  { from: 'texts.csv', to: '.parquet', options: COLUMNS, peers: ['pyarrow', 'polars', 'duckdb'], goal: 8 },
  { from: 'snappy.parquet', to: '.parquet', options: KEPT, peers: ['pyarrow', 'polars', 'datasets', 'duckdb'], goal: 8 },
  { from: 'zstd.parquet', to: '.parquet', options: KEPT, peers: ['pyarrow', 'polars', 'datasets', 'duckdb'], goal: 8 },
  { from: 'plain.arrow', to: '.arrow', options: KEPT, peers: ['pyarrow', 'polars', 'datasets'], goal: 8 },
  { from: 'lz4.feather', to: '.arrow', options: KEPT, peers: ['pyarrow', 'polars', 'datasets'], goal: 8 },
].map((each) => ({ ...each, title: INPUTS.find(({ file }) => file === each.from).title }))
