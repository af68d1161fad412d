// Our matrices, and what is made of them, where Node's types want a stream's source: nothing here
// runs.

import { pipeline, Readable, Writable } from 'node:stream'
import { Model2VecEmbeddingFunction } from 'model2vec-node'
import { pgCopy, pgText, pgVector } from 'model2vec-node/pgvector'

const ef = new Model2VecEmbeddingFunction()
const halves = ef.encodeSync(['a dog'], { dtype: 'float16' })
const bytes: Uint8Array[] = [pgVector(halves, 0), pgVector(halves.row(0)), pgVector(ef.encodeSync(['a dog']), 0)]
const text: string = pgText(halves, 0)
pipeline(pgCopy(halves, [1n], { columns: [{ type: 'text', values: [text] }] }), new Writable(), () => bytes)
Readable.from(pgCopy(halves, ['one'], { idType: 'text' }))

// @ts-expect-error: pgvector has no type for them.
pgVector(ef.encodeSync(['a dog'], { dtype: 'int8' }), 0)
