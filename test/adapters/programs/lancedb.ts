// Makes a table with LanceDB that embeds its texts, or opens it in another process: both print what
// they find.

import type * as arrowModule from 'apache-arrow'
import { Model2VecEmbeddingFunction } from 'model2vec-node'
import { fixedSizeList, recordBatch } from 'model2vec-node/arrow'
import { registerModel2Vec } from 'model2vec-node/lancedb'
import type { LanceModule } from 'model2vec-node/lancedb'

import { input, peer, print } from './program.js'

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
}
interface Lance extends LanceModule {
  connect(folder: string): Promise<{
    createTable(name: string, rows: unknown, options?: object): Promise<Table>
    createEmptyTable(name: string, schema: unknown): Promise<Table>
    openTable(name: string): Promise<Table>
  }>
  embedding: LanceModule['embedding'] & { LanceSchema(fields: object): unknown }
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
  texts: string[]
  query: string
  action: 'make' | 'open'
}

const rowsOf = (rows: Row[]): { text: string; vector: number[] }[] =>
  rows.map(({ text, vector }) => ({ text, vector: [...vector] })).sort((a, b) => (a.text < b.text ? -1 : 1))

async function main({ version, folder, directory, texts, query, action }: Input): Promise<void> {
  const lancedb = await peer<Lance>(`@lancedb/lancedb-${version}`)
  const arrow = await peer<typeof arrowModule>('apache-arrow')
  const db = await lancedb.connect(folder)
  // The table keeps the option, too: the process that opens it registers without.
  const registered = registerModel2Vec(lancedb, 'model2vec', action === 'make' ? { normalize: true } : {})
  // A second time: nothing happens.
  registerModel2Vec(lancedb)
  const first = texts.slice(0, -2).map((text) => ({ text }))
  const [appended = '', merged = ''] = texts.slice(-2)
  const ef = new Model2VecEmbeddingFunction(directory)
  if (action === 'make') {
    const embed = (await registered.create({ model: directory })) as unknown as Fields
    for (const [name, datatype] of [
      ['float32', undefined],
      ['float16', new arrow.FixedSizeList(embed.ndims(), new arrow.Field('item', new arrow.Float16(), true))],
    ] as const) {
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
  print({ ...result, plainly })
}

void main(input())
