// What a queue has to know of a manifest.

import { openManifest } from '../shards/manifest.js'

export interface ManifestHead {
  /** How many shards there are. */
  readonly shards: number
  /** Of all of it, in hex. */
  readonly sha256: string
}

/** @throws Model2VecError ERR_BAD_MANIFEST; FileError when the file can't be read */
export async function headOf(file: string): Promise<ManifestHead> {
  const manifest = await openManifest(file)
  await manifest.close()
  const { shards, sha256 } = manifest
  return { shards, sha256 }
}
