// Any bytes as an `.npy` file: for `EmbeddingMatrix.load`, and for `model2vec search`.

import { writeFileSync } from 'node:fs'
import path from 'node:path'

import type * as matrixModule from '../../../build/modules/matrix/embedding-matrix.js'
import type * as npyModule from '../../../build/modules/cli/input/npy.js'
import { load } from '../../modules.js'
import { bounded } from '../limits.js'
import { assertTyped, Fault } from '../outcome.js'
import { scratch } from '../rows.js'

const { EmbeddingMatrix } = load('matrix/embedding-matrix') as typeof matrixModule
const { NpyRows } = load('cli/input/npy') as typeof npyModule

const file = path.join(scratch, 'matrix.npy')

export function fuzz(data: Buffer): Promise<void> {
  return bounded(data.length, async () => {
    writeFileSync(file, data)
    try {
      const matrix = await EmbeddingMatrix.load(file)
      const { rows, dim, data: elements } = matrix
      if (elements.byteLength > data.length) throw new Fault('expected the elements of the file')
      if (rows > 0) matrix.toArray()
      matrix.slice(0, Math.min(rows, 1))
      if (!(dim >= 1)) throw new Fault(`expected dimensions, but got ${dim}`)
    } catch (error) {
      assertTyped(error, file)
    }
    await search()
  })
}

async function search(): Promise<void> {
  let open = null
  try {
    open = await NpyRows.open(file)
    const numbers = await open.next(open.rows)
    if (numbers.length !== open.rows * open.dim) throw new Fault('expected all rows')
  } catch (error) {
    assertTyped(error, file)
  } finally {
    await open?.close()
  }
}
