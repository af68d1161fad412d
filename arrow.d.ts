// Generated from src/ by `npm run api`: the whole public API.

import type { Dtype, DtypeArray } from './index.js';
export type { Dtype, DtypeArray } from './index.js';
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
