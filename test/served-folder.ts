// A server of the files in a folder, with ranges and an ETag of its own.

import { readFileSync } from 'node:fs'
import http from 'node:http'
import type { AddressInfo } from 'node:net'
import path from 'node:path'

export interface ServedFolder {
  readonly url: string
  /** Of all files; may be changed. */
  etag: string
  readonly close: () => void
}

export async function servedFolder(folder: string): Promise<ServedFolder> {
  const serving = { etag: '"v1"' }
  const server = http.createServer(({ url = '', headers: { range = '' } }, response) => {
    const bytes = readFileSync(path.join(folder, new URL(url, 'http://x').pathname))
    const [, from = '0', to = ''] = /^bytes=(\d+)-(\d*)$/.exec(range) ?? []
    const part = bytes.subarray(Number(from), to === '' ? bytes.length : Number(to) + 1)
    const contentRange = `bytes ${from}-${Number(from) + part.length - 1}/${bytes.length}`
    response.writeHead(206, { etag: serving.etag, 'content-range': contentRange, 'content-length': part.length })
    response.end(part)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return Object.assign(serving, {
    url: `http://127.0.0.1:${port}`,
    close: () => {
      server.closeAllConnections()
      server.close()
    },
  })
}
