// Whether an output that is read again was made from these files, as far as the note beside it says.

import { identityOfFile } from './output/identity.js'
import { outputFiles, readNote, statOrNull } from './output/files.js'

/**
 * Whether the note beside `output` says that it was made from other files, or from these before they changed. False where there is no
 * note, or the output was written by something else since.
 */
export async function isMadeFromOthers(output: string, inputs: readonly string[]): Promise<boolean> {
  const { whole, madeBy } = await outputFiles(output, [])
  const note = await readNote(madeBy)
  const found = await statOrNull(whole)
  if (note === null || found?.size !== note.size || found?.mtimeMs !== note.modified) return false
  const { inputs: before } = note.identity as { readonly inputs?: unknown }
  const now = await Promise.all(inputs.map((input) => identityOfFile(input)))
  return JSON.stringify(before) !== JSON.stringify(now)
}
