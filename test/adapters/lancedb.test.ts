// model2vec-node/lancedb and /arrow on a real LanceDB, on disk: 0.37 in this Node, 0.39 in Node 22,
// which it asks for.

import { mkdtempSync, rmSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'

import { Model2VecEmbeddingFunction, Model2VecPipeline } from 'model2vec-node'
import type { Dtype, EmbeddingMatrix } from 'model2vec-node'

import { headPath } from '../heads.js'
import { corpus, SMALL } from '../test-data.js'
import { nodeOf, runProgram, testWithPeers } from './peers.js'
import { documentEmbedder } from './programs/document-embedder.js'

const TEXTS = [...new Set(corpus('docs_en').slice(0, 100))]
const QUERY = 'the history of a town'

interface Found {
  rows: { text: string; vector: number[] }[]
  found: string[]
}
interface Result {
  readonly float32: Found
  readonly float16: Found
  readonly columns_float32: Found
  readonly columns_float16: Found
  readonly plainly: Record<string, string[]>
  readonly loads: number
  readonly pipeline: unknown
  readonly loaded: Record<'reduced' | 'pending' | 'projection', Found['rows']>
  readonly options: Readonly<Record<'kept' | 'variable' | 'same' | 'other' | 'loaded' | 'nothing', unknown>>
  readonly secrets: { readonly refused: { readonly message: string }; readonly kept: string }
}

const PROJECTION = headPath('projection')

const byText = (a: { text: string }, b: { text: string }): number => (a.text < b.text ? -1 : 1)

for (const [version, node] of [
  ['0.37', 20],
  ['0.39', 22],
] as const) {
  testWithPeers(
    `LanceDB ${version} embeds with the model; another process opens, searches, appends and merges`,
    async (t) => {
      const folder = mkdtempSync(path.join(os.tmpdir(), 'model2vec-lancedb-'))
      t.teardown(() => {
        rmSync(folder, { recursive: true, force: true })
      })
      const ef = new Model2VecEmbeddingFunction(SMALL, { normalize: true })
      const query = (await ef.encode([QUERY])).row(0)
      const expected = async (texts: readonly string[], dtype: Dtype): Promise<Found> => {
        const matrix: EmbeddingMatrix<Dtype> = await ef.encode(texts, { dtype })
        const rows = matrix.toArray().map((vector, i) => ({ text: texts[i] ?? '', vector }))
        const score = ({ vector }: { vector: number[] }): number =>
          vector.reduce((sum, x, i) => sum + x * (query[i] ?? NaN), 0)
        const found = [...rows]
          .sort((a, b) => score(b) - score(a))
          .slice(0, 3)
          .map(({ text }) => text)
        return { rows: rows.sort(byText), found }
      }
      for (const action of ['make', 'open'] as const) {
        const settings = { version, folder, directory: SMALL, head: PROJECTION, texts: TEXTS, query: QUERY, action }
        const result = await runProgram<Result>('lancedb', settings, { node: nodeOf(node) })
        for (const dtype of ['float32', 'float16'] as const) {
          t.deepEqual(
            result[dtype],
            await expected(action === 'make' ? TEXTS.slice(0, -2) : TEXTS, dtype),
            `${action} ${dtype}`,
          )
          // By L2, the default: of vectors of length 1 the order is the same.
          t.deepEqual(result.plainly[dtype], result[dtype].found)
          t.deepEqual(result[`columns_${dtype}`], await expected(TEXTS, dtype), `${action} columns of ${dtype}`)
        }
        // LanceDB makes a function for each `add` and each search; all have the same options.
        t.is(result.loads, 1, action)
        const turned = await documentEmbedder(new Model2VecEmbeddingFunction(SMALL)).encodeDocuments(TEXTS.slice(0, -2))
        const rows = turned.map((row, i) => ({ text: TEXTS[i] ?? '', vector: [...row] }))
        if (action === 'make') t.deepEqual(result.pipeline, rows.sort(byText))
        else t.like(result.pipeline, { code: 'ERR_INVALID_OPTION' })
        // Opened without a source: the second row is embedded as the first.
        const sources = {
          reduced: new Model2VecEmbeddingFunction(SMALL, {
            ...{ vocabularyQuantization: 50, quantizeTo: 'int8', dimensionality: 16, maxLength: null },
          }),
          pending: new Model2VecEmbeddingFunction(SMALL, { vocabularyQuantization: 40, normalize: false }),
          projection: new Model2VecPipeline(PROJECTION),
        }
        for (const [name, source] of Object.entries(sources)) {
          const given = TEXTS.slice(0, action === 'make' ? 1 : 2)
          const vectors = (await source.encode(given)).toArray()
          const own = vectors.map((vector, i) => ({ text: given[i] ?? '', vector })).sort(byText)
          t.deepEqual(result.loaded[name as keyof typeof sources], own, `${action} ${name}`)
        }
        t.deepEqual(result.options.kept, { model: SMALL, maxLength: null })
        t.deepEqual(result.options.variable, { model: SMALL, cacheDir: '$var:cache' })
        t.like(result.options.same, { message: 'resolved' })
        for (const failure of [result.options.other, result.options.loaded, result.options.nothing]) {
          t.like(failure, { code: 'ERR_INVALID_OPTION' })
        }
        t.regex(result.secrets.refused.message, /"token" is sensitive/)
        t.regex(result.secrets.kept, /\$var:token/)
        t.notRegex(result.secrets.kept, /hf_secret/)
      }
    },
  )
}
