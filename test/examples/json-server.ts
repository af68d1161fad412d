// A server on this machine that speaks as much of Qdrant's and Elasticsearch's HTTP as the recipe
// needs: it keeps the vectors that a client has sent, and compares all of them.

import http from 'node:http'
import type { AddressInfo } from 'node:net'

interface Point {
  readonly id: string | number
  readonly vector: unknown
  readonly document: { readonly id?: string; readonly title: string }
}

export class JsonServer {
  readonly #server: http.Server
  readonly url: string
  /** What was inserted, in order. */
  readonly points: Point[] = []
  /** What was asked. */
  readonly queries: unknown[] = []
  /** What a collection or an index was made with. */
  readonly schemas: unknown[] = []

  private constructor(server: http.Server) {
    this.#server = server
    this.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  }

  static async start(): Promise<JsonServer> {
    const server = http.createServer((request, response) => {
      void textOf(request).then((body) => {
        response.setHeader('content-type', 'application/json')
        // The client of Elasticsearch looks for it.
        response.setHeader('x-elastic-product', 'Elasticsearch')
        const answer = own.#answer(`${request.method ?? ''} ${new URL(request.url ?? '', own.url).pathname}`, body)
        if (answer === null) response.statusCode = 404
        response.end(JSON.stringify(answer ?? { error: 'unknown' }))
      })
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const own = new JsonServer(server)
    return own
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections()
    await new Promise((resolve) => this.#server.close(resolve))
  }

  #answer(request: string, body: string): object | null {
    switch (request) {
      case 'GET /':
        return { title: 'qdrant', version: '1.19.0' }
      case 'DELETE /collections/model2vec_documents':
        return { result: false, status: 'ok', time: 0 }
      case 'PUT /collections/model2vec_documents':
        this.schemas.push(JSON.parse(body))
        return { result: true, status: 'ok', time: 0 }
      case 'PUT /collections/model2vec_documents/points': {
        const { points } = JSON.parse(body) as { points: { id: number; vector: unknown; payload: Point['document'] }[] }
        this.points.push(...points.map(({ id, vector, payload }) => ({ id, vector, document: payload })))
        return { result: { operation_id: 0, status: 'completed' }, status: 'ok', time: 0 }
      }
      case 'POST /collections/model2vec_documents/points/query': {
        const { query, limit } = JSON.parse(body) as { query: number[]; limit: number }
        const points = this.#nearest(query, limit).map(({ id, score, document }) => ({ id, score, payload: document }))
        return { result: { points }, status: 'ok', time: 0 }
      }
      case 'DELETE /model2vec-documents':
        return { acknowledged: true }
      case 'PUT /model2vec-documents':
        this.schemas.push(JSON.parse(body))
        return { acknowledged: true, shards_acknowledged: true, index: 'model2vec-documents' }
      case 'POST /_bulk': {
        const lines = body.trimEnd().split('\n')
        for (let i = 0; i < lines.length; i += 2) {
          const { index } = JSON.parse(lines[i] ?? '') as { index: { _id: string } }
          const { title, embedding } = JSON.parse(lines[i + 1] ?? '') as { title: string; embedding: unknown }
          this.points.push({ id: index._id, vector: embedding, document: { title } })
        }
        return { errors: false, items: [], took: 0 }
      }
      case 'POST /model2vec-documents/_search': {
        const { knn } = JSON.parse(body) as { knn: { query_vector: number[]; k: number } }
        const hits = this.#nearest(knn.query_vector, knn.k).map(({ id, score, document }) => ({
          _id: id,
          _score: (1 + score) / 2,
          _source: document,
        }))
        return { hits: { hits } }
      }
      default:
        return null
    }
  }

  #nearest(query: number[], count: number): (Point & { readonly score: number })[] {
    this.queries.push(query)
    return this.points
      .map((point) => ({ ...point, score: cosine(query, point.vector as number[]) }))
      .sort((a, b) => b.score - a.score)
      .slice(0, count)
  }
}

async function textOf(request: http.IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks).toString()
}

function cosine(a: readonly number[], b: readonly number[]): number {
  const dot = (x: readonly number[], y: readonly number[]): number =>
    x.reduce((sum, value, i) => sum + value * (y[i] ?? NaN), 0)
  return dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b))
}
