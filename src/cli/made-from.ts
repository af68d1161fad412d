// Whether the files of an output that is read again have changed since, as far as the note beside it says.

import { identityOfFile } from './output/identity.js'
import { outputFiles, readNote, statOrNull } from './output/files.js'

/**
 * Whether the note beside `output` says that these files have changed since it was made, or came in another order. False where there is no
 * note, where something else wrote the output since, and where the files were others: the same texts may lie elsewhere, or packed.
 */
export async function haveChangedSince(output: string, inputs: readonly string[]): Promise<boolean> {
  const { whole, madeBy } = await outputFiles(output, [])
  const note = await readNote(madeBy)
  const found = await statOrNull(whole)
  if (note === null || found?.size !== note.size || found?.mtimeMs !== note.modified) return false
  const { inputs: before } = note.identity as { readonly inputs: readonly ({ readonly path: string } | null)[] }
  const now = await Promise.all(inputs.map((input) => identityOfFile(input)))
  const paths = new Set(before.map((input) => input?.path))
  return now.every((input) => input !== null && paths.has(String(input.path))) && !isSame(before, now)
}

function isSame(before: unknown, now: unknown): boolean {
  return JSON.stringify(before) === JSON.stringify(now)
}
