// Whether a repository's table is one of a static model, found out from the first KB of it: the
// weights of a Transformer have 90 MB and more, and would be fetched in vain.

import { readFile } from 'node:fs/promises'

import { Model2VecError } from '../errors.js'
import { Buffer } from '../runtime/node-globals.js'
import { fileUrl } from './answers.js'
import type { HubFile } from './answers.js'
import { bodyReader, isEncoded } from './fetch-function.js'
import { ask } from './request.js'
import type { Hub } from './request.js'
import { withRetries } from './retry.js'

/** Enough for the header of a static model, and of most others. */
const FIRST_BYTES = 64 << 10
/** A header that is longer is left to the loader. */
const LONGEST_HEADER = 4 << 20
/** How many tensors a message names. */
const SHOWN_TENSORS = 3

/** What `config.json` says that a model is. */
interface ModelKind {
  /** Python's model2vec wrote it. */
  readonly isStatic: boolean
  /** For a message; null = it says nothing. */
  readonly name: string | null
}

/**
 * Checks that a table has the tensor of a static model, unless `config.json` says that it has. What
 * can't be read here is left to the loader, which says what is wrong with it.
 *
 * @param configFile where `config.json` was fetched to
 * @throws (rejects) Model2VecError ERR_BAD_SAFETENSORS; as {@link ask}
 */
export async function requireStaticModel(
  hub: Hub,
  commit: string,
  table: HubFile,
  tensor: string,
  configFile: string,
  signal: AbortSignal,
): Promise<void> {
  const kind = kindIn(await readFile(configFile, 'utf8').catch(() => ''))
  if (kind.isStatic || (table.size !== null && table.size <= FIRST_BYTES)) return
  const names = await tensorNames(hub, commit, table, signal)
  if (names === null || names.includes(tensor)) return
  const shown = names.slice(0, SHOWN_TENSORS).join(', ') + (names.length > SHOWN_TENSORS ? ', …' : '')
  throw new Model2VecError(
    'ERR_BAD_SAFETENSORS',
    `\`${hub.id}\` is no static model${kind.name === null ? '' : ` (its config.json says ${kind.name})`}: Model2Vec needs a tensor ` +
      `\`${tensor}\` in ${table.name}, which has ${names.length} others (${shown}); \`model2vec.distill\` of Python makes a static ` +
      'model of a Transformer',
  )
}

function kindIn(config: string): ModelKind {
  try {
    const { model_type, architectures } = JSON.parse(config) as { model_type?: unknown; architectures?: unknown }
    const names = [...(Array.isArray(architectures) ? (architectures as unknown[]) : []), model_type]
    const known = names.filter((name) => typeof name === 'string')
    return { isStatic: known.some((name) => name === 'StaticModel' || name === 'model2vec'), name: known[0] ?? null }
  } catch {
    return { isStatic: false, name: null }
  }
}

/** The names in a safetensors header, or null where there is none to be read. */
async function tensorNames(hub: Hub, commit: string, table: HubFile, signal: AbortSignal): Promise<string[] | null> {
  let bytes = await firstBytes(hub, commit, table.name, FIRST_BYTES, signal)
  if (bytes.length < 8) return null
  const length = bytes.readBigUInt64LE()
  if (length > LONGEST_HEADER) return null
  const end = 8 + Number(length)
  if (bytes.length < end) bytes = await firstBytes(hub, commit, table.name, end, signal)
  try {
    const header: unknown = JSON.parse(bytes.toString('utf8', 8, end))
    if (typeof header !== 'object' || header === null) return null
    return Object.keys(header).filter((name) => name !== '__metadata__')
  } catch {
    return null
  }
}

async function firstBytes(hub: Hub, commit: string, name: string, count: number, signal: AbortSignal): Promise<Buffer> {
  const request = { method: 'GET', url: fileUrl(hub, commit, name), file: name, from: 0, to: count - 1 } as const
  return withRetries(signal, () =>
    ask(hub, request, signal, async (answer, read) => {
      // A range of a compressed answer is not one of the file.
      if (answer.status === 416 || (answer.status === 206 && isEncoded(answer.headers))) return Buffer.alloc(0)
      const next = bodyReader(answer)
      const chunks: Uint8Array[] = []
      let size = 0
      // A server that knows no ranges sends the whole file.
      while (size < count) {
        const chunk = await read(next())
        if (chunk === null) break
        chunks.push(chunk)
        size += chunk.length
      }
      return Buffer.concat(chunks)
    }),
  )
}
