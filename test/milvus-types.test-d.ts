// The declared types of model2vec-node/milvus, against those of the SDK: nothing here runs.

import type { BulkWriter, CreateCollectionReq, FieldType, InsertReq, SearchSimpleReq } from '@zilliz/milvus2-sdk-node'
import type { Dtype, EmbeddingMatrix, Model2VecEmbeddingFunction } from 'model2vec-node'
import { milvusBulkRows, milvusField, milvusRows, milvusVector, milvusVectors } from 'model2vec-node/milvus'
import type { MilvusType, MilvusVector } from 'model2vec-node/milvus'

declare const ef: Model2VecEmbeddingFunction
declare const someType: Dtype

const halves = ef.encodeSync(['a dog'], { dtype: 'float16' })
const some: EmbeddingMatrix<Dtype> = ef.encodeSync(['a dog'], { dtype: someType })
const items = [{ id: 1, text: 'a dog' }]

const rows = milvusRows(halves, items)
const vector: Uint8Array | undefined = rows[0]?.vector
const text: string | undefined = rows[0]?.text
const named: Uint8Array | undefined = milvusRows(halves, items, { field: 'embedding' })[0]?.embedding
const maybe: Uint8Array | number[] | undefined = milvusRows(halves, items, { dynamic: true })[0]?.vector
const type: 'Float16Vector' = milvusField('vector', halves).data_type
const one: Int8Array = milvusVector(new Int8Array(2))
const many: MilvusVector<'float16'>[] = milvusVectors(halves)
const anyType: MilvusType<Dtype> = milvusField('vector', some).data_type

// What the SDK takes.
const fields: FieldType[] = [milvusField('vector', { dim: ef.dim, dtype: 'int8' }), milvusField('vector', some)]
const create: CreateCollectionReq = { collection_name: 'c', fields }
const inserts: InsertReq[] = [
  { collection_name: 'c', data: rows },
  { collection_name: 'c', data: milvusRows(some, items, { dynamic: true }) },
  { collection_name: 'c', data: milvusRows(ef.encodeDocumentsSync(['a dog']), items) },
]
const searches: SearchSimpleReq[] = [
  { collection_name: 'c', data: milvusVectors(some) },
  { collection_name: 'c', data: milvusVectors(halves) },
  { collection_name: 'c', data: milvusVector(halves.row(0)) },
]
const bulk: Parameters<BulkWriter['append']>[0][] = milvusBulkRows(halves, items, { format: 'parquet' })
export const used = [bulk, vector, text, named, maybe, type, one, many, anyType, create, inserts, searches]

// @ts-expect-error the writer has no such format
milvusBulkRows(halves, items, { format: 'numpy' })
// @ts-expect-error a vector is no item
milvusRows(halves, 'a dog')
// @ts-expect-error no such element type
milvusField('vector', { dim: 8, dtype: 'float64' })
// @ts-expect-error doubles are no row
milvusVector(new Float64Array(2))
