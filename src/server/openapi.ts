// The OpenAPI document of a server: what it is asked, and every answer that it gives.

import { VERSION } from '../version.js'
import { asciiJson } from './answer.js'
import type { Protocol } from './error-answer.js'
import type { ModelTable } from './models.js'
import { ref, schemas } from './openapi-schemas.js'
import type { Schema } from './openapi-schemas.js'
import type { CheckedServerOptions } from './options.js'
import type { Route } from './exchange.js'

/** What every route that takes a body may answer. */
const BODY_STATUSES = [400, 404, 413, 415, 429, 500, 503]
/** How TEI says that a field is wrong; the others say 400. */
const TEI_INVALID = 422

const MEANINGS: Readonly<Record<number, string>> = {
  200: 'The answer',
  400: 'The body is no JSON, a field is wrong, or there is nothing to embed',
  401: 'There is no key, or not one of those that open the server',
  403: 'The server is not known by the name of the host',
  404: 'There is no such model',
  413: 'The body, the batch or a text is too large',
  415: 'The body is of a type or packed in a way that is not known',
  422: 'A field is missing or wrong',
  424: 'The model can not do that',
  429: 'The server is overloaded',
  500: 'An error of the server',
  503: 'The server is not ready, shuts down, or took too long',
}

const ERRORS: Readonly<Record<Protocol, string>> = { openai: 'OpenAIError', tei: 'TeiError', ollama: 'OllamaError' }

/** Headers of answers by their statuses. */
const HEADERS: Readonly<Record<number, readonly [name: string, description: string]>> = {
  401: ['WWW-Authenticate', 'Bearer'],
  429: ['Retry-After', 'When to try again, in seconds'],
  503: ['Retry-After', 'When to try again, in seconds'],
}
const TRUNCATED = ['X-Truncated-Texts', 'How many texts were cut; not there = none'] as const
/** Answers that say how many texts were cut. */
const COUNTS_TRUNCATED = /^(?:Embed|OpenAIEmbedding|Ollama|Similarity|Predict|Root)/

/** As JSON. */
export function openApiDocument(routes: readonly Route[], options: CheckedServerOptions, models: ModelTable): string {
  const hasKeys = options.apiKeys.length > 0
  const paths: Record<string, Record<string, Schema>> = {}
  for (const route of routes) {
    const item = (paths[pathOf(route)] ??= {})
    item[route.method.toLowerCase()] = describe(route, options, models)
  }
  return asciiJson({
    openapi: '3.1.0',
    info: {
      title: 'model2vec-node',
      version: VERSION,
      description: 'Model2Vec embeddings by the protocols of OpenAI, text-embeddings-inference (TEI) and Ollama',
    },
    servers: [{ url: options.basePath === '' ? '/' : options.basePath }],
    paths,
    components: {
      schemas: { ...schemas(options, models), OpenApi: { type: 'object' } },
      ...(hasKeys && {
        securitySchemes: {
          bearer: { type: 'http', scheme: 'bearer' },
          header: { type: 'apiKey', in: 'header', name: 'X-Api-Key' },
        },
      }),
    },
  })
}

function pathOf({ path }: Route): string {
  return path.replace('*', '{model}')
}

function describe(route: Route, { apiKeys, hosts }: CheckedServerOptions, models: ModelTable): Schema {
  const { protocol, summary, request, response, type, statuses = [], isOpen = false } = route
  const needsKey = apiKeys.length > 0 && !isOpen
  const errors = new Set([
    ...statuses,
    ...(isOpen ? [] : [429]),
    ...(request === undefined ? [] : BODY_STATUSES),
    ...(request !== undefined && protocol === 'tei' ? [TEI_INVALID] : []),
    ...(needsKey ? [401] : []),
    ...(hosts.length > 0 ? [403] : []),
  ])
  const responses: Record<string, Schema> = {}
  const content = (name: string): Schema => ({ 'application/json': { schema: ref(name) } })
  if (response !== undefined) {
    const headers = COUNTS_TRUNCATED.test(response) ? headersOf(TRUNCATED, { type: 'integer', minimum: 1 }) : {}
    responses[200] = { description: meaning(200), ...headers, content: content(response) }
  }
  if (type !== undefined) {
    responses[200] = { description: meaning(200), content: { [type]: { schema: { type: 'string' } } } }
  }
  for (const status of [...errors].sort((a, b) => a - b)) {
    const header = HEADERS[status]
    const headers = header === undefined ? {} : headersOf(header, { type: 'string' })
    responses[status] = { description: meaning(status), ...headers, content: content(ERRORS[protocol]) }
  }
  return {
    summary,
    operationId: operationId(route),
    tags: [{ openai: 'OpenAI', tei: 'TEI', ollama: 'Ollama' }[protocol]],
    ...(route.path.endsWith('*') && {
      parameters: [{ name: 'model', in: 'path', required: true, schema: { enum: models.names } }],
    }),
    ...(request !== undefined && {
      requestBody: { required: true, content: { 'application/json': { schema: ref(request) } } },
    }),
    responses,
    ...(needsKey && { security: [{ bearer: [] }, { header: [] }] }),
  }
}

function headersOf([name, description]: readonly [string, string], schema: Schema): Schema {
  return { headers: { [name]: { description, schema } } }
}

function meaning(status: number): string {
  return MEANINGS[status] ?? ''
}

function operationId(route: Route): string {
  const words = pathOf(route).replaceAll(/[^a-z\d]+([a-z\d]?)/gi, (_, letter: string) => letter.toUpperCase())
  return `${route.method.toLowerCase()}${words}`
}
