// Which route a request is for, by its method and path.

import type { Protocol } from './error-answer.js'
import { Fault } from './fault.js'
import type { Metrics, RouteMetrics } from './metrics.js'
import type { Route } from './exchange.js'

/** A route with its counts. */
interface KnownRoute {
  readonly route: Route
  readonly metrics: RouteMetrics
}

/** Where a request leads. */
export interface Match extends KnownRoute {
  /** What stands in the path for the `*` of the route. */
  readonly parameter: string
  /** Whether the route was made up: there is none with this path and method. */
  readonly isUnknown: boolean
  /** Whether there is the path, if only with other methods. */
  readonly hasPath: boolean
}

/** The routes of a path by their methods. */
type RoutesOfPath = ReadonlyMap<string, Match>

export class Router {
  readonly #basePath: string
  readonly #paths = new Map<string, Map<string, Match>>()
  /** What paths with a parameter begin with. */
  readonly #prefixes: readonly string[]
  readonly #other: RouteMetrics

  constructor(routes: readonly Route[], basePath: string, metrics: Metrics) {
    this.#basePath = basePath
    const counts = new Map<string, RouteMetrics>()
    for (const route of routes) {
      const { path, method } = route
      const counted = counts.get(path) ?? metrics.route(path)
      counts.set(path, counted)
      const ofPath = this.#paths.get(path) ?? new Map<string, Match>()
      ofPath.set(method, { route, metrics: counted, parameter: '', isUnknown: false, hasPath: true })
      this.#paths.set(path, ofPath)
    }
    this.#prefixes = [...this.#paths.keys()].filter((path) => path.endsWith('*')).map((path) => path.slice(0, -1))
    this.#other = metrics.route('other')
  }

  /** @param target path and query, or a whole URL */
  match(method: string, target: string): Match {
    const path = this.#pathOf(target)
    const [routes, parameter] = path === null ? [undefined, ''] : this.#find(path)
    const found = routes?.get(method === 'HEAD' ? 'GET' : method)
    if (found === undefined) return this.#unknown(method, path ?? '', routes)
    return parameter === '' ? found : { ...found, parameter }
  }

  #unknown(method: string, path: string, routes: RoutesOfPath | undefined): Match {
    const [first] = routes?.values() ?? []
    const answer = (): never => {
      if (routes === undefined) throw new Fault('path', 'there is no such path')
      const allowed = [...routes.keys()].flatMap((each) => (each === 'GET' ? ['GET', 'HEAD'] : [each]))
      throw new Fault('method', `the method should be ${allowed.join(' or ')}, but is ${method}`, null, [
        'Allow',
        allowed.join(', '),
      ])
    }
    const protocol = first?.route.protocol ?? protocolOf(path)
    const route: Route = { method: 'GET', path: 'other', protocol, summary: '', answer }
    return { route, metrics: this.#other, parameter: '', isUnknown: true, hasPath: routes !== undefined }
  }

  /** Without origin, base path and query; null = not below the base path. */
  #pathOf(target: string): string | null {
    const [, ofUrl] = target.startsWith('/') ? [] : (/^https?:\/\/[^/?#]*([^?#]*)/i.exec(target) ?? [])
    const query = target.indexOf('?')
    const path = ofUrl ?? (query < 0 ? target : target.slice(0, query))
    if (this.#basePath === '') return path === '' ? '/' : path
    return path.startsWith(`${this.#basePath}/`) ? path.slice(this.#basePath.length) : null
  }

  #find(path: string): readonly [RoutesOfPath | undefined, parameter: string] {
    const routes = path.endsWith('*') ? undefined : this.#paths.get(path)
    if (routes !== undefined) return [routes, '']
    for (const prefix of this.#prefixes) {
      if (path.startsWith(prefix) && path.length > prefix.length)
        return [this.#paths.get(`${prefix}*`), path.slice(prefix.length)]
    }
    return [undefined, '']
  }
}

/** Whose words an error is in that no route has. */
function protocolOf(path: string): Protocol {
  return path.startsWith('/v1/') ? 'openai' : path.startsWith('/api/') ? 'ollama' : 'tei'
}
