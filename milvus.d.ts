// Generated from src/ by `npm run api`: the whole public API.

import type { Dtype, DtypeArray } from './index.js';
export type { Dtype, DtypeArray } from './index.js';
type RowArray = DtypeArray<Dtype>;
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
/** The type of the Milvus field that holds vectors of an element type. */
export type MilvusType<D extends Dtype> = {
  float32: "FloatVector";
  float16: "Float16Vector";
  bfloat16: "BFloat16Vector";
  int8: "Int8Vector";
  binary: "BinaryVector";
}[D];
/** A vector as the SDK takes it, in inserts, upserts and searches alike. */
export type MilvusVector<D extends Dtype> = {
  float32: number[];
  float16: Uint8Array;
  bfloat16: Uint8Array;
  int8: Int8Array;
  binary: number[];
}[D];
/** A field of a collection's schema, for the SDK's `createCollection`. */
export interface MilvusField<D extends Dtype> {
  readonly name: string;
  readonly data_type: MilvusType<D>;
  /** Dimensions of a vector; of a BinaryVector the bits, with those that fill the last byte. */
  readonly dim: number;
}
/** Options of {@link milvusRows}. */
export interface MilvusRowsOptions<F extends string = "vector"> {
  /**
   * The name of the vector field.
   * @default 'vector'
   */
  readonly field?: F | undefined;
  /**
   * Whether the collection has `enable_dynamic_field`. The SDK copies rows of such a collection
   * through JSON, which typed arrays don't survive: the vectors become plain numbers, which arrive
   * as the same bits, at the SDK's price for them.
   * @default false
   */
  readonly dynamic?: boolean | undefined;
}
/** Options of {@link milvusBulkRows}. */
export interface MilvusBulkRowsOptions<F extends string = "vector"> {
  /**
   * The name of the vector field.
   * @default 'vector'
   */
  readonly field?: F | undefined;
  /**
   * The format of the writer.
   * @default 'json', the writer's own
   */
  readonly format?: "json" | "parquet" | undefined;
}
/**
 * The vector field for a collection's schema.
 *
 * Its metric is 'COSINE', 'IP' or 'L2', and 'HAMMING' or 'JACCARD' for a BinaryVector.
 *
 * @param name the field's name
 * @param format an `EmbeddingMatrix` that goes into it, or what one will be, as
 * `{ dim: ef.dim, dtype: 'float16' }`
 * @throws Model2VecError `ERR_INVALID_OPTION`
 */
export declare function milvusField<D extends Dtype>(name: string, format: {
  readonly dim: number;
  readonly dtype: D;
}): MilvusField<D>;
/**
 * One row as the SDK takes it, in inserts, upserts and searches alike, whether the field is
 * nullable or not:
 *
 * - float32 (Float32Array): a number[]. The SDK makes a Float32Array in a nullable field one NaN.
 * - float16, bfloat16 (Uint16Array of bits): their bytes as a view, which the SDK sends as they are. It rounds bfloat16 numbers
 *   towards zero, and sends a Float32Array that is searched for as garbage.
 * - int8 (Int8Array): a copy. The SDK inserts the whole memory that a view is on.
 * - binary (Uint8Array): a number[] of bytes. The SDK makes Uint8Arrays in a nullable field zeros.
 *
 * A view is read when the SDK sends it: the memory must not change before the insert is over.
 *
 * @param row a row of `encodeDocuments`, `encodeQueries` or an `EmbeddingMatrix`
 * @throws Model2VecError `ERR_INVALID_OPTION` for anything else
 */
export declare function milvusVector(row: Float32Array | Uint8Array): number[];
export declare function milvusVector(row: Uint16Array): Uint8Array;
export declare function milvusVector(row: Int8Array): Int8Array;
export declare function milvusVector(row: RowArray): MilvusVector<Dtype>;
/**
 * All vectors as {@link milvusVector} gives them: the `data` of a search for several queries.
 *
 * @param vectors an `EmbeddingMatrix`, or rows of `encodeDocuments` or `encodeQueries`
 * @throws Model2VecError `ERR_INVALID_OPTION`
 */
export declare function milvusVectors<D extends Dtype>(vectors: VectorMatrix<D> | readonly DtypeArray<D>[]): MilvusVector<D>[];
/**
 * The rows of an insert or upsert: each item with its vector. Made at once, on this thread: 10,000
 * vectors of 256 dimensions take a few milliseconds; a Milvus server takes 64 MB per request.
 *
 * @param vectors an `EmbeddingMatrix`, or rows of `encodeDocuments`
 * @param items the other fields of each row, as many as there are vectors; a field of the vector's name is replaced. Default
 *   none, for a collection with `autoID`
 * @throws Model2VecError `ERR_INVALID_OPTION`
 *
 * @example
 * const vectors = await ef.encode(documents.map(({ text }) => text), { dtype: 'float16' })
 * await client.insert({ collection_name: 'documents', data: milvusRows(vectors, documents) })
 */
export declare function milvusRows<D extends Dtype, T extends object = object, F extends string = "vector">(vectors: VectorMatrix<D> | readonly DtypeArray<D>[], items?: readonly T[], options?: MilvusRowsOptions<F> & {
  readonly dynamic?: false | undefined;
}): (Omit<T, F> & Record<F, MilvusVector<D>>)[];
export declare function milvusRows<D extends Dtype, T extends object = object, F extends string = "vector">(vectors: VectorMatrix<D> | readonly DtypeArray<D>[], items?: readonly T[], options?: MilvusRowsOptions<F>): (Omit<T, F> & Record<F, MilvusVector<D> | number[]>)[];
/**
 * The rows for the SDK's `BulkWriter`, one `append` each: it writes files of JSON or Parquet, which
 * `bulkInsert` imports.
 *
 * In files of JSON vectors are numbers, of 'binary' the bytes; the sign of a −0 is lost. The writer
 * takes the bytes of float16 and bfloat16 vectors too, but writes them as twice as many numbers,
 * which a server refuses. In files of Parquet they are the bytes.
 *
 * The writer keeps a row until it has written it: the memory of the vectors must not change before.
 *
 * @param vectors an `EmbeddingMatrix`, or rows of `encodeDocuments`; rows that are bits, of float16
 * or bfloat16, for Parquet only
 * @param items the other fields of each row, as in {@link milvusRows}
 * @throws Model2VecError `ERR_INVALID_OPTION`
 *
 * @example
 * const writer = new BulkWriter({ schema: { fields }, format: 'parquet', localPath: 'bulk' })
 * for (const row of milvusBulkRows(vectors, documents, { format: 'parquet' })) await writer.append(row)
 * const files = await writer.close()
 */
export declare function milvusBulkRows<D extends Dtype, T extends object = object, F extends string = "vector">(vectors: VectorMatrix<D> | readonly DtypeArray<D>[], items?: readonly T[], options?: MilvusBulkRowsOptions<F>): (Omit<T, F> & Record<F, MilvusVector<D> | number[]>)[];
