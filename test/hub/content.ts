// What a test Hub has: repositories with commits and branches, their files addressed as git and the
// Hub address them.

import { createHash } from 'node:crypto'
import { readdirSync, readFileSync, statSync } from 'node:fs'
import path from 'node:path'

/** A file of a commit. */
export interface HubFile {
  readonly bytes: Buffer
  /** Git's name for the bytes; for a large file, for the pointer that git has in their place. */
  readonly oid: string
  /** Of a large file. */
  readonly sha256: string | null
}

export interface HubRepository {
  readonly id: string
  /** Branches and tags. */
  readonly refs: Map<string, string>
  readonly commits: Map<string, ReadonlyMap<string, HubFile>>
  /** The tokens with access; null = public. */
  readonly tokens: ReadonlySet<string> | null
  /** Whether access has to be asked for. */
  readonly isGated: boolean
}

export const COMMIT = '0123456789abcdef0123456789abcdef01234567'

/** A repository with one commit, on the branch `main`. */
export function repository(
  id: string,
  files: Readonly<Record<string, Buffer>>,
  { tokens = null, isGated = false }: { tokens?: readonly string[] | null; isGated?: boolean } = {},
): HubRepository {
  const commits = new Map([[COMMIT, commit(files)]])
  const access = tokens === null ? null : new Set(tokens)
  return { id, refs: new Map([['main', COMMIT]]), commits, tokens: access, isGated }
}

export function commit(files: Readonly<Record<string, Buffer>>): ReadonlyMap<string, HubFile> {
  return new Map(Object.entries(files).map(([name, bytes]) => [name, hubFile(name, bytes)]))
}

/** The files of a folder, by their names with `/`. */
export function filesOf(folder: string, prefix = ''): Record<string, Buffer> {
  const files: Record<string, Buffer> = {}
  for (const name of readdirSync(folder)) {
    const place = path.join(folder, name)
    if (statSync(place).isDirectory()) Object.assign(files, filesOf(place, `${prefix}${name}/`))
    else files[prefix + name] = readFileSync(place)
  }
  return files
}

/** The Hub stores tables, and whatever is large, outside git. */
function hubFile(name: string, bytes: Buffer): HubFile {
  if (!name.endsWith('.safetensors') && bytes.length < 10e6) return { bytes, oid: gitOid(bytes), sha256: null }
  const sha256 = createHash('sha256').update(bytes).digest('hex')
  const pointer = `version https://git-lfs.github.com/spec/v1\noid sha256:${sha256}\nsize ${bytes.length}\n`
  return { bytes, oid: gitOid(Buffer.from(pointer)), sha256 }
}

function gitOid(bytes: Buffer): string {
  return createHash('sha1').update(`blob ${bytes.length}\0`).update(bytes).digest('hex')
}
