// What Milvus refuses to import, said before a server does.

import type { OutputRows } from './format.js'

/** The longest VarChar, in bytes (Milvus: proxy.maxVarCharLength). */
const VARCHAR_BYTES = 65_535
/** The largest file (Milvus: dataNode.import.maxImportFileSizeInGB). */
const FILE_BYTES = 16 * 2 ** 30

/** @throws Error for a string that no VarChar holds */
export function assertFitsMilvus({ columns, placeOf }: OutputRows): void {
  for (const { column, values } of columns) {
    const row = values.findIndex((value: unknown) => typeof value === 'string' && !isVarChar(value))
    if (row === -1) continue
    const found = Buffer.byteLength(values[row] as string)
    throw new Error(
      `${placeOf(row)}: expected at most ${VARCHAR_BYTES} bytes in ${JSON.stringify(column.name)}, which is what a ` +
        `VarChar of Milvus holds, but got ${found}`,
    )
  }
}

function isVarChar(value: string): boolean {
  // A UTF-16 unit becomes at most three bytes.
  return value.length * 3 <= VARCHAR_BYTES || Buffer.byteLength(value) <= VARCHAR_BYTES
}

/** @throws Error for a file that Milvus does not import */
export function assertImportable(size: number): void {
  if (size <= FILE_BYTES) return
  throw new Error(`Milvus imports files of at most 16 GiB, but this one has ${size} bytes: embed the inputs in parts`)
}
