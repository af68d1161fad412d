// model2vec-node/pgvector on a real PostgreSQL with pgvector: every bit that is stored is the
// model's, whichever way it came.

import { pipeline } from 'node:stream/promises'
import type { Writable } from 'node:stream'

import test from 'ava'
import { EmbeddingMatrix, isModel2VecError, Model2VecEmbeddingFunction, Model2VecError } from 'model2vec-node'
import { pgCopy, pgText, pgVector } from 'model2vec-node/pgvector'
import type { PgCopyOptions, PgDtype, VectorMatrix } from 'model2vec-node/pgvector'

import { corpus, SMALL } from '../test-data.js'
import { reason, testWithPeers } from './peers.js'
import { postgresPrograms, startPostgres } from './postgres.js'
import type { Postgres } from './postgres.js'
import { peer } from './programs/program.js'

interface Client {
  connect(): Promise<void>
  // eslint-disable-next-line @typescript-eslint/no-unnecessary-type-parameters
  query<Row = Record<string, unknown>>(text: string, values?: unknown[]): Promise<{ rows: Row[] }>
  query(stream: object): Writable
  end(): Promise<void>
}

const programs = reason === null ? postgresPrograms() : null
const because = reason ?? (programs !== null && programs.folder === null ? programs.reason : null)
let server: Postgres | undefined
let client: Client
let copyFrom: (text: string) => object

if (programs !== null && programs.folder !== null) {
  test.before(async () => {
    server = startPostgres(programs.folder)
    const pg = await peer<{ default: { Client: new (options: object) => Client } }>('pg')
    ;({ from: copyFrom } = await peer<{ from: typeof copyFrom }>('pg-copy-streams'))
    client = new pg.default.Client({ host: server.host, user: 'postgres', database: 'postgres' })
    await client.connect()
    await client.query('CREATE EXTENSION vector')
  })
  test.after.always(async () => {
    await client.end().catch(() => undefined)
    server?.stop()
  })
}

const TEXTS = ['', ...corpus('docs_en').slice(0, 299)]
const ef = new Model2VecEmbeddingFunction(SMALL)
const DTYPES: readonly PgDtype[] = ['float32', 'float16', 'binary']
const COLUMN = { float32: `vector(${ef.dim})`, float16: `halfvec(${ef.dim})`, binary: `bit(${ef.dim})` }
const SEND = { float32: 'vector_send', float16: 'halfvec_send', binary: 'bit_send' }

async function copy(
  table: string,
  columns: string,
  matrix: VectorMatrix<PgDtype>,
  ids: readonly (string | number | bigint)[],
  options?: PgCopyOptions,
): Promise<void> {
  const target = client.query(copyFrom(`COPY ${table} (${columns}) FROM STDIN (FORMAT binary)`))
  await pipeline(pgCopy(matrix, ids, options), target)
}

/** The elements that the server sends, big-endian after four bytes, as our bytes. */
function littleEndian(dtype: PgDtype, sent: Buffer): string {
  const elements = Buffer.from(sent.subarray(4))
  if (dtype === 'float32') elements.swap32()
  if (dtype === 'float16') elements.swap16()
  return elements.toString('hex')
}

for (const dtype of DTYPES) {
  testWithPeers(
    `${dtype} vectors come back from PostgreSQL bit by bit, as parameters, as text and through COPY`,
    async (t) => {
      const matrix = await ef.encode(TEXTS, { dtype, normalize: true })
      const table = `stored_${dtype}`
      await client.query(`CREATE TABLE ${table} (id bigint, way text, embedding ${COLUMN[dtype]})`)
      const insert = `INSERT INTO ${table} VALUES ($1, $2, $3)`
      for (let i = 0; i < 50; i++) {
        await client.query(insert, [i, 'matrix', pgVector(matrix, i)])
        await client.query(insert, [i, 'row', pgVector(matrix.row(i))])
        await client.query(insert, [i, 'text', pgText(matrix, i)])
        await client.query(insert, [i, 'text of a row', pgText(matrix.row(i))])
      }
      // The sign of a zero, the largest and the smallest elements.
      const ends =
        dtype === 'float16' ? [0x8000, 0x7bff, 1, 0xfbff] : [-0, 3.4028234663852886e38, 1.401298464324817e-45, -1]
      const edge = EmbeddingMatrix.from([Array.from({ length: ef.dim }, (_, i) => ends[i % 4] ?? 0)])
      const edges =
        dtype === 'float32'
          ? edge
          : EmbeddingMatrix.from(Uint16Array.from(edge.data), { dim: ef.dim, dtype: 'float16' })
      const { data, rows: count, dim, width } = edges
      const plain = { data, rows: count, dim, width, dtype: edges.dtype }
      for (const text of dtype === 'binary' ? [] : [pgText(edges, 0), pgText(edges.row(0)), pgText(plain, 0)]) {
        const { rows } = await client.query<{ sent: Buffer }>(`SELECT ${SEND[dtype]}($1::${COLUMN[dtype]}) AS sent`, [
          text,
        ])
        t.is(littleEndian(dtype, rows[0]?.sent ?? Buffer.alloc(0)), edges.bytes(0).toString('hex'), text)
      }
      const ways = { type: 'text', values: TEXTS.map(() => 'copy') } as const
      await copy(table, 'id, embedding, way', matrix, [...TEXTS.keys()], { columns: [ways] })

      const { rows } = await client.query<{ id: string; way: string; sent: Buffer }>(
        `SELECT id, way, ${SEND[dtype]}(embedding) AS sent FROM ${table}`,
      )
      t.is(rows.length, 4 * 50 + TEXTS.length)
      for (const { id, way, sent } of rows) {
        t.is(littleEndian(dtype, sent), Buffer.from(matrix.bytes(Number(id))).toString('hex'), `${way} ${id}`)
      }
      if (dtype !== 'binary') return
      const { rows: counted } = await client.query<{ equal: string }>(
        `SELECT count(*) AS equal FROM stored_float32 f JOIN ${table} b USING (id)
         WHERE f.way = 'copy' AND b.way = 'copy' AND binary_quantize(f.embedding) = b.embedding`,
      )
      t.is(Number(counted[0]?.equal), TEXTS.length, "our bits are those of pgvector's binary_quantize")
    },
    because,
  )
}

testWithPeers(
  'an HNSW index finds the vectors that are nearest to a query that is a parameter',
  async (t) => {
    const matrix = await ef.encode(TEXTS, { normalize: true })
    await client.query(`CREATE TABLE searched (id bigint PRIMARY KEY, embedding ${COLUMN.float32})`)
    await copy('searched', 'id, embedding', matrix, [...TEXTS.keys()])
    const exact = 'SELECT id FROM searched ORDER BY embedding <=> $1, id LIMIT 5'
    const query = await ef.encode(['the history of a town'], { normalize: true })
    const ids = async (): Promise<string[]> =>
      (await client.query<{ id: string }>(exact, [pgVector(query, 0)])).rows.map(({ id }) => id)
    const expected = await ids()
    const dot = (row: Float32Array): number => row.reduce((sum, x, i) => sum + x * (query.data[i] ?? NaN), 0)
    const ranked = [...matrix]
      .map((row, id) => ({ id, score: dot(row) }))
      .filter(({ id }) => matrix.tokens[id] !== 0)
      .sort((a, b) => b.score - a.score)
    t.deepEqual(
      expected.map(Number),
      ranked.slice(0, 5).map(({ id }) => id),
    )
    await client.query('CREATE INDEX searched_index ON searched USING hnsw (embedding vector_cosine_ops)')
    await client.query('SET enable_seqscan = off; SET hnsw.ef_search = 300')
    const search = 'SELECT id FROM searched ORDER BY embedding <=> $1 LIMIT 5'
    const { rows: plan } = await client.query<{ 'QUERY PLAN': string }>(`EXPLAIN ${search}`, [pgVector(query, 0)])
    t.regex(plan.map((row) => row['QUERY PLAN']).join('\n'), /Index Scan using searched_index/)
    const { rows: found } = await client.query<{ id: string }>(search, [pgVector(query.row(0))])
    t.deepEqual(
      found.map(({ id }) => id),
      expected,
    )
    // The empty text has a zero vector, which has no cosine: the index leaves it out.
    const { rows: all } = await client.query<{ id: string }>(search.replace('5', '400'), [pgVector(query, 0)])
    t.is(matrix.tokens[0] ?? -1, 0)
    t.false(all.some(({ id }) => id === '0'))
    await client.query('RESET enable_seqscan')
  },
  because,
)

testWithPeers(
  'COPY takes ids and columns of every type, at the ends of their ranges, and NULL',
  async (t) => {
    const matrix = await ef.encode(['a dog', 'a cat', ''], { dtype: 'float16' })
    const uuids = [
      '00000000-0000-0000-0000-000000000000',
      'f81d4fae-7dec-11d0-a765-00a0c91e6bf6',
      'FFFFFFFF-ffff-ffff-ffff-ffffffffffff',
    ]
    const long = 'ä€😀'.repeat(50_000)
    const columns: PgCopyOptions['columns'] = [
      { type: 'bigint', values: [2n ** 63n - 1n, -(2n ** 63n), Number.MAX_SAFE_INTEGER] },
      { type: 'int', values: [2 ** 31 - 1, -(2 ** 31), null] },
      { type: 'text', values: [long, '', null] },
    ]
    await client.query('CREATE TABLE typed (id uuid, embedding halfvec, big bigint, small int, body text)')
    await copy('typed', 'id, embedding, big, small, body', matrix, uuids, { idType: 'uuid', columns })
    const { rows } = await client.query('SELECT id, big, small, body FROM typed ORDER BY id')
    t.deepEqual(rows, [
      { id: uuids[0], big: '9223372036854775807', small: 2 ** 31 - 1, body: long },
      { id: uuids[1], big: '-9223372036854775808', small: -(2 ** 31), body: '' },
      { id: uuids[2]?.toLowerCase(), big: '9007199254740991', small: null, body: null },
    ])
    await client.query('CREATE TABLE named (id text, embedding halfvec)')
    await copy('named', 'id, embedding', matrix, ['one', 'two', 'three'], { idType: 'text' })
    await copy('named', 'id, embedding', await ef.encode([], { dtype: 'float16' }), [], { idType: 'text' })
    t.is((await client.query('SELECT * FROM named')).rows.length, 3)
  },
  because,
)

test('the text of a row needs no native module, which a machine that only writes rows may not have', (t) => {
  const matrix = EmbeddingMatrix.from([[0.5, -0, 1e-8]])
  const without = {
    ...{ data: matrix.data, rows: 1, dim: 3, width: 3, dtype: 'float32' as const },
    json() {
      throw new Model2VecError('ERR_NATIVE_NOT_FOUND', 'the native module is not installed')
    },
  }
  t.is(pgText(without, 0), pgText(matrix.row(0)))
  t.is(pgText(without, 0), '[0.5,-0,9.99999993922529e-9]')
  t.is(pgText(matrix, 0), '[0.5,-0.0,1e-8]')
})

test('what pgvector has no type for, and values that are none of their column, are refused', async (t) => {
  const matrix = await ef.encode(['a dog', 'a cat'], { normalize: true })
  const refused = (make: () => unknown, message: RegExp): void => {
    const error = t.throws(make, undefined)
    t.true(isModel2VecError(error) && error.code === 'ERR_INVALID_OPTION', String(error))
    t.regex(error.message, message)
  }
  const all = (ids: unknown[], options?: PgCopyOptions): unknown => [...pgCopy(matrix, ids as number[], options)]
  for (const dtype of ['int8', 'bfloat16'] as const) {
    const other = await ef.encode(['a dog'], { dtype, normalize: true })
    refused(() => pgVector(other as never, 0), /`dtype`/)
    refused(() => pgCopy(other as never, [1]), /`dtype`/)
  }
  const NaNs = EmbeddingMatrix.from([[NaN, 1]])
  t.deepEqual([pgText(NaNs, 0), pgText(NaNs.row(0))], ['[NaN,1]', '[NaN,1]'])
  refused(() => pgVector(new Int8Array(2) as never), /`source`/)
  refused(() => pgText([1, 2] as never), /`source`/)
  refused(() => pgVector(matrix, 2), /`index`/)
  refused(() => pgVector(matrix as never), /`index`/)
  refused(() => pgCopy(matrix, [1]), /2 values, one per row, but got 1/)
  refused(() => pgCopy(matrix, [1, 2], { idType: 'serial' as never }), /`idType`/)
  refused(() => pgCopy(matrix, [1, 2], { columns: [{ type: 'text', values: [] }] }), /2 values/)
  refused(() => all([1, '2']), /`ids\[1\]`/)
  refused(
    () => all([1, null]),
    /`ids\[1\]` should be an integer of 64 bits, as a bigint or a safe number, but got null/,
  )
  refused(() => all([1, 1.5]), /64 bits/)
  refused(() => all([1, undefined]), /64 bits/)
  refused(() => all([1, 2n ** 63n]), /64 bits/)
  refused(() => all([1, 2 ** 31], { idType: 'int' }), /32 bits/)
  refused(() => all(['a', 'b\0'], { idType: 'text' }), /U\+0000/)
  refused(() => all(['a', 'b'], { idType: 'uuid' }), /UUID/)
  // A Buffer would write U+FFFD for it.
  refused(() => all(['a', '\ud83d'], { idType: 'text' }), /`ids\[1\]` .*lone surrogates/)
  t.true(Buffer.concat([...pgCopy(matrix, ['a', '😀'], { idType: 'text' })]).includes('😀'))
})

test('an error of COPY names the column and the row', async (t) => {
  const matrix = await ef.encode(['a dog', 'a cat'])
  const good = { type: 'text', values: ['a', 'b'] } as const
  const message = (column: object): string =>
    t.throws(() => [...pgCopy(matrix, [1, 2], { columns: [good, column as never] })], { code: 'ERR_INVALID_OPTION' })
      .message
  t.regex(message({ type: 'text', values: ['a', 5] }), /^`columns\[1\]\.values\[1\]` should be a string/)
  t.regex(message({ type: 'text', values: ['a'] }), /^`columns\[1\]\.values` should have 2 values/)
  t.regex(message({ type: 'varchar', values: ['a', 'b'] }), /^`columns\[1\]\.type` should be 'bigint'/)
  t.regex(message({ type: 'text' }), /^`columns\[1\]\.values` should be an array/)
})

test('a row whose memory was detached is refused, not written as an empty vector', (t) => {
  for (const row of [new Float32Array(4), new Uint16Array(4), new Uint8Array(4)]) {
    structuredClone(row.buffer, { transfer: [row.buffer] })
    t.throws(() => pgVector(row), { code: 'ERR_OUT_TOO_SMALL' }, row.constructor.name)
    t.throws(() => pgText(row), { code: 'ERR_OUT_TOO_SMALL' }, row.constructor.name)
  }
})
