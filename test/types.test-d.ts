// The declared types, checked by the compiler: nothing here runs.

import {
  EmbeddingMatrix,
  InvalidTextError,
  isModel2VecError,
  Model2VecEmbeddingFunction,
  Model2VecError,
  OutOfMemoryError,
} from 'model2vec-node'
import type {
  DownloadProgress,
  Dtype,
  DtypeArray,
  EncodeOptions,
  ErrorCode,
  LoadOptions,
  MemoryMode,
  ModelInfo,
  ModelSource,
  Progress,
  TokenizeOptions,
  TypedEncodeOptions,
} from 'model2vec-node'

/** Compiles only where the two types are the same. */
type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false
function same<A, B>(..._proof: Same<A, B> extends true ? [] : ['the types differ']): void {
  // Only its type matters.
}

declare const ef: Model2VecEmbeddingFunction
declare const matrix: EmbeddingMatrix
declare const value: unknown

same<typeof ef.dim, number>()
same<typeof ef.info, ModelInfo>()
same<typeof ef.tokens, readonly string[]>()
same<ReturnType<typeof ef.encode>, Promise<EmbeddingMatrix>>()
same<ReturnType<typeof ef.encodeSync>, EmbeddingMatrix>()
same<ReturnType<typeof ef.encodeDocuments>, Promise<Float32Array[]>>()
same<ReturnType<typeof ef.encodeQueries>, Promise<Float32Array[]>>()
same<ReturnType<typeof ef.encodeDocumentsSync>, Float32Array[]>()
same<ReturnType<typeof ef.encodeQueriesSync>, Float32Array[]>()
same<ReturnType<typeof ef.encodeAsSequence>, Promise<EmbeddingMatrix[]>>()
same<ReturnType<typeof ef.tokenize>, Uint32Array[]>()
same<ReturnType<typeof ef.embedding>, Float32Array>()
same<Parameters<typeof ef.encode>[0], string | readonly string[]>()
same<Parameters<typeof ef.encode>[1], EncodeOptions | undefined>()
same<Parameters<typeof ef.encodeDocuments>[0], readonly string[]>()
same<Parameters<typeof ef.tokenize>[1], TokenizeOptions | undefined>()
same<ConstructorParameters<typeof Model2VecEmbeddingFunction>[0], ModelSource | undefined>()
same<ConstructorParameters<typeof Model2VecEmbeddingFunction>[1], LoadOptions | undefined>()
same<typeof matrix.data, Float32Array>()
same<ReturnType<typeof matrix.toArray>, number[][]>()
same<MemoryMode, 'auto' | 'copy' | 'map'>()

declare const someType: Dtype
declare const maybe: 'int8' | undefined
const int8 = ef.encodeSync('a dog', { dtype: 'int8' })
same<typeof int8, EmbeddingMatrix<'int8'>>()
same<typeof int8.data, Int8Array>()
same<typeof int8.dtype, 'int8'>()
same<ReturnType<typeof int8.toArray>, number[][]>()
const binary = ef.encodeDocuments(['a dog'], { dtype: 'binary', out: new Uint8Array(32) })
same<typeof binary, Promise<Uint8Array[]>>()
const halves = ef.encodeAsSequence(['a dog'], { dtype: 'bfloat16', dimensionality: 64 })
same<typeof halves, Promise<EmbeddingMatrix<'bfloat16'>[]>>()
const some = ef.encodeSync('a dog', { dtype: someType })
same<typeof some, EmbeddingMatrix<Dtype>>()
same<typeof some.data, DtypeArray<Dtype>>()
same<DtypeArray<'float16'>, Uint16Array>()
const any: EmbeddingMatrix<Dtype> = int8
const row: Int8Array = int8.row(0)
const typed: TypedEncodeOptions<'float16'> = { dtype: 'float16', out: new Uint16Array(4) }
for (const each of int8) each satisfies Int8Array

class Mine extends Model2VecEmbeddingFunction {
  readonly mine = true
}
const loaded: Promise<Mine> = Mine.load('./model', { onProgress: (_: DownloadProgress) => undefined })
const options: EncodeOptions = { maxLength: null, out: new Float32Array(4), onProgress: (_: Progress) => undefined }
const fromShared: EncodeOptions = { out: new Float32Array(new SharedArrayBuffer(4)), signal: undefined }
const source: ModelSource = new URL('file:///model')
using disposed = ef

if (isModel2VecError(value)) {
  const code: ErrorCode = value.code
  code satisfies string
}
const errors: Error[] = [new Model2VecError('ERR_CLOSED', ''), new InvalidTextError(''), new OutOfMemoryError('')]
const typeError: TypeError = new InvalidTextError('')
const rangeError: RangeError = new OutOfMemoryError('')
export const used = [
  matrix,
  loaded,
  options,
  fromShared,
  source,
  disposed,
  errors,
  typeError,
  rangeError,
  any,
  row,
  typed,
]

// @ts-expect-error one text is for `encode`
void ef.encodeDocuments('a dog')
// @ts-expect-error no such element type
void ef.encode('a dog', { dtype: 'float64' })
// @ts-expect-error rows of int8 are no floats
void ef.encode('a dog', { dtype: 'int8', out: new Float32Array(4) })
// @ts-expect-error rows without a dtype are float32
void ef.encode('a dog', { out: new Int8Array(4) })
// @ts-expect-error what may be undefined doesn't say the element type
void ef.encode('a dog', { dtype: maybe })
// @ts-expect-error made by `encode` only
new EmbeddingMatrix()
// @ts-expect-error no such code
export const none = new Model2VecError('ERR_NONE', '')
