// What a worker answers over HTTP: whether it lives, whether it works, and its metrics.

import http from 'node:http'

import { listen } from '../serving/http-server.js'
import type { Place } from '../serving/http-server.js'
import type { WorkerMetrics, WorkerState } from './worker-metrics.js'

/** Those that ask are few: probes, and Prometheus. */
const MOST_CONNECTIONS = 64

export interface StatusServer {
  readonly url: string
  close(): void
}

/**
 * `/health` is 200 while the process can answer, whatever has become of Redis: that is no reason to
 * kill it. `/ready` is 503 while Redis is away, and while the worker shuts down.
 */
export async function startStatusServer(
  place: Place,
  metrics: WorkerMetrics,
  state: () => WorkerState,
): Promise<StatusServer> {
  const server = http.createServer(({ method, url = '' }, response) => {
    const { isConnected, isDraining } = state()
    const send = (status: number, body: string, type = 'application/json'): void => {
      response.writeHead(status, { 'content-type': type, 'content-length': Buffer.byteLength(body) })
      response.end(method === 'HEAD' ? undefined : body)
    }
    const [path] = url.split('?')
    const status = isDraining ? 'shutting down' : isConnected ? 'ok' : 'no connection to Redis'
    const body = JSON.stringify({ status, shards: metrics.inWork })
    if (method !== 'GET' && method !== 'HEAD') send(405, '{"error":"expected GET"}')
    else if (path === '/health') send(200, body)
    else if (path === '/ready') send(status === 'ok' ? 200 : 503, body)
    else if (path === '/metrics') send(200, metrics.text(state()), 'text/plain; version=0.0.4')
    else send(404, '{"error":"expected /health, /ready or /metrics"}')
  })
  server.maxConnections = MOST_CONNECTIONS
  const url = await listen(server, place)
  return {
    url,
    close() {
      server.close()
      server.closeAllConnections()
    },
  }
}
