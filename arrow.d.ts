// Generated from src/ by `npm run api`: the whole public API.

/**
 * The element type of a result. It does not depend on the table's: every type is converted from the
 * float32 vector. Except for NaN, the bits are those that numpy and ml_dtypes give for this vector.
 *
 * - `'float32'`: the vector itself
 * - `'float16'`: rounded to nearest, ties to even. For a float16 table these are Python's own
 *   vectors, bit for bit. Python: `astype(numpy.float16)`
 * - `'bfloat16'`: rounded to nearest, ties to even. Python: `astype(ml_dtypes.bfloat16)`
 * - `'int8'`: 127 · clamp(x, −1, 1), rounded to nearest, ties to even. NaN is 0. Only for vectors
 *   of length 1, which are normalized; for others `ERR_INVALID_OPTION`. Python:
 *   `numpy.rint(127 * numpy.clip(x, -1, 1)).astype(numpy.int8)`
 * - `'binary'`: one bit per dimension: x > 0. The first dimension is the highest bit of the first
 *   byte; unused bits of the last byte are 0. Python: `numpy.packbits(x > 0, axis=-1)`
 */
export type Dtype = "float32" | "float16" | "bfloat16" | "int8" | "binary";
/**
 * The typed array that holds rows of an element type. Elements of 'float16' and 'bfloat16' rows are
 * bit patterns, in a Uint16Array; a byte of a 'binary' row has the bits of eight dimensions.
 */
export type DtypeArray<D extends Dtype> = {
  float32: Float32Array;
  float16: Uint16Array;
  bfloat16: Uint16Array;
  int8: Int8Array;
  binary: Uint8Array;
}[D];
/** What is read of an `EmbeddingMatrix`; every one is such a thing. */
export interface VectorMatrix<D extends Dtype> {
  /** rows × width elements. */
  readonly data: DtypeArray<D>;
  /** How many vectors. */
  readonly rows: number;
  /** Dimensions of a vector. */
  readonly dim: number;
  /** Elements of `data` that a vector takes. */
  readonly width: number;
  /** The element type of `data`. */
  readonly dtype: D;
}
/** The element types that Arrow has: 'binary' rows become lists of bytes. */
export type ArrowDtype = Exclude<Dtype, "bfloat16">;
/** What is used of the module `apache-arrow`. */
export interface ArrowModule {
  readonly Field: new (...args: never[]) => unknown;
  readonly FixedSizeList: new (...args: never[]) => unknown;
  readonly Float32: new () => unknown;
  readonly Float16: new () => unknown;
  readonly Int8: new () => unknown;
  readonly Uint8: new () => unknown;
  readonly Utf8: new () => unknown;
  readonly Vector: new (...args: never[]) => unknown;
  readonly RecordBatch: new (...args: never[]) => unknown;
  readonly makeData: (props: never) => unknown;
  readonly vectorFromArray: (values: never, type?: never) => unknown;
}
/**
 * The vectors as a column: a FixedSizeList of `width` Float32, Float16, Int8 or (for 'binary')
 * Uint8, on the matrix's own memory.
 *
 * @param arrow the module `apache-arrow`, the same copy that takes the column
 * @param matrix vectors; their memory must not change while the column is used
 * @returns Arrow's Vector of `rows` lists, without nulls
 * @throws Model2VecError `ERR_INVALID_OPTION`, also for bfloat16, which Arrow has no type for
 *
 * @example
 * const table = new arrow.Table({ embedding: fixedSizeList(arrow, await ef.encode(texts)) })
 */
export declare function fixedSizeList<A extends ArrowModule>(arrow: A, matrix: VectorMatrix<ArrowDtype>): InstanceType<A["Vector"]>;
/**
 * A record batch of columns of the same length: matrices as {@link fixedSizeList} gives them,
 * arrays as Arrow reads them, and Arrow's own vectors of one chunk. Of an array, strings become
 * Utf8, numbers Float64 and bigints Int64 (so ids that are to be integers are bigints, or an
 * Int32Array or BigInt64Array); null and undefined are null.
 *
 * @throws Model2VecError `ERR_INVALID_OPTION`
 *
 * @example
 * const batch = recordBatch(arrow, { id: ids, text: texts, embedding: await ef.encode(texts) })
 */
export declare function recordBatch<A extends ArrowModule>(arrow: A, columns: Readonly<Record<string, unknown>>): InstanceType<A["RecordBatch"]>;
