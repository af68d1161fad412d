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
  FreshArray,
  HalfArray,
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
type Floats = Float32Array<ArrayBuffer>
type Counts = Uint32Array<ArrayBuffer>
type FloatMatrix = EmbeddingMatrix<'float32', Floats, Counts>
same<ReturnType<typeof ef.encode>, Promise<FloatMatrix>>()
same<ReturnType<typeof ef.encodeSync>, FloatMatrix>()
same<ReturnType<typeof ef.encodeDocuments>, Promise<Floats[]>>()
same<ReturnType<typeof ef.encodeQueries>, Promise<Floats[]>>()
same<ReturnType<typeof ef.encodeDocumentsSync>, Floats[]>()
same<ReturnType<typeof ef.encodeQueriesSync>, Floats[]>()
same<ReturnType<typeof ef.encodeAsSequence>, Promise<FloatMatrix[]>>()
same<ReturnType<typeof ef.tokenize>, Uint32Array<ArrayBuffer>[]>()
same<ReturnType<typeof ef.embedding>, Floats>()
same<typeof matrix.tokens, Counts | null>()
same<FreshArray<'binary'>, Uint8Array<ArrayBuffer>>()
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
same<typeof int8, EmbeddingMatrix<'int8', Int8Array<ArrayBuffer>, Counts>>()
same<typeof int8.data, Int8Array<ArrayBuffer>>()
same<ReturnType<typeof int8.row>, Int8Array<ArrayBuffer>>()
same<ReturnType<typeof int8.bytes>, Buffer<ArrayBuffer>>()
same<ReturnType<typeof int8.swapBytes>, Buffer<ArrayBuffer>>()
same<typeof int8.tokens, Counts>()
same<typeof int8.totalTokens, number>()
same<typeof matrix.totalTokens, number | null>()
same<ReturnType<typeof int8.slice>, typeof int8>()
same<typeof int8.dtype, 'int8'>()
same<ReturnType<typeof int8.toArray>, number[][]>()
const binary = ef.encodeDocuments(['a dog'], { dtype: 'binary', out: new Uint8Array(32) })
same<typeof binary, Promise<Uint8Array<ArrayBuffer>[]>>()
const halves = ef.encodeAsSequence(['a dog'], { dtype: 'bfloat16', dimensionality: 64 })
same<typeof halves, Promise<EmbeddingMatrix<'bfloat16', Uint16Array<ArrayBuffer>, Counts>[]>>()
const some = ef.encodeSync('a dog', { dtype: someType })
same<typeof some, EmbeddingMatrix<Dtype, FreshArray<Dtype>, Counts>>()
same<typeof some.data, FreshArray<Dtype>>()
// In the caller's memory, on what that is.
const shared = ef.encodeSync('a dog', { out: new Float32Array(new SharedArrayBuffer(1024)) })
same<typeof shared.data, Float32Array<SharedArrayBuffer>>()
same<ReturnType<typeof shared.bytes>, Buffer>()
declare const anywhere: Float32Array
same<Awaited<ReturnType<typeof intoAnywhere>>[number], Float32Array>()
const intoAnywhere = () => ef.encodeDocuments(['a dog'], { out: anywhere })
declare const halfArray: HalfArray
const half = ef.encodeSync('a dog', { dtype: 'float16', out: halfArray })
same<typeof half.data, Uint16Array>()
// An element type that is optional or generic is handed on.
const maybeInt8 = ef.encodeSync('a dog', { dtype: maybe })
same<typeof maybeInt8, EmbeddingMatrix<'int8' | 'float32', Int8Array<ArrayBuffer> | Floats, Counts>>()
// The call refuses an array of the other type.
const maybeInto = ef.encodeSync('a dog', { dtype: maybe, out: new Int8Array(256) })
same<typeof maybeInto, EmbeddingMatrix<'int8', Int8Array<ArrayBuffer>, Counts>>()
declare const configured: { readonly dtype?: Dtype; readonly needed: Dtype | undefined }
const fromConfig = ef.encode(['a dog'], { dtype: configured.dtype })
same<typeof fromConfig, Promise<EmbeddingMatrix<Dtype, FreshArray<Dtype>, Counts>>>()
const needed = ef.encodeDocumentsSync(['a dog'], { dtype: configured.needed, maxLength: 5 })
same<typeof needed, FreshArray<Dtype>[]>()
function wrapped<D extends Dtype = 'float32'>(given?: EncodeOptions<D>): Promise<EmbeddingMatrix<D>> {
  return ef.encode(['a dog'], given)
}
const wrappedInt8 = wrapped({ dtype: 'int8' })
same<typeof wrappedInt8, Promise<EmbeddingMatrix<'int8'>>>()
const wrappedDefault = wrapped()
same<typeof wrappedDefault, Promise<EmbeddingMatrix>>()
const unannotated = <D extends Dtype = 'float32'>(given?: EncodeOptions<D>) => ef.encodeAsSequence('a dog', given)
const sequence = unannotated({ dtype: 'binary' })
same<typeof sequence, Promise<EmbeddingMatrix<'binary', Uint8Array, Counts>[]>>()
same<DtypeArray<'float16'>, Uint16Array>()
// Token counts are known of what was encoded, and not of what was loaded.
const made = EmbeddingMatrix.from(new Int8Array(4), { dim: 2, dtype: 'int8' })
same<typeof made, EmbeddingMatrix<'int8', Int8Array<ArrayBuffer>, null>>()
same<typeof made.totalTokens, null>()
const counted = EmbeddingMatrix.from([[1, 2]], { tokens: new Uint32Array(1) })
same<typeof counted, FloatMatrix>()
const ofRows = EmbeddingMatrix.from(ef.encodeDocumentsSync(['a dog']))
same<typeof ofRows, EmbeddingMatrix<'float32', Floats, null>>()
const joined = EmbeddingMatrix.concat([int8, int8])
same<typeof joined, EmbeddingMatrix<'int8', Int8Array<ArrayBuffer>, Counts>>()
const fromFile = EmbeddingMatrix.load('x.npy', { dtype: 'float16' })
same<typeof fromFile, Promise<EmbeddingMatrix<'float16', Uint16Array<ArrayBuffer>, null>>>()
const whatever = EmbeddingMatrix.load('x.npy')
same<typeof whatever, Promise<EmbeddingMatrix<Dtype, FreshArray<Dtype>, null>>>()
const one = ef.encodeOne('a dog', { dtype: 'binary' })
same<typeof one, Promise<Uint8Array<ArrayBuffer>>>()
same<ReturnType<typeof ef.encodeOneSync>, Floats>()
const [tokenCount, tokenCounts] = [ef.countTokens('a dog'), ef.countTokens(['a dog'])]
same<typeof tokenCount, number>()
same<typeof tokenCounts, Counts>()
same<ReturnType<typeof ef.countTokensAsync>, Promise<number | Counts>>()
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
// @ts-expect-error half-precision bits of the other kind
void ef.encode('a dog', { dtype: 'bfloat16', out: halfArray })
// @ts-expect-error made by `encode` only
new EmbeddingMatrix()
// @ts-expect-error no such code
export const none = new Model2VecError('ERR_NONE', '')
