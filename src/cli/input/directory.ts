// The files of a directory that are inputs: those whose ending says a format, in the byte order of
// their paths, whatever the platform and the language.

import { readdirSync, statSync } from 'node:fs'
import path from 'node:path'

/** What a directory has. */
export interface DirectoryFiles {
  readonly inputs: readonly string[]
  /** Files that are none, as their names don't say a format. */
  readonly others: readonly string[]
}

/**
 * Hidden names are left out, with all that is in such folders, and those that Spark and Hive read as
 * hidden (_SUCCESS, _metadata); and what is being written or noted by a run of our own.
 */
const HIDDEN = /^[._]|\.partial(?:\.json|\.lock)?$/

/**
 * Links to files are followed: the cache of the Hub is made of those. Links to directories are not,
 * as they may lead in a circle.
 *
 * @param isInput whether a file's name says that it is one
 */
export function filesIn(directory: string, isInput: (path: string) => boolean): DirectoryFiles {
  const found: string[] = []
  const visit = (folder: string): void => {
    for (const entry of readdirSync(path.join(directory, folder), { withFileTypes: true })) {
      if (HIDDEN.test(entry.name)) continue
      const name = path.join(folder, entry.name)
      // A link that leads nowhere is an input that is missing, which is said when it is read.
      const isFile = entry.isFile() || (entry.isSymbolicLink() && !isDirectoryAt(path.join(directory, name)))
      if (entry.isDirectory()) visit(name)
      else if (isFile) found.push(name)
    }
  }
  visit('')
  const bytes = new Map(found.map((name) => [name, Buffer.from(name.replaceAll(path.sep, '/'))]))
  const none = Buffer.alloc(0)
  found.sort((a, b) => Buffer.compare(bytes.get(a) ?? none, bytes.get(b) ?? none))
  const paths = found.map((name) => path.join(directory, name))
  return { inputs: paths.filter(isInput), others: paths.filter((each) => !isInput(each)) }
}

function isDirectoryAt(file: string): boolean {
  return statSync(file, { throwIfNoEntry: false })?.isDirectory() === true
}
