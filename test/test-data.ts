// The test data: the committed models (`test/fixtures/unpacked`), and those of the folder that
// MODEL2VEC_TEST_DATA names.

import { existsSync, readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { crc32, gunzipSync } from 'node:zlib'

const COMMITTED = path.resolve('test/fixtures/unpacked')

/** Where data lies, and what a test's title says of it. */
export interface Root {
  readonly directory: string
  readonly label: string
}

export const ROOTS: readonly Root[] = [
  { directory: COMMITTED, label: 'committed' },
  ...(process.env.MODEL2VEC_TEST_DATA === undefined
    ? []
    : [{ directory: path.resolve(process.env.MODEL2VEC_TEST_DATA), label: 'MODEL2VEC_TEST_DATA' }]),
]

/**
 * Models whose license doesn't allow that they are committed, or isn't known
 * (test/fixtures/README.md).
 */
export const NOT_COMMITTED = [
  'bpe-llama3-32k',
  'spbpe-gemma3-51k-v10',
  'spbpe-llama2-raw',
  'spbpe-llama2-v10-vocab',
  'ug-marian-raw',
] as const

/**
 * The models that are committed, by test/fixtures/manifest.json and the link to the default model.
 */
export function committedModels(): string[] {
  const { files } = JSON.parse(readFileSync('test/fixtures/manifest.json', 'utf8')) as { files: Record<string, string> }
  const names = Object.keys(files).flatMap((file) => /^models\/([^/]+)\//.exec(file)?.[1] ?? [])
  return [...new Set([...names, 'potion-base-8M'])].sort()
}

/** The models of a root. */
export function modelsOf(root: Root): string[] {
  const directory = path.join(root.directory, 'models')
  return existsSync(directory) ? readdirSync(directory).sort() : []
}

/** The folder of a committed model. */
export function modelPath(name: string, root = COMMITTED): string {
  return path.join(root, 'models', name)
}

export const POTION: string = modelPath('potion-base-8M')
/** 8,000 tokens of 32 dimensions: loads in a moment. */
export const SMALL: string = modelPath('m8k-f32')

interface RunDigests {
  readonly rows: number
  readonly dim: number
  readonly vector_crc32: readonly number[]
  readonly ids_crc32?: readonly number[]
}

/** What Python made of a model: see test/fixtures/README.md, "References". */
export interface Reference {
  readonly digests: Readonly<Record<string, RunDigests>>
  readonly meta: {
    readonly vocab: number
    readonly dim: number
    readonly unk_token_id: number | null
    readonly normalize: boolean
    readonly max_length: number | null
    readonly embedding_dtype: string
  }
}

export function reference(root: Root, model: string): Reference | null {
  // m8k-subfolder is m8k-f32 inside `sub/`.
  const directory = path.join(root.directory, 'reference', model === 'm8k-subfolder' ? 'm8k-f32' : model)
  if (!existsSync(path.join(directory, 'meta.json'))) return null
  const meta = JSON.parse(readFileSync(path.join(directory, 'meta.json'), 'utf8')) as Reference['meta']
  const digests = JSON.parse(gunzipSync(readFileSync(path.join(directory, 'digests.json.gz'))).toString()) as {
    runs: Reference['digests']
  }
  return { meta, digests: digests.runs }
}

const corpora = new Map<string, string[]>()

/** The texts of a corpus: of the committed one, unless another root is given. */
export function corpus(name: string, root = COMMITTED): string[] {
  const file = path.join(root, 'corpora', `${name}.jsonl`)
  const known = corpora.get(file)
  if (known !== undefined) return known
  const lines = readFileSync(file, 'utf8').trimEnd().split('\n')
  const texts = lines.map((line) => (JSON.parse(line) as { text: string }).text)
  corpora.set(file, texts)
  return texts
}

/** CRC-32 of an array's bytes, little-endian on every platform that this package runs on. */
export function crc(values: NodeJS.TypedArray): number {
  return crc32(new Uint8Array(values.buffer, values.byteOffset, values.byteLength))
}

/**
 * `count` texts of natural language: the documents over and over, each with its number, so that
 * none is like another.
 */
export function manyTexts(count: number): string[] {
  const documents = corpus('docs_en')
  return Array.from({ length: count }, (_, i) => `${i} ${documents[i % documents.length] ?? ''}`)
}
