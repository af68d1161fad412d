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
/**
 * The element types that pgvector has a column type for: `vector`, `halfvec` and PostgreSQL's own
 * `bit`.
 */
export type PgDtype = "float32" | "float16" | "binary";
/** A vector alone: a row of an `EmbeddingMatrix`, of `encodeDocuments` or of `encodeQueries`. */
export type PgRow = Float32Array | Uint16Array | Uint8Array;
/** The types of the columns beside the vector. */
export type PgType = "bigint" | "int" | "uuid" | "text";
/** A column beside the id and the vector: as many values as there are rows. */
export interface PgColumn {
  readonly type: PgType;
  /**
   * `bigint` and `int`: numbers or bigints; `uuid` and `text`: strings, a text without U+0000 and
   * lone surrogates, which PostgreSQL can't have. null is NULL.
   */
  readonly values: readonly (string | number | bigint | null)[];
}
/** Options of {@link pgCopy}. */
export interface PgCopyOptions {
  /**
   * The type of the id column.
   * @default 'bigint'
   */
  readonly idType?: PgType | undefined;
  /**
   * More columns, after the id and the vector.
   * @default none
   */
  readonly columns?: readonly PgColumn[] | undefined;
}
/**
 * A vector as a parameter of a query of `pg`, in binary: for a `vector` (float32), `halfvec`
 * (float16) or `bit` (binary) column. A row of 'float16' is read as half-precision bits, whatever
 * it holds; of a 'binary' row alone the bits are all of its bytes'.
 *
 * @param source a matrix with the `index` of the row, or the row
 * @returns a Buffer: other views on bytes `pg` sends in a form that pgvector refuses
 * @throws Model2VecError `ERR_INVALID_OPTION` for int8 and bfloat16, which pgvector has no type
 * for, and for anything else; `ERR_OUT_TOO_SMALL` when the memory was detached or made smaller
 *
 * @example
 * await client.query('INSERT INTO documents VALUES ($1, $2)', [id, pgVector(matrix, 0)])
 * await client.query('SELECT id FROM documents ORDER BY embedding <=> $1 LIMIT 10', [pgVector(query)])
 */
export declare function pgVector(source: VectorMatrix<PgDtype>, index: number): Uint8Array;
/** A row alone. */
export declare function pgVector(source: PgRow): Uint8Array;
/**
 * A vector as text, `[0.5,-1]`, or the digits of a `bit`: for clients and files that take no
 * binary. It is read back as the same bits, at several times the price of {@link pgVector}.
 *
 * @param source a matrix with the `index` of the row, which is the faster and the shorter text, or
 * the row
 * @throws Model2VecError `ERR_INVALID_OPTION` as `pgVector`
 */
export declare function pgText(source: VectorMatrix<PgDtype>, index: number): string;
/** A row alone. */
export declare function pgText(source: PgRow): string;
/**
 * The bytes of `COPY … FROM STDIN (FORMAT binary)`: for each row the id, the vector, and the other
 * columns, in this order. Several times faster than INSERTs.
 *
 * @param matrix vectors of 'float32', 'float16' or 'binary', for a column of `vector`, `halfvec` or
 * `bit`
 * @param ids an id per row, none of them null: numbers or bigints for `bigint` and `int`, strings
 * for `uuid` and `text`
 * @returns chunks, made as they are taken: for `pipeline`, `Readable.from`
 * @throws Model2VecError `ERR_INVALID_OPTION`: at once, and while a chunk is made for a value that
 * is not of its column's type
 *
 * @example
 * const stream = client.query(copyFrom('COPY documents (id, embedding) FROM STDIN (FORMAT binary)'))
 * await pipeline(pgCopy(matrix, ids), stream)
 */
export declare function pgCopy(matrix: VectorMatrix<PgDtype>, ids: readonly (string | number | bigint)[], options?: PgCopyOptions): Generator<Uint8Array, void, undefined>;
