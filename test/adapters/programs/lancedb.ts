// Makes a table with LanceDB that embeds its texts, or opens it in another process: both print what
// they find.

import os from 'node:os'
import path from 'node:path'
import { pathToFileURL } from 'node:url'

import type * as arrowModule from 'apache-arrow'
import { Model2VecEmbeddingFunction, Model2VecPipeline } from 'model2vec-node'
import { fixedSizeList, recordBatch } from 'model2vec-node/arrow'
import { registerModel2Vec } from 'model2vec-node/lancedb'
import type { Embedder, EmbeddingSource, LanceModule } from 'model2vec-node/lancedb'

import { documentEmbedder } from './document-embedder.js'
import { failureOf, input, peer, print } from './program.js'

interface Row {
  text: string
  vector: Iterable<number>
  _distance: number
}
interface Query {
  distanceType(type: string): Query
  limit(count: number): Query
  where(condition: string): Query
  toArray(): Promise<Row[]>
}
interface Table {
  add(rows: unknown): Promise<unknown>
  mergeInsert(on: string): {
    whenMatchedUpdateAll(): { whenNotMatchedInsertAll(): { execute(rows: unknown): Promise<unknown> } }
  }
  query(): Query
  search(query: string, type?: string): Query
  vectorSearch(query: Float32Array): Query
  schema(): Promise<{ metadata: Map<string, string> }>
}
interface Lance extends LanceModule {
  connect(folder: string): Promise<{
    createTable(name: string, rows: unknown, options?: object): Promise<Table>
    createEmptyTable(name: string, schema: unknown): Promise<Table>
    openTable(name: string): Promise<Table>
  }>
  embedding: Omit<LanceModule['embedding'], 'getRegistry'> & {
    LanceSchema(fields: object): unknown
    getRegistry(): { get(name: string): unknown; setVar(name: string, value: string): void }
  }
}
interface Fields {
  ndims(): number
  sourceField(): unknown
  vectorField(options?: object): unknown
}

interface Input {
  version: string
  folder: string
  directory: string
  /** A directory of a pipeline. */
  head: string
  texts: string[]
  query: string
  action: 'make' | 'open'
}

const rowsOf = (rows: Row[]): { text: string; vector: number[] }[] =>
  rows.map(({ text, vector }) => ({ text, vector: [...vector] })).sort((a, b) => (a.text < b.text ? -1 : 1))

type Database = Awaited<ReturnType<Lance['connect']>>

/** A table of a pipeline's vectors: the process that opens it has to pass the pipeline again. */
async function ofPipeline(
  lancedb: Lance,
  db: Database,
  action: string,
  ef: Model2VecEmbeddingFunction,
  rows: object[],
): Promise<unknown> {
  if (action === 'open') {
    registerModel2Vec(lancedb, 'pipeline')
    const table = await db.openTable('pipeline')
    return failureOf(Promise.resolve().then(() => table.add(rows)))
  }
  const embed = (await registerModel2Vec(lancedb, 'pipeline', documentEmbedder(ef)).create()) as unknown as Fields
  const schema = lancedb.embedding.LanceSchema({ text: embed.sourceField(), vector: embed.vectorField() })
  const table = await db.createEmptyTable('pipeline', schema)
  await table.add(rows)
  return rowsOf(await table.query().limit(1000).toArray())
}

/** Sources that are loaded, with options that vectors depend on. */
const LOADED: Record<string, (directory: string, head: string) => Promise<Embedder>> = {
  reduced: (directory) =>
    Model2VecEmbeddingFunction.load(directory, {
      ...{ vocabularyQuantization: 50, quantizeTo: 'int8', dimensionality: 16, maxLength: null },
    }),
  // Pending until the registry's `create` embeds.
  pending: (directory) =>
    Promise.resolve(new Model2VecEmbeddingFunction(directory, { vocabularyQuantization: 40, normalize: false })),
  projection: (_, head) => Model2VecPipeline.load(head),
}

/**
 * Tables of sources that were loaded: the process that opens them passes none. Returns the rows, of
 * which one is added in each process.
 */
async function ofLoaded(lancedb: Lance, db: Database, { action, directory, head, texts }: Input): Promise<unknown> {
  const all: Record<string, unknown> = {}
  for (const [name, load] of Object.entries(LOADED)) {
    if (action === 'make') {
      const source = await load(directory, head)
      const embed = (await registerModel2Vec(lancedb, name, source).create()) as unknown as Fields
      const schema = lancedb.embedding.LanceSchema({ text: embed.sourceField(), vector: embed.vectorField() })
      await db.createEmptyTable(name, schema)
    } else registerModel2Vec(lancedb, name)
    const table = await db.openTable(name)
    await table.add([{ text: texts[action === 'make' ? 0 : 1] }])
    all[name] = rowsOf(await table.query().limit(10).toArray())
  }
  return all
}

/** What is kept of options, and what of them another source under the name is. */
async function options(lancedb: Lance, model: string): Promise<unknown> {
  const json = async (given: object): Promise<unknown> => {
    const embed = (await registerModel2Vec(lancedb, 'options').create(given)) as { toJSON(): unknown }
    return embed.toJSON()
  }
  const { signal } = new AbortController()
  const machine = { signal, onProgress: () => undefined, forceDownload: false, threads: 1, memory: 'copy' as const }
  const where = { cacheDir: os.tmpdir(), endpoint: 'https://example.org' }
  const register = (source: EmbeddingSource): Promise<unknown> =>
    failureOf(Promise.resolve().then(() => registerModel2Vec(lancedb, 'taken', source)))
  registerModel2Vec(lancedb, 'taken', { model, normalize: true })
  lancedb.embedding.getRegistry().setVar('cache', os.tmpdir())
  return {
    kept: await json({ model, maxLength: null, ...machine, ...where }),
    variable: await json({ model, cacheDir: '$var:cache' }),
    same: await register({ normalize: true, model }),
    other: await register({ model }),
    loaded: await register(new Model2VecEmbeddingFunction(model, { normalize: true })),
    nothing: await failureOf(Promise.resolve().then(() => registerModel2Vec(undefined as never))),
  }
}

/** What LanceDB says of a token, and what it keeps of the name of one. */
async function secrets(lancedb: Lance, db: Database, model: string, action: string): Promise<unknown> {
  const registered = registerModel2Vec(lancedb, 'secrets')
  const refused = await failureOf(registered.create({ model, token: 'hf_secret' }))
  await registered.create({ model, token: undefined })
  lancedb.embedding.getRegistry().setVar('token', 'hf_secret')
  const embed = (await registered.create({ model, token: '$var:token' })) as unknown as Fields
  const schema = lancedb.embedding.LanceSchema({ text: embed.sourceField(), vector: embed.vectorField() })
  const table = await db.createEmptyTable(`secrets_${action}`, schema)
  await table.add([{ text: 'a dog' }])
  return { refused, kept: (await table.schema()).metadata.get('embedding_functions') }
}

async function main(given: Input): Promise<void> {
  const { version, folder, directory, texts, query, action } = given
  const lancedb = await peer<Lance>(`@lancedb/lancedb-${version}`)
  const arrow = await peer<typeof arrowModule>('apache-arrow')
  const load = Model2VecEmbeddingFunction.load.bind(Model2VecEmbeddingFunction)
  let loads = 0
  Model2VecEmbeddingFunction.load = ((...args: Parameters<typeof load>) => {
    loads++
    return load(...args)
  }) as typeof Model2VecEmbeddingFunction.load
  // Another working directory than the one in which the table was made.
  if (action === 'open') process.chdir(os.tmpdir())
  const db = await lancedb.connect(folder)
  // The table keeps the option, too: the process that opens it registers without.
  const registered = registerModel2Vec(lancedb, 'model2vec', action === 'make' ? { normalize: true } : {})
  // A second time: nothing happens.
  registerModel2Vec(lancedb)
  const first = texts.slice(0, -2).map((text) => ({ text }))
  const [appended = '', merged = ''] = texts.slice(-2)
  const ef = new Model2VecEmbeddingFunction(directory)
  if (action === 'make') {
    for (const [name, model, half] of [
      ['float32', pathToFileURL(directory), false],
      ['float16', path.relative('.', directory), true],
    ] as const) {
      const embed = (await registered.create({ model })) as unknown as Fields
      const datatype = half
        ? new arrow.FixedSizeList(embed.ndims(), new arrow.Field('item', new arrow.Float16(), true))
        : undefined
      const vector = datatype === undefined ? embed.vectorField() : embed.vectorField({ datatype })
      const schema = lancedb.embedding.LanceSchema({ text: embed.sourceField(), vector })
      const table = await db.createEmptyTable(name, schema)
      await table.add(first)
    }
    for (const dtype of ['float32', 'float16'] as const) {
      const vector = await ef.encode(texts, { dtype, normalize: true })
      const batch = recordBatch(arrow, { text: texts, vector: fixedSizeList(arrow, vector) })
      await db.createTable(`columns_${dtype}`, new arrow.Table([batch]))
    }
  }
  const result: Record<string, unknown> = {}
  const plainly: Record<string, string[]> = {}
  for (const name of ['float32', 'float16']) {
    const table = await db.openTable(name)
    if (action === 'open') {
      await table.add([{ text: appended }])
      await table
        .mergeInsert('text')
        .whenMatchedUpdateAll()
        .whenNotMatchedInsertAll()
        .execute([{ text: merged }])
    }
    // 0.39 takes a metric only where the kind of the search is said.
    const found = await table.search(query, 'vector').distanceType('cosine').limit(3).toArray()
    const plain = await table.search(query).limit(3).toArray()
    result[name] = { rows: rowsOf(await table.query().limit(1000).toArray()), found: found.map(({ text }) => text) }
    plainly[name] = plain.map(({ text }) => text)
    const columns = await db.openTable(`columns_${name}`)
    const asked = (await ef.encode([query])).row(0)
    const nearest = await columns.vectorSearch(asked).distanceType('cosine').limit(3).toArray()
    result[`columns_${name}`] = {
      rows: rowsOf(await columns.query().limit(1000).toArray()),
      found: nearest.map(({ text }) => text),
    }
  }
  const pipeline = await ofPipeline(lancedb, db, action, ef, first)
  const loaded = loads
  const others = { loaded: await ofLoaded(lancedb, db, given), options: await options(lancedb, directory) }
  print({
    ...result,
    ...others,
    plainly,
    loads: loaded,
    pipeline,
    secrets: await secrets(lancedb, db, directory, action),
  })
}

void main(input())
