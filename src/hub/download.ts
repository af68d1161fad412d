// One file: fetched into a partial file, on from where a dropped connection left it, checked, and
// then a blob.

import { createHash } from 'node:crypto'

import { throwIfAborted } from '../runtime/abort.js'
import { bodyReader, isEncoded } from './fetch-function.js'
import { fileUrl } from './answers.js'
import type { HubFile } from './answers.js'
import { PartialFile } from './partial-download.js'
import { ask, http } from './request.js'
import type { Hub } from './request.js'
import { PassingFailure, withRetries } from './retry.js'

/** The most bytes of a file whose size the Hub doesn't say. */
const LARGEST_UNSIZED = 2 ** 32

/** How often bytes that are not the file's are fetched again. */
const WRONG_BYTES_TRIES = 2

/**
 * Fetches a file of a commit, and checks it. The caller moves it to its place.
 *
 * What was fetched stays when the connection or the caller ends the download, for the next; not
 * when the disk is full, nor when a file of unknown size is too large.
 *
 * @param report gets the number of bytes so far; an exception of it ends the download
 */
export async function downloadBlob(
  hub: Hub,
  commit: string,
  file: HubFile,
  blobs: string,
  signal: AbortSignal,
  report: (loaded: number) => void,
): Promise<PartialFile> {
  const partial = await PartialFile.open(blobs, file.etag, hashOf(file, 0) !== null)
  try {
    let reached = partial.size
    let wrongBytes = 0
    await withRetries(
      signal,
      async () => {
        const received = (): void => {
          reached = Math.max(reached, partial.size)
          report(partial.size)
        }
        if (file.size === null || partial.size < file.size)
          await fetchRest(hub, commit, file, partial, signal, received)
        const wrong = await whatIsWrong(file, partial)
        if (wrong === null) return
        await partial.restart()
        const failure = http(`${fileUrl(hub, commit, file.name)}: ${wrong}`)
        if (++wrongBytes >= WRONG_BYTES_TRIES) throw failure
        throw new PassingFailure(failure)
      },
      () => (reached === file.size ? Infinity : reached),
    )
    return partial
  } catch (error) {
    await partial.close()
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ENOSPC' || code === 'EDQUOT' || partial.size === 0) await partial.remove()
    throw error
  }
}

async function fetchRest(
  hub: Hub,
  commit: string,
  file: HubFile,
  partial: PartialFile,
  signal: AbortSignal,
  received: () => void,
): Promise<void> {
  const from = partial.size
  const url = fileUrl(hub, commit, file.name)
  const request = { method: 'GET', url, file: file.name, ...(from > 0 && { from }) } as const
  await ask(hub, request, signal, async (answer, read) => {
    const range = answer.status === 206 && !isEncoded(answer.headers) ? answer.headers.get('content-range') : null
    const isRest = range?.startsWith(`bytes ${from}-`) === true
    if (from > 0 && !isRest) {
      await partial.restart()
      // 200 is the whole file, from a server that doesn't know ranges.
      if (answer.status !== 200) throw new PassingFailure(http(`${url}: no bytes from ${from} on`))
    }
    const next = bodyReader(answer)
    for (;;) {
      const bytes = await read(next(), () => ` after ${partial.size} of ${file.size ?? 'an unknown number of'} bytes`)
      if (bytes === null) break
      throwIfAborted(signal)
      await partial.append(bytes)
      received()
      if (partial.size > (file.size ?? Infinity)) break
      if (partial.size > LARGEST_UNSIZED && file.size === null) {
        // Nobody goes on from there.
        await partial.restart()
        throw http(`${url}: expected at most ${LARGEST_UNSIZED} bytes of a file of unknown size, but got more`)
      }
    }
  })
  if (file.size !== null && partial.size < file.size) {
    throw new PassingFailure(
      http(`${url}: expected ${file.size} bytes, but the connection ended after ${partial.size}`),
    )
  }
}

/** What the bytes should be and are, or null. */
async function whatIsWrong(file: HubFile, partial: PartialFile): Promise<string | null> {
  if (file.size !== null && partial.size !== file.size) return `expected ${file.size} bytes, but got ${partial.size}`
  const hash = hashOf(file, partial.size)
  if (hash === null) return null
  for await (const bytes of partial.read()) hash.update(bytes)
  const digest = hash.digest('hex')
  return digest === file.etag.toLowerCase() ? null : `expected bytes with the hash ${file.etag}, but got ${digest}`
}

/**
 * The Hub's ETag is the SHA-256 of a large file, the git blob SHA-1 of another. Another server's
 * may be neither: null.
 */
function hashOf({ etag }: HubFile, size: number): ReturnType<typeof createHash> | null {
  if (/^[\da-f]{64}$/i.test(etag)) return createHash('sha256')
  return /^[\da-f]{40}$/i.test(etag) ? createHash('sha1').update(`blob ${size}\0`) : null
}
