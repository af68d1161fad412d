// The vectors of a file that examples/sqlite-vec has written, read with node:sqlite.

import { input, peer, print } from './program.js'

interface Database {
  prepare(sql: string): { all(): { value: Uint8Array }[] }
}
interface Sqlite {
  DatabaseSync: new (file: string, options: { allowExtension: boolean }) => Database
}

async function main({ file, dtype }: { file: string; dtype: string }): Promise<void> {
  // Node 20, which has no types for it and no module, doesn't run this program.
  const { DatabaseSync } = await peer<Sqlite>('node:sqlite')
  const sqliteVec = await peer<{ load(database: Database): void }>('sqlite-vec')
  const database = new DatabaseSync(file, { allowExtension: true })
  sqliteVec.load(database)
  const column = (expression: string): string[] =>
    database
      .prepare(`SELECT ${expression} AS value FROM vectors ORDER BY number`)
      .all()
      .map(({ value }) => Buffer.from(value).toString('hex'))
  const quantized = dtype === 'float32' ? column('vec_quantize_binary(embedding)') : []
  print({ vectors: column('embedding'), quantized })
}

void main(input())
