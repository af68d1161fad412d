// A process that loads mutants of model directories and uses them: `node loads.js FROM TO`. Mutant n is
// the same in each run. It prints a line before each mutant and one after it: its watcher has to know which
// one does not end.

import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'

import { isModel2VecError, Model2VecEmbeddingFunction, Model2VecPipeline } from 'model2vec-node'
import type { LoadOptions } from 'model2vec-node'

import { bounded } from '../fuzz/limits.js'
import { assertTyped } from '../fuzz/outcome.js'
import { bases } from './bases.js'
import { mutate } from './mutate.js'
import type { Directory } from './mutate.js'
import { Random } from './random.js'

const TEXTS = [
  '',
  '   ',
  'hello world',
  '\u00dcn\u00ef \u65e5\u672c \u{1f600}\0\u0301 [UNK] <unk> ab abc',
  'the quick brown fox, 42! '.repeat(50),
]
const OPTIONS: readonly [LoadOptions, ...LoadOptions[]] = [
  {},
  {},
  { memory: 'copy' },
  { memory: 'map' },
  { quantizeTo: 'float16' },
  { quantizeTo: 'int8', memory: 'map' },
  { dimensionality: 1 },
  { maxLength: null, normalize: false },
]

const models = bases()
const scratch = mkdtempSync(path.join(os.tmpdir(), 'model2vec-mutants-'))
process.on('exit', () => {
  rmSync(scratch, { recursive: true, force: true })
})

async function main(from: number, to: number): Promise<void> {
  // What the first load of a process sets up is none of a mutant's.
  for (const { files } of models) await use(files, new Random(0))
  for (let number = from; number < to; number++) {
    const random = new Random(number)
    const base = models[number % models.length]
    const files: Directory = new Map(base?.files)
    const changes = Array.from({ length: 1 + random.below(3) }, () => mutate(files, random))
    console.log(JSON.stringify({ number, mutant: `${base?.name ?? ''}: ${changes.join('; ')}` }))
    let fault: string | null = null
    let outcome = ''
    try {
      outcome = await use(files, random)
    } catch (error) {
      const { message, cause } = error as Error
      fault = cause instanceof Error ? `${message}: ${String(cause.stack)}` : message
    }
    console.log(JSON.stringify({ number, outcome, fault }))
  }
}

/** @returns the code of the error, or 'loaded' */
async function use(files: Directory, random: Random): Promise<string> {
  const folder = path.join(scratch, 'model')
  const bytes = write(folder, files)
  const options = random.pick(OPTIONS)
  const isPipeline = files.has('head.safetensors') && random.below(2) === 0
  const isSync = random.below(2) === 0
  try {
    return await bounded(bytes, async () => {
      const codes = new Set<string>()
      const attempt = async (work: () => unknown): Promise<void> => {
        try {
          await work()
        } catch (error) {
          assertTyped(error)
          codes.add(isModel2VecError(error) ? error.code : 'another error')
        }
      }
      await attempt(async () => {
        if (isPipeline) {
          const pipeline = isSync
            ? new Model2VecPipeline(folder, options)
            : await Model2VecPipeline.load(folder, options)
          await attempt(() => pipeline.predictSync(TEXTS))
          await attempt(() => pipeline.predictProba(TEXTS))
          pipeline.close()
          return
        }
        const ef = isSync
          ? new Model2VecEmbeddingFunction(folder, options)
          : await Model2VecEmbeddingFunction.load(folder, options)
        await attempt(() => ef.encodeSync(TEXTS))
        await attempt(() => ef.encode(TEXTS, { maxLength: 3 }))
        await attempt(() => ef.tokenizeSync(TEXTS))
        await attempt(() => ef.encodeAsSequence(TEXTS))
        await attempt(() => ef.embedding(0))
        await attempt(() => ef.embedding(ef.tokens.length - 1))
        ef.close()
      })
      return [...codes].join(', ') || 'loaded'
    })
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** @returns how many bytes the files have */
function write(folder: string, files: Directory): number {
  mkdirSync(folder)
  let bytes = 0
  for (const [name, content] of files) {
    const file = path.join(folder, name)
    if (content === 'folder') mkdirSync(file)
    else if (content === 'loop') symlinkSync(name, file)
    else {
      writeFileSync(file, content)
      bytes += content.length
    }
  }
  return bytes
}

void main(Number(process.argv[2]), Number(process.argv[3]))
