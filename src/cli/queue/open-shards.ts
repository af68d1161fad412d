// The manifest of a shard, and its model, which is loaded once for all shards of a manifest.

import type { Model2VecEmbeddingFunction } from '../../embedding-function.js'
import { Model2VecError } from '../../errors.js'
import { orAborted } from '../../runtime/abort.js'
import { openManifest } from '../shards/manifest.js'
import type { Manifest } from '../shards/manifest.js'
import { loadShardModel } from '../shards/run-shard.js'
import { retried } from './failure.js'
import type { ShardJobData } from './shard-job.js'

/** A worker has the shards of few manifests at once. Of more, the model that was not needed longest goes. */
const MOST_MODELS = 4

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
  readonly loaded: Promise<Model2VecEmbeddingFunction>
  /** Shards that are being done with it. */
  users: number
}

export class ShardModels {
  readonly #options: OpenShardsOptions
  /** By the hashes of their manifests, the one that was needed last at the end. */
  readonly #entries = new Map<string, Entry>()

  constructor(options: OpenShardsOptions) {
    this.#options = options
  }

  /**
   * Calls `work` with the manifest of a job, which is open for so long, and its model.
   *
   * @throws Retried where one of them can't be had, or the manifest is another than the job's; what
   * `work` throws
   */
  async use<T>(
    { manifest: given, sha256 }: ShardJobData,
    signal: AbortSignal | undefined,
    work: (open: OpenShards) => Promise<T>,
  ): Promise<T> {
    const { manifest: file = given, base } = this.#options
    const manifest = await retried(() => openManifest(file, { base }))
    try {
      return await this.#withModel(manifest, sha256, async (loaded) => {
        const model = await retried(() => orAborted(loaded, signal))
        return work({ manifest, model })
      })
    } finally {
      await manifest.close()
    }
  }

  async #withModel<T>(
    manifest: Manifest,
    sha256: string,
    work: (loaded: Promise<Model2VecEmbeddingFunction>) => Promise<T>,
  ): Promise<T> {
    if (manifest.sha256 !== sha256) {
      const message = `${manifest.path}: expected the manifest with the SHA-256 ${sha256}, but got ${manifest.sha256}`
      return retried(() => Promise.reject(new Model2VecError('ERR_BAD_MANIFEST', message)))
    }
    const entry = this.#entries.get(sha256) ?? this.#load(manifest)
    this.#entries.delete(sha256)
    this.#entries.set(sha256, entry)
    entry.users++
    try {
      return await work(entry.loaded)
    } finally {
      entry.users--
      this.#closeOld()
    }
  }

  #load(manifest: Manifest): Entry {
    const { threads, cacheDir, endpoint } = this.#options
    const entry = { loaded: loadShardModel(manifest, { threads, cacheDir, endpoint }), users: 0 }
    // What could not be loaded is tried anew by the next job.
    entry.loaded.catch(() => {
      if (this.#entries.get(manifest.sha256) === entry) this.#entries.delete(manifest.sha256)
    })
    return entry
  }

  #closeOld(): void {
    for (const [key, { loaded, users }] of this.#entries) {
      if (this.#entries.size <= MOST_MODELS) return
      if (users > 0) continue
      this.#entries.delete(key)
      loaded.then(
        (model) => {
          model.close()
        },
        () => undefined,
      )
    }
  }
}
