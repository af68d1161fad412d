// Vectors for the tests of searches: made from a seed, of every element type.

import { EmbeddingMatrix } from 'model2vec-node'
import type { Dtype } from 'model2vec-node'

export const DTYPES: readonly Dtype[] = ['float32', 'float16', 'bfloat16', 'int8', 'binary']

/** Numbers from −0.5 to 0.5, always the same for a seed (a linear congruential generator). */
export function numbersOf(seed: number): () => number {
  let state = seed
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state / 2 ** 32 - 0.5
  }
}

/** `rows` vectors in clusters, so that some are near to each other. */
export function vectors(dtype: Dtype, rows: number, dim: number, seed: number): EmbeddingMatrix<Dtype> {
  const next = numbersOf(seed)
  const centers = Array.from({ length: 20 }, () => Array.from({ length: dim }, next))
  const values = Array.from({ length: rows }, (_, row) =>
    (centers[row % centers.length] ?? []).map((center) => center + next() * (row % 3)),
  )
  return ofType(dtype, values, dim)
}

/** Vectors of numbers as a matrix of an element type. */
export function ofType(dtype: Dtype, values: readonly (readonly number[])[], dim: number): EmbeddingMatrix<Dtype> {
  if (dtype === 'binary') {
    const width = Math.ceil(dim / 8)
    const bits = new Uint8Array(values.length * width)
    for (const [row, vector] of values.entries()) {
      for (const [i, value] of vector.entries()) {
        const place = row * width + (i >> 3)
        if (value > 0) bits[place] = (bits[place] ?? 0) | (0x80 >> (i & 7))
      }
    }
    return EmbeddingMatrix.from(bits, { dtype, dim })
  }
  if (dtype === 'int8') {
    const data = Int8Array.from(values.flat(), (value) => Math.max(-127, Math.min(127, Math.round(value * 100))))
    return EmbeddingMatrix.from(data, { dtype, dim })
  }
  return EmbeddingMatrix.from(values, { dtype, dim })
}
