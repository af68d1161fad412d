// A proxy on this machine, with or without a password: tunnels (CONNECT), and http URLs. And what
// makes a test's Hub one of https under a name that no DNS knows, so that nothing but the proxy
// leads to it.

import { execFileSync } from 'node:child_process'
import { createServer, request as sendRequest } from 'node:http'
import type { IncomingMessage, RequestListener, Server } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import net from 'node:net'
import type { AddressInfo } from 'node:net'
import { readFileSync } from 'node:fs'
import path from 'node:path'
import tls from 'node:tls'

import { emptyCache } from './cache-folder.js'

export const HUB_NAME = 'hub.model2vec.test'

/**
 * A certificate authority that no system trusts, and a certificate from it for {@link HUB_NAME} and
 * this machine.
 */
export interface Certificates {
  readonly authorityFile: string
  readonly key: Buffer
  readonly certificate: Buffer
}

/** Made by `openssl`; null where there is none. */
export function makeCertificates(): Certificates | null {
  const folder = emptyCache()
  const file = (name: string): string => path.join(folder, name)
  const names = `subjectAltName=DNS:${HUB_NAME},DNS:localhost,IP:127.0.0.1`
  const openssl = (...args: readonly string[]): void => {
    execFileSync('openssl', args, { stdio: 'ignore' })
  }
  const fresh = ['-newkey', 'rsa:2048', '-nodes', '-sha256']
  try {
    const authority = ['-keyout', file('ca.key'), '-out', file('ca.pem')]
    openssl('req', '-x509', ...fresh, ...authority, '-days', '2', '-subj', '/CN=An unknown authority')
    openssl(
      'req',
      ...fresh,
      '-keyout',
      file('key.pem'),
      '-out',
      file('request.pem'),
      '-subj',
      `/CN=${HUB_NAME}`,
      '-addext',
      names,
    )
    const signed = ['-CA', file('ca.pem'), '-CAkey', file('ca.key'), '-CAcreateserial', '-copy_extensions', 'copy']
    openssl('x509', '-req', '-in', file('request.pem'), ...signed, '-days', '2', '-out', file('cert.pem'))
  } catch {
    return null
  }
  return {
    authorityFile: file('ca.pem'),
    key: readFileSync(file('key.pem')),
    certificate: readFileSync(file('cert.pem')),
  }
}

/** Takes TLS off, in front of a server on this machine. Returns its port. */
export async function startTls({ key, certificate }: Certificates, target: string): Promise<number> {
  const server = tls.createServer({ key, cert: certificate }, (socket) => {
    const inner = net.connect(Number(new URL(target).port), '127.0.0.1')
    socket.pipe(inner).pipe(socket)
    for (const each of [socket, inner]) each.on('error', () => inner.destroy())
  })
  return listen(server)
}

export interface SeenByProxy {
  readonly method: string
  readonly target: string
  readonly password: string | null
}

export class ProxyServer {
  readonly seen: SeenByProxy[] = []
  port = 0
  readonly #password: string | null
  /** Where names lead that no DNS knows. */
  readonly #ports: ReadonlyMap<string, number>

  private constructor(password: string | null, ports: ReadonlyMap<string, number>) {
    this.#password = password
    this.#ports = ports
  }

  /** @param password `user:password`, which is asked for; null = none */
  static async start(
    password: string | null,
    ports: ReadonlyMap<string, number>,
    certificates: Certificates | null = null,
  ): Promise<ProxyServer> {
    const proxy = new ProxyServer(password, ports)
    const listener: RequestListener = (request, response) => {
      if (!proxy.#admits(request, request.url ?? '')) {
        response.writeHead(407).end()
        return
      }
      const { method, headers } = request
      sendRequest(request.url ?? '', { method: method ?? 'GET', headers }, (answer) => {
        response.writeHead(answer.statusCode ?? 500, answer.headers)
        answer.pipe(response)
      }).end()
    }
    const server =
      certificates === null
        ? createServer(listener)
        : createTlsServer({ key: certificates.key, cert: certificates.certificate }, listener)
    server.on('connect', (request: IncomingMessage, socket: net.Socket) => {
      const target = request.url ?? ''
      if (!proxy.#admits(request, target)) {
        socket.end('HTTP/1.1 407 Proxy Authentication Required\r\n\r\n')
        return
      }
      const known = proxy.#ports.get(target)
      const [host = '', port = ''] = target.split(':')
      const inner = net.connect(known ?? Number(port), known === undefined ? host : '127.0.0.1', () => {
        socket.write('HTTP/1.1 200 Connection established\r\n\r\n')
        socket.pipe(inner).pipe(socket)
      })
      for (const each of [socket, inner]) each.on('error', () => inner.destroy())
    })
    proxy.port = await listen(server)
    return proxy
  }

  #admits(request: IncomingMessage, target: string): boolean {
    const header = request.headers['proxy-authorization']?.replace('Basic ', '')
    const password = header === undefined ? null : Buffer.from(header, 'base64').toString()
    this.seen.push({ method: request.method ?? '', target, password })
    return this.#password === null || password === this.#password
  }
}

async function listen(server: Server | tls.Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  server.unref()
  return (server.address() as AddressInfo).port
}
