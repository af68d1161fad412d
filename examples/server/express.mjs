// Embeddings beside the other routes of an application on Express: `npm install express`.
//
//   node examples/server/express.mjs [model]

import express from 'express'
import { Model2VecEmbeddingFunction } from 'model2vec-node'
import { createListener } from 'model2vec-node/server'

const { PORT = '8080', HOST = '127.0.0.1' } = process.env
const ef = await Model2VecEmbeddingFunction.load(process.argv[2])
const app = express()

app.get('/', (request, response) => {
  response.send('an application')
})
// Before a body parser, which would read small bodies only. What the listener doesn't know, it leaves to
// the routes after it.
app.use(createListener({ potion: ef }, { basePath: '/embeddings' }))
app.use(express.json())
app.post('/echo', (request, response) => {
  response.json(request.body)
})

const server = app.listen(Number(PORT), HOST, () => {
  console.log(`http://${HOST}:${server.address().port}/embeddings`)
})
process.once('SIGTERM', () => {
  server.close()
  server.closeIdleConnections()
})
