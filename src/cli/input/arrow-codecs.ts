// What unpacks the buffers of Arrow files: LZ4, with which pandas packs them, and zstd.

import zlib from 'node:zlib'

import type { Codec } from 'apache-arrow'

import { Model2VecError } from '../../errors.js'
import { native } from '../../native/load.js'
import type { Arrow } from './arrow-types.js'

type Decode = NonNullable<Codec['decode']>

/** Not there in Node 20, and before 22.15 and 23.8. */
const { zstdDecompressSync } = zlib as { readonly zstdDecompressSync?: typeof zlib.gunzipSync }

/** Makes apache-arrow read packed files. */
export async function registerCodecs({ compressionRegistry, CompressionType }: Arrow): Promise<void> {
  const zstd = zstdDecompressSync ?? (await zstdOfPackage())
  compressionRegistry.set(CompressionType.LZ4_FRAME, { decode: (bytes) => aligned(decodeLz4(bytes)) })
  compressionRegistry.set(CompressionType.ZSTD, { decode: (bytes) => aligned(zstd(bytes)) })
}

/** The library makes arrays of 64-bit integers of them, which begin at a multiple of 8 only. */
function aligned(bytes: Uint8Array): Uint8Array {
  return bytes.byteOffset % 8 === 0 ? bytes : Uint8Array.prototype.slice.call(bytes)
}

function decodeLz4(frame: Uint8Array): Uint8Array {
  const bytes = native().unpackLz4(frame)
  if (bytes === null) throw new Error('broken LZ4 data')
  return bytes
}

async function zstdOfPackage(): Promise<Decode> {
  try {
    const { decompressZstd } = await import('hyparquet-compressors')
    return (bytes) => decompressZstd(bytes)
  } catch {
    return () => {
      throw new Model2VecError(
        'ERR_NOT_INSTALLED',
        `its buffers are packed with zstd, which Node 22.15 and later unpacks, but this is ${process.version}: ` +
          'run `npm install hyparquet-compressors`',
      )
    }
  }
}
