// The manifests that a worker has open, each with its model: opened and loaded once, for all shards.

import type { Model2VecEmbeddingFunction } from '../../embedding-function.js'
import { Model2VecError } from '../../errors.js'
import { orAborted } from '../../runtime/abort.js'
import { openManifest } from '../shards/manifest.js'
import type { Manifest } from '../shards/manifest.js'
import { loadShardModel } from '../shards/run-shard.js'
import { retried } from './failure.js'
import type { ShardJobData } from './shard-job.js'

/** A worker has the shards of few runs at once. Of more, the one that was not needed longest goes. */
const MOST_OPEN = 4

/** A manifest with its model. */
export interface OpenShards {
  readonly manifest: Manifest
  readonly model: Model2VecEmbeddingFunction
}

export interface OpenShardsOptions {
  /** The path of the manifest here, whatever jobs say. */
  readonly manifest: string | undefined
  readonly base: string | undefined
  readonly threads: number | undefined
  readonly cacheDir: string | undefined
  readonly endpoint: string | undefined
}

interface Entry {
  readonly opened: Promise<OpenShards>
  /** Shards that are being done with it. */
  users: number
}

export class OpenManifests {
  readonly #options: OpenShardsOptions
  /** By their hashes, the one that was needed last at the end. */
  readonly #entries = new Map<string, Entry>()

  constructor(options: OpenShardsOptions) {
    this.#options = options
  }

  /**
   * Calls `work` with the manifest of a job, and its model.
   *
   * @throws Retried where it can't be opened, or the file is another manifest than the job's; what
   * `work` throws
   */
  async use<T>(
    data: ShardJobData,
    signal: AbortSignal | undefined,
    work: (open: OpenShards) => Promise<T>,
  ): Promise<T> {
    const { sha256 } = data
    const entry = this.#entries.get(sha256) ?? this.#entryOf(data)
    this.#entries.delete(sha256)
    this.#entries.set(sha256, entry)
    entry.users++
    try {
      return await work(await retried(() => orAborted(entry.opened, signal)))
    } finally {
      entry.users--
      this.#closeOld()
    }
  }

  #entryOf(data: ShardJobData): Entry {
    const entry = { opened: this.#open(data), users: 0 }
    // What could not be opened is tried anew by the next job.
    entry.opened.catch(() => {
      if (this.#entries.get(data.sha256) === entry) this.#entries.delete(data.sha256)
    })
    return entry
  }

  async #open({ manifest: given, sha256 }: ShardJobData): Promise<OpenShards> {
    const { manifest: own = given, base, ...options } = this.#options
    const manifest = await openManifest(own, { base })
    try {
      if (manifest.sha256 !== sha256) {
        const message = `${own}: expected the manifest with the SHA-256 ${sha256}, but got ${manifest.sha256}`
        throw new Model2VecError('ERR_BAD_MANIFEST', message)
      }
      return { manifest, model: await loadShardModel(manifest, options) }
    } catch (error) {
      await manifest.close()
      throw error
    }
  }

  #closeOld(): void {
    for (const [key, { opened, users }] of this.#entries) {
      if (this.#entries.size <= MOST_OPEN) return
      if (users > 0) continue
      this.#entries.delete(key)
      void opened.then(close, () => undefined)
    }
  }
}

async function close({ manifest, model }: OpenShards): Promise<void> {
  model.close()
  await manifest.close()
}
