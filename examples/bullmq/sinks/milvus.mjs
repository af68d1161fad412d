// A sink of `model2vec worker`: rows into a collection of Milvus, which has each row once, however often
// its shard is done.
//
//   MILVUS_ADDRESS=localhost:19530 MILVUS_COLLECTION=documents \
//     npx model2vec worker --redis redis://localhost:6379 --sink sinks/milvus.mjs
//
// The manifest has to be planned with an --id-field of strings; without one ids are places in files.

import { MilvusClient } from '@zilliz/milvus2-sdk-node'
import { milvusField, milvusRows } from 'model2vec-node/milvus'

const { MILVUS_ADDRESS = 'localhost:19530', MILVUS_COLLECTION: collection_name = 'documents' } = process.env
/** Rows of a request, which may have 64 MB: a text has up to 64 KB, as the field below says. */
const REQUEST = 512

const client = new MilvusClient({ address: MILVUS_ADDRESS })
let prepared

export default {
  async write({ ids, texts, matrix }) {
    await (prepared ??= prepare(matrix).catch((error) => {
      prepared = undefined
      throw error
    }))
    for (let from = 0; from < ids.length; from += REQUEST) {
      const to = Math.min(from + REQUEST, ids.length)
      const rows = ids.slice(from, to).map((id, i) => ({ id: String(id), text: texts[from + i] }))
      // `insert` would store a row of a shard that is done again a second time.
      check((await client.upsert({ collection_name, data: milvusRows(matrix.slice(from, to), rows) })).status)
    }
  },
}

export async function close() {
  await client.closeConnection()
}

/** The collection, where it is not there yet. Workers that start together may all make it. */
async function prepare({ dim, dtype }) {
  await client.connectPromise
  // Not `hasCollection`: of Milvus Lite the SDK takes every answer for a yes.
  const isThere = async () => (await client.showCollections()).data.some(({ name }) => name === collection_name)
  if (await isThere()) return
  const fields = [
    { name: 'id', data_type: 'VarChar', max_length: 512, is_primary_key: true },
    { name: 'text', data_type: 'VarChar', max_length: 65_535 },
    milvusField('vector', { dim, dtype }),
  ]
  const created = await client.createCollection({ collection_name, fields })
  if (!(await isThere())) check(created)
}

/** The SDK resolves also when the server has refused; some servers say so in one of the two codes only. */
function check({ error_code, code, reason }) {
  if (error_code !== 'Success' || (code ?? 0) !== 0) throw new Error(`Milvus: ${reason} (${error_code}, ${code})`)
}
