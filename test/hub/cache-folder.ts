// A Hub cache of a test: an empty folder, and what is in it afterwards.

import { mkdtempSync, readdirSync, readFileSync, statSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'

export function emptyCache(): string {
  return mkdtempSync(path.join(os.tmpdir(), 'model2vec-hub-'))
}

/** The files of a cache, links followed, without `.locks`. */
export function filesIn(cache: string): string[] {
  const names = readdirSync(cache, { recursive: true, encoding: 'utf8' })
  return names.filter((name) => !name.startsWith('.locks') && isFile(path.join(cache, name))).sort()
}

function isFile(place: string): boolean {
  return statSync(place, { throwIfNoEntry: false })?.isFile() === true
}

/** The files of a snapshot, for a comparison. */
export function snapshotFiles(cache: string, id: string, commit: string): Record<string, Buffer> {
  const folder = path.join(cache, `models--${id.replace('/', '--')}`, 'snapshots', commit)
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) =>
    isFile(path.join(folder, name)),
  )
  return Object.fromEntries(names.map((name) => [name.replaceAll('\\', '/'), readFileSync(path.join(folder, name))]))
}

/**
 * Seconds in which a busy machine answers for certain. The default, 10, can pass while a process
 * waits for a core.
 */
export const PATIENCE = '300'

/**
 * Nothing of this machine's own settings of the Hub counts in a test. Call it before models are
 * loaded.
 */
export function forgetEnvironment(): void {
  for (const name of Object.keys(process.env)) {
    if (/^(?:HF_|HUGGING_?FACE_|TRANSFORMERS_OFFLINE$)|_proxy$/i.test(name)) Reflect.deleteProperty(process.env, name)
  }
  process.env.HF_HOME = emptyCache()
  process.env.HF_HUB_DOWNLOAD_TIMEOUT = PATIENCE
}
