// Embeddings beside the other routes of an application on Fastify: `npm install fastify`.
//
//   node examples/server/fastify.mjs [model]

import Fastify from 'fastify'
import { Model2VecEmbeddingFunction } from 'model2vec-node'
import { createListener } from 'model2vec-node/server'

const { PORT = '8080', HOST = '127.0.0.1' } = process.env
const ef = await Model2VecEmbeddingFunction.load(process.argv[2])
const listener = createListener({ potion: ef }, { basePath: '/embeddings' })
const app = Fastify()

app.get('/', async () => 'an application')
await app.register(async (scope) => {
  // The listener reads bodies itself, within its own limits.
  scope.removeAllContentTypeParsers()
  scope.addContentTypeParser('*', (request, payload, done) => {
    done(null)
  })
  scope.all('/embeddings/*', (request, reply) => {
    reply.hijack()
    listener(request.raw, reply.raw)
  })
})

console.log(`${await app.listen({ port: Number(PORT), host: HOST })}/embeddings`)
process.once('SIGTERM', () => app.close())
