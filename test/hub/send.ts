// How a test Hub sends a file: ranges, and what can go wrong on the way.

import type { IncomingMessage, ServerResponse } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { gzipSync } from 'node:zlib'

/** What goes wrong with one request. */
export interface Fault {
  /** This status instead of an answer. */
  readonly status?: number
  readonly headers?: Readonly<Record<string, string>>
  /** The connection ends without an answer. */
  readonly drop?: boolean
  /** The connection ends after this many bytes. */
  readonly cutAfter?: number
  /** As many bytes as the file has, but others. */
  readonly wrongBytes?: boolean
  /** The answer is whole, but this many bytes shorter than the file. */
  readonly shortBy?: number
  /** Bytes that are sent at once; then a pause. */
  readonly slow?: { readonly bytes: number; readonly pauseMs: number }
  /** The whole file, whatever range is asked for. */
  readonly ignoreRange?: boolean
  /** Compressed, whatever is asked for. */
  readonly gzip?: boolean
  /** Nothing is sent after this many bytes, and the connection stays open. */
  readonly stallAfter?: number
}

export function sendBytes(
  request: IncomingMessage,
  response: ServerResponse,
  bytes: Buffer,
  etag: string,
  fault: Fault | null,
): void {
  if (fault?.gzip === true) {
    const body = gzipSync(bytes)
    response.writeHead(200, { ETag: `W/"${etag}"`, 'Content-Encoding': 'gzip', 'Content-Length': body.length })
    response.end(request.method === 'HEAD' ? undefined : body)
    return
  }
  const [, from, to] =
    fault?.ignoreRange === true ? [] : (/^bytes=(\d+)-(\d*)$/.exec(request.headers.range ?? '') ?? [])
  const start = Number(from ?? 0)
  response.setHeader('ETag', `"${etag}"`)
  response.setHeader('Accept-Ranges', 'bytes')
  if (from !== undefined && start >= bytes.length) {
    response.writeHead(416, { 'Content-Range': `bytes */${bytes.length}` }).end()
    return
  }
  const end = Math.min(to === undefined || to === '' ? bytes.length : Number(to) + 1, bytes.length)
  if (from !== undefined) response.setHeader('Content-Range', `bytes ${start}-${end - 1}/${bytes.length}`)
  const right = bytes.subarray(start, end - (fault?.shortBy ?? 0))
  const body = fault?.wrongBytes === true ? Buffer.alloc(right.length, 'x') : right
  response.writeHead(from === undefined ? 200 : 206, { 'Content-Length': body.length })
  if (request.method === 'HEAD') response.end()
  else void send(response, body, fault)
}

async function send(response: ServerResponse, body: Buffer, fault: Fault | null): Promise<void> {
  const { cutAfter, stallAfter, slow } = fault ?? {}
  const end = Math.min(body.length, cutAfter ?? Infinity, stallAfter ?? Infinity)
  const step = slow?.bytes ?? 1 << 20
  for (let at = 0; at < end && !response.destroyed; at += step) {
    const part = body.subarray(at, Math.min(at + step, end))
    await new Promise((resolve) => response.write(part, resolve))
    if (slow !== undefined) await sleep(slow.pauseMs, undefined, { ref: false })
  }
  if (cutAfter !== undefined && cutAfter < body.length) response.destroy()
  else if (stallAfter === undefined || stallAfter >= body.length) response.end()
}
