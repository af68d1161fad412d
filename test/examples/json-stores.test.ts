// examples/json-stores with the clients of Qdrant and Elasticsearch: what reaches a server.

import path from 'node:path'

import { nodeOf, reason, testWithPeers } from '../adapters/peers.js'
import { JsonServer } from './json-server.js'
import { DOCUMENTS, hasNearest, install, run, stored } from './recipe.js'

const folder = reason === null ? install('json-stores') : ''
const IDS = {
  qdrant: [...DOCUMENTS.keys()],
  elastic: DOCUMENTS.map(({ id }) => id),
}

for (const store of ['qdrant', 'elastic'] as const) {
  testWithPeers(`every vector reaches the server as its numbers through the client of ${store}`, async (t) => {
    const server = await JsonServer.start()
    t.teardown(() => server.stop())
    // Both clients need Node 22.
    const args = [store, server.url]
    const output = await run(path.join(folder, 'json-stores/search.mjs'), args, { node: nodeOf(22) })
    await hasNearest(t, output)
    const matrix = await stored()
    t.deepEqual(
      server.points.map(({ id }) => id),
      IDS[store],
    )
    t.deepEqual(
      server.points.map(({ vector }) => Array.isArray(vector) && vector.map((x) => Math.fround(x as number))),
      matrix.toArray(),
    )
    t.deepEqual(
      server.queries.map((query) => Array.isArray(query) && query.length),
      [matrix.dim, matrix.dim],
    )
    t.true(JSON.stringify(server.schemas).includes(`${matrix.dim}`))
  })
}
