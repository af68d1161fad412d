// Unpacks zstd that is in memory: by Node where it can, else by the native module.

import zlib from 'node:zlib'

import { native } from '../../native/load.js'

/** Not there in Node 20, and before 22.15 and 23.8. */
const { zstdDecompressSync } = zlib as { readonly zstdDecompressSync?: typeof zlib.gunzipSync }

/** @param length that of the unpacked bytes. @throws Error when the bytes are broken, or have another length then */
export function unpackZstd(bytes: Uint8Array, length: number): Uint8Array {
  // Some writers pack nothing to nothing.
  if (length === 0 && bytes.length === 0) return new Uint8Array()
  const unpacked =
    zstdDecompressSync === undefined
      ? native().unpackZstd(bytes, length)
      : zstdDecompressSync(bytes, { maxOutputLength: Math.max(1, length) })
  if (unpacked?.length !== length) throw new Error('broken zstd data')
  return unpacked
}
