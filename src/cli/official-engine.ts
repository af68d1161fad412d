// The official Rust engine in its own process: the executable `model2vec-verify` (crates/verify),
// which is in no package.

import { spawn } from 'node:child_process'
import type { ChildProcessByStdio } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'
import type { Readable, Writable } from 'node:stream'

import type { ModelInfo } from '../embedding-function.js'
import { readLines } from '../lines/read-lines.js'
import { packageRoot } from '../runtime/package-root.js'
import { wellFormed } from './well-formed.js'

const EXECUTABLE = process.platform === 'win32' ? 'model2vec-verify.exe' : 'model2vec-verify'

/** A file of this package. The command line is in no bundle. */
function inPackage(...names: readonly string[]): string {
  return path.join(packageRoot() ?? '', ...names)
}

/** It prints its version at once: a program that is silent for this long is another one. */
const SILENCE_MS = 10_000

/** The result of the official engine for some texts, compared with ours. */
export interface Comparison {
  /** Nanoseconds that its vectors took. */
  readonly ns: number
  /** The indexes of the texts that have different ids there. */
  readonly otherIds: readonly number[]
  /** Per text, the largest difference of a dimension; null = only one side has a number. */
  readonly differences: readonly (number | null)[]
}

/**
 * The file that MODEL2VEC_VERIFY_PATH names, else one built in this repository, else one on the
 * PATH; null = there is none.
 */
function executable(): string | null {
  const named = process.env.MODEL2VEC_VERIFY_PATH
  if (named !== undefined && named !== '') return path.resolve(named)
  const built = inPackage('target/verify', EXECUTABLE)
  const directories = (process.env.PATH ?? '').split(path.delimiter).filter((directory) => directory !== '')
  const places = [built, ...directories.map((directory) => path.join(directory, EXECUTABLE))]
  return places.find((place) => existsSync(place)) ?? null
}

export class OfficialEngine {
  readonly #file: string
  readonly #child: ChildProcessByStdio<Writable, Readable, null>
  readonly #lines: AsyncIterator<string>
  #failure: Error | null = null

  private constructor(file: string, threads: number) {
    this.#file = file
    const env = { ...process.env, RAYON_NUM_THREADS: String(threads), TOKENIZERS_PARALLELISM: 'true' }
    this.#child = spawn(file, { env, stdio: ['pipe', 'pipe', 'ignore'] })
    this.#child.on('error', (error) => (this.#failure = error))
    // If it does not read its input, it has ended: `#answer` says so.
    this.#child.stdin.on('error', () => undefined)
    this.#lines = readLines(this.#child.stdout)
  }

  /**
   * Starts the engine and has it load a model.
   *
   * @param ids how many ids the tokenizer can give
   * @throws Error when it isn't there, is of another version, or can't load the model
   */
  static async start(
    model: ModelInfo,
    subfolder: string | null,
    normalize: boolean,
    ids: number,
  ): Promise<OfficialEngine> {
    const { version, repository } = JSON.parse(readFileSync(inPackage('package.json'), 'utf8')) as {
      version: string
      repository: { url: string }
    }
    const url = repository.url.replace(/^git\+/, '')
    const command = `cargo install --git ${url} --tag v${version} --profile verify model2vec-verify`
    const file = executable()
    if (file === null) {
      throw new Error(
        `the official engine is not part of this package: \`${command}\` builds model2vec-verify and puts it where it is found; ` +
          'MODEL2VEC_VERIFY_PATH names one elsewhere',
      )
    }
    const engine = new OfficialEngine(file, model.threads)
    try {
      const found = await engine.#version()
      if (found !== version) throw new Error(`${file} is ${found}, but this package ${version}: \`${command}\``)
      await engine.#ask({ model: model.path, subfolder, normalize, ids })
    } catch (error) {
      engine.close()
      throw error
    }
    return engine
  }

  /** Has it compare our ids and vectors of some texts with its own. */
  async compare(
    texts: readonly string[],
    ids: readonly Uint32Array[],
    vectors: Float32Array,
    maxLength: number | null,
  ): Promise<Comparison> {
    // Rust has no string for a lone surrogate.
    const request = { texts: texts.map(wellFormed), ids: ids.map((each) => [...each]), maxLength }
    return this.#ask(request, new Uint8Array(vectors.buffer, vectors.byteOffset, vectors.byteLength))
  }

  close(): void {
    this.#child.stdin.end()
    this.#child.kill()
  }

  async #version(): Promise<string> {
    let silence: NodeJS.Timeout | undefined
    const silent = new Promise<never>((_, reject) => {
      silence = setTimeout(() => {
        reject(new Error(`${this.#file} is not model2vec-verify: it prints nothing`))
      }, SILENCE_MS)
    })
    try {
      const { version } = await Promise.race([this.#answer<{ version?: unknown }>(), silent])
      if (typeof version === 'string') return version
    } finally {
      clearTimeout(silence)
    }
    throw new Error(`${this.#file} is not model2vec-verify: it does not print its version`)
  }

  async #ask<Answer>(request: object, bytes: Uint8Array = new Uint8Array(0)): Promise<Answer> {
    const { stdin } = this.#child
    stdin.write(`${JSON.stringify(request)}\n`)
    // Resolves also where the write fails: then there is no answer.
    await new Promise<void>((resolve) =>
      stdin.write(bytes, () => {
        resolve()
      }),
    )
    return this.#answer<Answer>()
  }

  async #answer<Answer>(): Promise<Answer> {
    const line = await this.#lines.next()
    if (line.done === true) throw this.#failure ?? new Error(`${this.#file} ended without an answer`)
    let answer: Answer & { error?: string }
    try {
      answer = JSON.parse(line.value) as typeof answer
    } catch (cause) {
      throw new Error(`${this.#file} is not model2vec-verify: it printed ${JSON.stringify(line.value.slice(0, 40))}`, {
        cause,
      })
    }
    if (answer.error !== undefined) throw new Error(`model2vec-rs: ${answer.error}`)
    return answer
  }
}
