// A network that can be cut: a proxy of TCP that stops to pass anything on, in either direction, and
// says nothing of it, as a cable does that was pulled.

import net from 'node:net'

export interface Proxy {
  readonly port: number
  cut(): void
  /** What was sent meanwhile arrives now. */
  mend(): void
  close(): void
}

export async function startProxy(to: number): Promise<Proxy> {
  const sockets = new Set<net.Socket>()
  let isCut = false
  const server = net.createServer((client) => {
    const target = net.connect(to, '127.0.0.1')
    for (const [from, other] of [
      [client, target],
      [target, client],
    ] as const) {
      sockets.add(from)
      from.on('data', (data) => other.write(data))
      from.on('error', () => undefined)
      from.on('close', () => {
        sockets.delete(from)
        other.destroy()
      })
      if (isCut) from.pause()
    }
  })
  server.listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  const { port } = server.address() as net.AddressInfo
  return {
    port,
    cut() {
      isCut = true
      for (const socket of sockets) socket.pause()
    },
    mend() {
      isCut = false
      for (const socket of sockets) socket.resume()
    },
    close() {
      server.close()
      for (const socket of sockets) socket.destroy()
    },
  }
}
