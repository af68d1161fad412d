// Embeddings as a handler of the web's Request and Response, here in Hono on Node:
// `npm install hono @hono/node-server`. In Bun, Deno or Next.js the handler is the same.
//
//   node examples/server/hono.mjs [model]

import { serve } from '@hono/node-server'
import { Hono } from 'hono'
import { Model2VecEmbeddingFunction } from 'model2vec-node'
import { createHandler } from 'model2vec-node/server'

const { PORT = '8080', HOST = '127.0.0.1' } = process.env
const ef = await Model2VecEmbeddingFunction.load(process.argv[2])
const embeddings = createHandler({ potion: ef }, { basePath: '/embeddings' })
const app = new Hono()

app.get('/', (context) => context.text('an application'))
app.all('/embeddings/*', (context) => embeddings(context.req.raw))

const server = serve({ fetch: app.fetch, port: Number(PORT), hostname: HOST }, ({ port }) => {
  console.log(`http://${HOST}:${port}/embeddings`)
})
process.once('SIGTERM', () => {
  server.close()
  server.closeIdleConnections()
})
