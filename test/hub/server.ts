// A Hub on this machine: the API and resolve paths of huggingface.co with their headers, redirects
// and errors, and the second host that large files come from. python.test.ts runs Python's
// huggingface_hub against it.

import { createServer } from 'node:http'
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

import type { HubFile, HubRepository } from './content.js'
import { sendBytes } from './send.js'
import type { Fault } from './send.js'

/** A request as it came in. */
export interface SeenRequest {
  readonly host: 'hub' | 'cdn'
  readonly method: string
  /** Without a query. */
  readonly path: string
  readonly authorization: string | undefined
  readonly range: string | undefined
}

export class HubServer {
  readonly requests: SeenRequest[] = []
  endpoint = ''
  /** Answers of the second host that are still being sent. */
  openFetches = 0
  /** What goes wrong with a request; null = nothing. */
  fault: (request: SeenRequest) => Fault | null = () => null
  readonly #repositories = new Map<string, HubRepository>()
  readonly #hub: Server
  readonly #cdn: Server

  private constructor() {
    this.#hub = createServer((request, response) => {
      this.#answer('hub', request, response)
    })
    this.#cdn = createServer((request, response) => {
      this.#answer('cdn', request, response)
    })
  }

  static async start(...repositories: readonly HubRepository[]): Promise<HubServer> {
    const server = new HubServer()
    for (const repository of repositories) server.#repositories.set(repository.id, repository)
    for (const each of [server.#hub, server.#cdn]) {
      await new Promise<void>((resolve) => each.listen(0, '127.0.0.1', resolve))
      each.unref()
    }
    server.endpoint = address(server.#hub)
    return server
  }

  /** GET requests for a file's bytes, not those that are answered with a redirect. */
  fetches(name: string): readonly SeenRequest[] {
    return this.requests.filter(({ method, path }) => {
      return method === 'GET' && path.endsWith(`/${name}`) && !path.includes('/resolve/')
    })
  }

  stop(): void {
    for (const each of [this.#hub, this.#cdn]) {
      each.close()
      each.closeAllConnections()
    }
  }

  #answer(host: 'hub' | 'cdn', request: IncomingMessage, response: ServerResponse): void {
    const url = new URL(request.url ?? '/', 'http://localhost')
    const seen: SeenRequest = {
      host,
      method: request.method ?? 'GET',
      path: decodeURIComponent(url.pathname),
      authorization: request.headers.authorization,
      range: request.headers.range,
    }
    this.requests.push(seen)
    const fault = this.fault(seen)
    // Nothing at all is sent.
    if (fault?.stallAfter === 0) return
    if (fault?.status !== undefined) {
      response.writeHead(fault.status, fault.headers).end()
      return
    }
    if (fault?.drop === true) {
      request.socket.destroy()
      return
    }
    if (host === 'cdn') {
      this.openFetches++
      response.on('close', () => this.openFetches--)
      this.#answerCdn(seen, response, fault)
    } else this.#answerHub(seen, url, request, response, fault)
  }

  #answerHub(
    seen: SeenRequest,
    url: URL,
    request: IncomingMessage,
    response: ServerResponse,
    fault: Fault | null,
  ): void {
    const [, api, resolve, cached] =
      /^\/api\/models\/(.+)$|^\/(.+\/resolve\/.+)$|^\/api\/resolve-cache\/models\/(.+)$/.exec(url.pathname) ?? []
    const place =
      (cached === undefined ? null : /^(.+)\/([\da-f]{40})\/(.+)$/.exec(cached)) ??
      /^(.+?)\/resolve\/([^/]+)\/(.+)$/.exec(resolve ?? '') ??
      /^(.+)\/(?:revision|tree)\/([^/]+)$/.exec(api ?? '')
    const [, id = '', revision = '', name = ''] = (place ?? []).map(decodeURIComponent)
    const repository = this.#repositories.get(id)
    const token = seen.authorization?.replace('Bearer ', '')
    if (
      repository === undefined ||
      (repository.tokens !== null && !repository.isGated && !isAllowed(repository, token))
    ) {
      // The Hub doesn't tell whether a private model exists.
      refuse(response, token === undefined ? 401 : 404, 'RepoNotFound')
      return
    }
    if (cached === undefined && resolve !== undefined && !isAllowed(repository, token)) {
      refuse(response, token === undefined ? 401 : 403, 'GatedRepo')
      return
    }
    const commit = repository.refs.get(revision) ?? revision
    const files = repository.commits.get(commit)
    if (files === undefined) refuse(response, 404, 'RevisionNotFound')
    else if (api !== undefined && url.pathname.includes('/tree/')) json(response, tree(files))
    else if (api !== undefined) json(response, info(repository, commit, files))
    else this.#resolve(repository, commit, files, name, cached !== undefined, request, response, fault)
  }

  #resolve(
    repository: HubRepository,
    commit: string,
    files: ReadonlyMap<string, HubFile>,
    name: string,
    isCached: boolean,
    request: IncomingMessage,
    response: ServerResponse,
    fault: Fault | null,
  ): void {
    const file = files.get(name)
    response.setHeader('X-Repo-Commit', commit)
    if (file === undefined) {
      refuse(response, 404, 'EntryNotFound')
    } else if (file.sha256 !== null) {
      response.setHeader('X-Linked-Size', file.bytes.length)
      response.setHeader('X-Linked-ETag', `"${file.sha256}"`)
      const query = 'X-Amz-Signature=secret'
      response.writeHead(302, { Location: `${address(this.#cdn)}/${repository.id}/${commit}/${name}?${query}` }).end()
    } else if (!isCached) {
      const location = `/api/resolve-cache/models/${repository.id}/${commit}/${encodeURI(name)}?etag=%22${file.oid}%22`
      response.writeHead(307, { Location: location }).end()
    } else {
      sendBytes(request, response, file.bytes, file.oid, fault)
    }
  }

  #answerCdn(seen: SeenRequest, response: ServerResponse, fault: Fault | null): void {
    const [, id = '', commit = '', name = ''] = /^\/(.+)\/([\da-f]{40})\/(.+)$/.exec(seen.path) ?? []
    const file = this.#repositories.get(id)?.commits.get(commit)?.get(name)
    if (seen.authorization !== undefined) response.writeHead(400).end('a signed URL and a token')
    else if (file === undefined) response.writeHead(403).end()
    else sendBytes(response.req, response, file.bytes, 'a-cdn-etag', fault)
  }
}

function address(server: Server): string {
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

function isAllowed({ tokens }: HubRepository, token: string | undefined): boolean {
  return tokens === null || (token !== undefined && tokens.has(token))
}

function refuse(response: ServerResponse, status: number, code: string): void {
  response.writeHead(status, { 'X-Error-Code': code, 'X-Error-Message': code }).end(JSON.stringify({ error: code }))
}

function json(response: ServerResponse, value: unknown): void {
  response.writeHead(200, { 'Content-Type': 'application/json' }).end(JSON.stringify(value))
}

function info(repository: HubRepository, sha: string, files: ReadonlyMap<string, HubFile>): unknown {
  const siblings = [...files.keys()].map((rfilename) => ({ rfilename }))
  const { id } = repository
  return { _id: '0', id, modelId: id, sha, private: repository.tokens !== null, tags: [], downloads: 0, siblings }
}

function tree(files: ReadonlyMap<string, HubFile>): unknown {
  return [...files].map(([path, { bytes, oid, sha256 }]) => {
    const lfs = sha256 === null ? {} : { lfs: { oid: sha256, size: bytes.length, pointerSize: 134 } }
    return { type: 'file', path, oid, size: bytes.length, ...lfs }
  })
}
