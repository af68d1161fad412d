// How an answer gets to a client of `node:http`: with its headers, no faster than the client reads,
// and counted until the last byte is written.

import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'

import { clearTimeout, setTimeout } from '../runtime/node-globals.js'
import { bytesOf, isList } from './answer.js'
import type { Answer, Chunk } from './answer.js'
import { GONE } from './exchange.js'
import type { Exchange } from './exchange.js'
import type { Outcome, Service } from './service.js'

/** Up to this many bytes an answer is written at once, with its headers. */
const WRITTEN_TOGETHER = 1 << 19
/** How long the rest of a refused body is still read, in milliseconds. */
const LINGER_MS = 1000

export class Outgoing {
  readonly #service: Service
  readonly #exchange: Exchange
  readonly #request: IncomingMessage
  readonly #response: ServerResponse

  constructor(service: Service, exchange: Exchange, request: IncomingMessage, response: ServerResponse) {
    this.#service = service
    this.#exchange = exchange
    this.#request = request
    this.#response = response
  }

  /** Never throws: there is nobody to catch it. */
  settle(outcome: Outcome | Promise<Outcome>): void {
    if (typeof outcome !== 'symbol' && 'then' in outcome) {
      void outcome.then((settled) => {
        this.settle(settled)
      })
      return
    }
    // The application may have answered instead, of a request that took too long for it, say.
    if (outcome === GONE || this.isAnswered) {
      this.#exchange.close()
      return
    }
    try {
      this.#send(outcome)
    } catch (error) {
      this.#service.report(error)
      this.#response.destroy()
      this.#exchange.close()
    }
  }

  get isAnswered(): boolean {
    return this.#response.headersSent || this.#response.writableEnded
  }

  #send(answer: Answer): void {
    const response = this.#response
    const { status, body } = answer
    const isUnread = hasUnreadBody(this.#request)
    const headers = headersOf(answer)
    if (isUnread || this.#service.shared.isDraining) headers.push('Connection', 'close')
    response.writeHead(status, headers)
    if (isUnread) this.#linger(body)
    else if (typeof body === 'string') response.end(body, 'latin1')
    else if (!isList(body)) response.end(body)
    else if (bytesOf(body) > WRITTEN_TOGETHER) {
      void this.#writeChunks(body)
      this.#closeLater()
      return
    } else {
      response.cork()
      for (const chunk of body) response.write(chunk, 'latin1')
      response.end()
    }
    if (response.writableFinished) this.#exchange.close()
    else this.#closeLater()
  }

  /** When the response is over, or the connection: then those that wait in it are over, too. */
  #closeLater(): void {
    const unwatch = watchSocket(this.#request, this.#response, () => {
      this.#exchange.close()
    })
    this.#response.once('close', () => {
      unwatch()
      this.#exchange.close()
    })
  }

  /** No faster than the client reads. */
  async #writeChunks(chunks: readonly Chunk[]): Promise<void> {
    const response = this.#response
    for (const chunk of chunks) {
      if (response.destroyed || response.writableEnded) return
      if (!response.write(chunk, 'latin1')) await drained(response)
    }
    response.end()
  }

  /**
   * Answers a request whose body was not read. The connection is closed, but not at once: the
   * client may still be sending, and would lose the answer to a reset of its connection.
   */
  #linger(body: Answer['body']): void {
    const request = this.#request
    const response = this.#response
    for (const chunk of isList(body) ? body : [body]) response.write(chunk, 'latin1')
    const end = (): void => {
      clearTimeout(timer)
      request.off('end', end).off('close', end)
      response.end()
    }
    const timer = setTimeout(end, LINGER_MS)
    request
      .on('end', end)
      .on('close', end)
      .on('error', () => undefined)
    request.resume()
  }
}

function headersOf({ status, type, headers, body }: Answer): string[] {
  return status === 204 ? [...headers] : ['Content-Type', type, 'Content-Length', String(bytesOf(body)), ...headers]
}

function hasUnreadBody({ complete, readableEnded, headers }: IncomingMessage): boolean {
  if (complete || readableEnded) return false
  return headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0
}

function drained(response: ServerResponse): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      response.off('drain', done).off('close', done)
      resolve()
    }
    response.on('drain', done).on('close', done)
  })
}

/** What is called when a connection closes: several requests can be in work on one, pipelined. */
const watchers = new WeakMap<Socket, Set<() => void>>()

/** @returns stops watching */
export function watchSocket({ socket }: IncomingMessage, response: ServerResponse, onGone: () => void): () => void {
  if (socket.destroyed || response.destroyed) {
    onGone()
    return () => undefined
  }
  let all = watchers.get(socket)
  if (all === undefined) {
    const told = new Set<() => void>()
    all = told
    watchers.set(socket, told)
    socket.once('close', () => {
      for (const each of told) each()
    })
  }
  const added = all
  added.add(onGone)
  return () => {
    added.delete(onGone)
  }
}
