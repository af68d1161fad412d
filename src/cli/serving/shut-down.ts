// How the server of `model2vec serve` ends. What has begun is finished; what has not begun, such as
// a connection without a whole header, is waited for by nobody.

import type http from 'node:http'
import https from 'node:https'
import type { Duplex } from 'node:stream'
import type { Socket } from 'node:net'

import type { Listener } from '../../server/listener.js'
import { millisecondsOf } from './http-server.js'

/**
 * All connections of a server: those in a handshake of TLS, and half a header, are none that
 * `closeIdleConnections` would close.
 *
 * @param server has not begun to listen
 */
export class Connections {
  /** Under TLS, which the server of HTTP knows nothing of. */
  readonly #bare = new Set<Duplex>()
  readonly #all = new Set<Socket>()

  constructor(server: http.Server) {
    const keep = <S extends Duplex>(set: Set<S>, socket: S): void => {
      set.add(socket)
      socket.once('close', () => set.delete(socket))
    }
    const isTls = server instanceof https.Server
    if (isTls) {
      server.on('connection', (socket: Duplex) => {
        keep(this.#bare, socket)
      })
    }
    server.on(isTls ? 'secureConnection' : 'connection', (socket: Socket) => {
      keep(this.#all, socket)
    })
  }

  /** Closes connections, each after what is written to it. */
  close(): void {
    for (const socket of this.#all) socket.destroySoon()
    // Of those with TLS the connection below ends with them.
    if (this.#all.size === 0) this.#closeBare()
    for (const socket of this.#all) {
      socket.once('close', () => {
        if (this.#all.size === 0) this.#closeBare()
      })
    }
  }

  #closeBare(): void {
    for (const socket of this.#bare) socket.destroy()
  }

  cut(): void {
    for (const socket of this.#all) socket.destroy()
    this.#closeBare()
  }
}

/**
 * Ends a server: it says that it is not healthy, takes no new work, finishes the requests that have
 * begun, and closes its connections. What is left after `seconds` is cut.
 *
 * @returns whether all requests were finished
 */
export async function shutDown(
  server: http.Server,
  connections: Connections,
  listener: Listener,
  seconds: number,
): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<boolean>((resolve) => {
    timer = setTimeout(resolve, millisecondsOf(seconds), false)
  })
  const isFinished = await Promise.race([listener.drain().then(() => true), late])
  const closed = new Promise<boolean>((resolve) => {
    server.close(() => {
      resolve(true)
    })
  })
  if (isFinished) {
    connections.close()
    // A client that does not take the last bytes of its answer is cut as well.
    if (!(await Promise.race([closed, late]))) connections.cut()
  } else connections.cut()
  clearTimeout(timer)
  await closed
  return isFinished
}
