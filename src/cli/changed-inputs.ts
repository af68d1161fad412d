// Whether the inputs of an output have changed since it was made, as far as the note beside it
// says.

import { statOrNull } from '../runtime/linked-file.js'
import { outputFiles, readNote } from './output/files.js'
import { identityOfFile, isSame } from './output/identity.js'
import type { Identity } from './output/identity.js'

/**
 * Whether the note beside `output` says that these inputs have changed since, or were in another
 * order. False where there is no note, where something else wrote the output since, and where other
 * files were the inputs: the same texts may be in another place, or packed.
 */
export async function haveChangedSince(output: string, inputs: readonly string[]): Promise<boolean> {
  const { whole, madeBy } = await outputFiles(output, [])
  const note = await readNote(madeBy)
  const found = await statOrNull(whole)
  if (note === null || found?.size !== note.size || found?.mtimeMs !== note.modified) return false
  const { inputs: before } = note.identity as Pick<Identity, 'inputs'>
  const now = await Promise.all(inputs.map((input) => identityOfFile(input)))
  const paths = new Set(before.map((input) => input?.path))
  return now.every((input) => input !== null && paths.has(input.path)) && !isSame(before, now)
}
