// What a server serves: a model, or a pipeline with a head. They are known by their shape, so that
// the types of this entry stand alone.

/** What is read of an `EmbeddingMatrix`. */
export interface ServedRows {
  /** The elements of all rows, one after the other; bits of 'float16' and 'bfloat16'. */
  readonly data: Float32Array | Uint16Array | Int8Array | Uint8Array
  /** Numbers of a row. */
  readonly dim: number
  /** What the elements are. */
  readonly dtype: 'float32' | 'float16' | 'bfloat16' | 'int8' | 'binary'
  /** How many rows. */
  readonly rows: number
  /** How many token ids were pooled, in all rows. */
  readonly totalTokens: number
  /** How many texts were cut. */
  readonly truncated: number
  /** Whether the text of a row was cut. */
  isTruncated(index: number): boolean
  /** The UTF-8 JSON of a row, or of all rows. */
  json(index?: number): Uint8Array
  /** The bytes of a row, little-endian, as base64. */
  base64(index: number): string
  /** The numbers of a row. */
  row(index: number): Float32Array
}

/** The options of `encode` that a server sets. */
export interface ServedEncodeOptions {
  readonly dimensionality?: number | undefined
  readonly normalize?: boolean | undefined
  readonly maxLength?: number | null | undefined
  readonly signal?: AbortSignal | undefined
}

/** What a server tells of a model. */
export interface ServedInfo {
  readonly modelSource: string
  readonly path: string
  readonly revision: string | null
  readonly dim: number
  readonly tableDtype: string
  readonly maxLength: number | null
  readonly tokenizer: string
  readonly threads: number
}

/** What a server calls of a `Model2VecEmbeddingFunction`. */
export interface ServedFunction {
  readonly info: ServedInfo
  /** Loads a model that is pending. */
  ready?(): Promise<void>
  /** The token of each id. */
  readonly tokens: readonly string[]
  encode(texts: string | readonly string[], options?: ServedEncodeOptions): Promise<ServedRows>
  /** For few texts, which are embedded at once; without it they go through `encode`. */
  encodeSync?(texts: string | readonly string[], options?: ServedEncodeOptions): ServedRows
  encodeAsSequence(texts: readonly string[], options?: ServedEncodeOptions): Promise<readonly ServedRows[]>
  tokenizeAsync(
    texts: readonly string[],
    options?: { readonly maxLength?: number | null | undefined; readonly signal?: AbortSignal | undefined },
  ): Promise<readonly ArrayLike<number>[]>
}

/**
 * What is read of the probabilities of a pipeline: a row for each text, a number for each class.
 */
export interface ServedScores {
  readonly rows: number
  /** How many token ids the texts have. */
  readonly totalTokens: number | null
  /** How many texts were cut. */
  readonly truncated: number
  /** Whether the text of a row was cut. */
  isTruncated(index: number): boolean
  row(index: number): ArrayLike<number>
  /** The UTF-8 JSON of a row. */
  json(index?: number): Uint8Array
}

/** What a server calls of a `Model2VecPipeline`. */
export interface ServedPipeline {
  /** Loads a model that is pending. */
  ready?(): Promise<void>
  /** The model without the head. */
  readonly embedder: ServedFunction
  /** The names of the classes; null = the head names none. */
  readonly classes: readonly unknown[] | null
  /** 'identity' = the head is a projection: its rows are the embeddings. */
  readonly activation: string
  /** Numbers of a row. */
  readonly dim: number
  encode(texts: string | readonly string[], options?: ServedEncodeOptions): Promise<ServedRows>
  predictProba(texts: readonly string[], options?: { readonly signal?: AbortSignal | undefined }): Promise<ServedScores>
}

/** A model, or a pipeline. */
export type ServedModel = ServedFunction | ServedPipeline

export function isPipeline(model: unknown): model is ServedPipeline {
  return hasMethod(model, 'predictProba')
}

export function isServedModel(model: unknown): model is ServedModel {
  return isPipeline(model) || hasMethod(model, 'encode')
}

function hasMethod(value: unknown, name: string): boolean {
  return typeof value === 'object' && value !== null && typeof (value as Record<string, unknown>)[name] === 'function'
}
