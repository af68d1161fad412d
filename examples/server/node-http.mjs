// An embeddings server on `node:http` that ends in order, as `model2vec serve` does.
//
//   node examples/server/node-http.mjs [model]     PORT, HOST and API_KEYS (with commas) are read of the environment

import http from 'node:http'

import { Model2VecEmbeddingFunction } from 'model2vec-node'
import { createListener } from 'model2vec-node/server'

const { PORT = '8080', HOST = '127.0.0.1', API_KEYS } = process.env
const ef = await Model2VecEmbeddingFunction.load(process.argv[2])
const listener = createListener(
  { potion: ef },
  {
    apiKeys: API_KEYS?.split(','),
    // Clients of OpenAI send this name unless they are told another.
    aliases: { 'text-embedding-3-small': 'potion' },
  },
)

const server = http.createServer(listener)
// A client that asks before it sends a large body is told at once when it will be refused.
server.on('checkContinue', listener.checkContinue)
server.listen(Number(PORT), HOST, () => {
  console.log(`http://${HOST}:${server.address().port}`)
})

process.once('SIGTERM', async () => {
  // /health says 503 from now on, and what is in work is finished.
  await listener.drain()
  server.close()
  server.closeIdleConnections()
})
