// The questions to the Hub before a download: the commit of a revision with its files, and each
// file's size and hash.

import { Buffer, URL } from '../runtime/node-globals.js'
import { bodyReader, isEncoded } from './fetch-function.js'
import type { FetchResponse } from './fetch-function.js'
import { isCommit } from './cache.js'
import { ask, http } from './request.js'
import type { Hub, Read } from './request.js'
import { withRetries } from './retry.js'

/** The most bytes of an answer in JSON: a repository of 100,000 files takes about 8 MB. */
const LARGEST_JSON = 64 << 20

/** A revision of a model on the Hub. */
export interface Revision {
  readonly commit: string
  /** The names of its files, with `/`. */
  readonly files: ReadonlySet<string>
}

/** A file of a commit. */
export interface HubFile {
  readonly name: string
  /**
   * The name of its blob: its SHA-256 or git SHA-1 in hexadecimal, where the Hub is the real one.
   */
  readonly etag: string
  /** In bytes; null = the Hub doesn't say. */
  readonly size: number | null
}

/** GET /api/models/<id>/revision/<revision>. */
export async function askRevision(hub: Hub, signal: AbortSignal): Promise<Revision> {
  const url = `${hub.endpoint}/api/models/${hub.id}/revision/${encodeURIComponent(hub.revision)}`
  const text = await withRetries(signal, () =>
    ask(hub, { method: 'GET', url }, signal, (answer, read) => readText(url, answer, read)),
  )
  const { sha, siblings } = parse(url, text)
  if (!isCommit(sha) || !Array.isArray(siblings)) throw http(`${url}: expected \`sha\`, a commit, and \`siblings\``)
  const names = siblings.map((sibling: { rfilename?: unknown } | null) => sibling?.rfilename)
  return { commit: sha, files: new Set(names.filter((name) => typeof name === 'string')) }
}

async function readText(url: string, answer: FetchResponse, read: Read): Promise<string> {
  const next = bodyReader(answer)
  const chunks: Uint8Array[] = []
  let size = 0
  for (let chunk = await read(next()); chunk !== null; chunk = await read(next())) {
    size += chunk.length
    if (size > LARGEST_JSON)
      throw http(`${url}: expected the Hub's JSON of at most ${LARGEST_JSON} bytes, but got more`)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}

function parse(url: string, text: string): { sha?: unknown; siblings?: unknown } {
  try {
    const value: unknown = JSON.parse(text)
    if (typeof value === 'object' && value !== null) return value
  } catch {
    // Such as the page of a hotel's network.
  }
  throw http(`${url}: expected the Hub's JSON, but got something else`)
}

/** HEAD of the file; a large one's answer is a redirect that says what it leads to. */
export async function askFile(hub: Hub, commit: string, name: string, signal: AbortSignal): Promise<HubFile> {
  const url = fileUrl(hub, commit, name)
  const home = new URL(hub.endpoint).origin
  const isAnswer = (redirect: FetchResponse, next: URL): boolean =>
    redirect.headers.has('x-linked-etag') || next.origin !== home
  return withRetries(signal, () =>
    // eslint-disable-next-line @typescript-eslint/require-await -- `use` is async
    ask(hub, { method: 'HEAD', url, file: name, isAnswer }, signal, async ({ headers, status }) => {
      const etag = blobName(headers.get('x-linked-etag') ?? headers.get('etag'))
      if (etag === null) throw http(`${url}: expected an ETag that can name a file`)
      // Of a compressed answer the length is not the file's.
      const length = status < 300 && !isEncoded(headers) ? headers.get('content-length') : null
      const size = headers.get('x-linked-size') ?? length
      return { name, etag, size: size !== null && /^\d+$/.test(size) ? Number(size) : null }
    }),
  )
}

export function fileUrl(hub: Hub, commit: string, name: string): string {
  return `${hub.endpoint}/${hub.id}/resolve/${commit}/${name.split('/').map(encodeURIComponent).join('/')}`
}

/** An ETag without quotes, as huggingface_hub names blobs; null when it is no plain file name. */
function blobName(etag: string | null): string | null {
  const name = etag?.replace(/^W\//, '').replaceAll('"', '')
  return name !== undefined && /^[\w-][\w.-]{0,127}$/.test(name) ? name : null
}
