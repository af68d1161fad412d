// examples/sqlite-vec with both drivers: what it finds is nearest, what it stores has every bit.

import path from 'node:path'

import { nodeOf, reason, runProgram, testWithPeers } from '../adapters/peers.js'
import { hasNearest, install, run, storedBytes } from './recipe.js'

// better-sqlite3 13 needs Node 22, and only there has node:sqlite extensions.
const node = reason === null ? nodeOf(22) : ''
const folder = reason === null ? install('sqlite-vec') : ''

for (const driver of ['better-sqlite3', 'node:sqlite']) {
  for (const dtype of ['float32', 'int8', 'binary'] as const) {
    testWithPeers(`sqlite-vec finds the nearest ${dtype} vectors, and keeps their bits: ${driver}`, async (t) => {
      // One file, as in the README: each run begins anew.
      const file = path.join(folder, 'documents.db')
      const args = [file, '--driver', driver, '--dtype', dtype]
      await hasNearest(t, await run(path.join(folder, 'sqlite-vec/search.mjs'), args, { node }), { dtype })
      const { vectors, quantized } = await runProgram<{ vectors: string[]; quantized: string[] }>(
        'stored-in-sqlite',
        { file, dtype },
        { node },
      )
      t.deepEqual(vectors, await storedBytes(dtype))
      // What the README warns of: each byte has its bits in the other order.
      if (dtype !== 'float32') return
      const mirrored = (await storedBytes('binary')).map((hex) =>
        Buffer.from(Buffer.from(hex, 'hex').map(mirror)).toString('hex'),
      )
      t.deepEqual(quantized, mirrored)
    })
  }
}

function mirror(byte: number): number {
  return Number.parseInt(byte.toString(2).padStart(8, '0').split('').reverse().join(''), 2)
}
