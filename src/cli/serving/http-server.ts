// The HTTP server of `model2vec serve`: its limits for slow, idle and too many clients, and where
// it listens.

import { lstatSync, readFileSync, unlinkSync } from 'node:fs'
import http from 'node:http'
import https from 'node:https'
import net from 'node:net'

import type { Listener } from '../../server/listener.js'
import { MAX_TIMEOUT } from '../../server/options.js'

/** Where a server listens. */
export type Place = { readonly host: string; readonly port: number } | { readonly socket: string }

export interface Tls {
  readonly cert: string
  readonly key: string
}

export interface HttpSettings {
  /** Connections at the same time. */
  readonly maxConnections: number
  /** Seconds that a request may be in work. */
  readonly timeout: number
  /** Files in PEM; null = HTTP without TLS. */
  readonly tls: Tls | null
}

const SECOND = 1000

/** A client that sends more slowly than this is answered with 408. */
const LIMITS = {
  headersTimeout: 10 * SECOND,
  requestTimeout: 60 * SECOND,
  // Longer than load balancers keep a connection (60 s): they end it, and never send into a closed
  // one.
  keepAliveTimeout: 65 * SECOND,
  connectionsCheckingInterval: SECOND,
  maxHeaderSize: 16 * 1024,
} as const
const MAX_HEADERS = 200

/** For a timer: more milliseconds than it takes would be none. */
export function millisecondsOf(seconds: number): number {
  return Math.min(seconds * SECOND, MAX_TIMEOUT)
}

export function httpServer(listener: Listener, { maxConnections, timeout, tls }: HttpSettings): http.Server {
  const server =
    tls === null
      ? http.createServer(LIMITS, listener)
      : https.createServer(
          {
            ...LIMITS,
            cert: readFileSync(tls.cert),
            key: readFileSync(tls.key),
            handshakeTimeout: LIMITS.headersTimeout,
          },
          listener,
        )
  server.on('checkContinue', listener.checkContinue)
  server.maxConnections = maxConnections
  server.maxHeadersCount = MAX_HEADERS
  // A client that reads nothing of its answer: no byte for longer than any request is in work.
  server.setTimeout(millisecondsOf(timeout + 60))
  return server
}

/** Starts to listen. @returns the URL; of a Unix socket its path */
export async function listen(server: http.Server, place: Place): Promise<string> {
  if ('socket' in place) {
    await removeDeadSocket(place.socket)
    await listening(server, { path: place.socket })
    return `unix:${place.socket}`
  }
  await listening(server, place)
  const { address, port, family } = server.address() as net.AddressInfo
  const scheme = server instanceof https.Server ? 'https' : 'http'
  return `${scheme}://${family === 'IPv6' ? `[${address}]` : address}:${port}`
}

function listening(server: http.Server, options: net.ListenOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(options, () => {
      server.off('error', reject)
      resolve()
    })
  })
}

/** A socket that a killed process has left: nobody listens on it. Any other file stays. */
async function removeDeadSocket(path: string): Promise<void> {
  if (lstatSync(path, { throwIfNoEntry: false })?.isSocket() !== true) return
  const code = await new Promise<string | undefined>((resolve) => {
    const client = net.connect(path)
    client.once('connect', () => {
      client.destroy()
      resolve(undefined)
    })
    client.once('error', (error: NodeJS.ErrnoException) => {
      resolve(error.code)
    })
  })
  if (code === 'ECONNREFUSED') unlinkSync(path)
}

/** Whether only this machine reaches a host. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || (net.isIPv4(host) && host.startsWith('127.'))
}
