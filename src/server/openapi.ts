// The OpenAPI document of a server: what it is asked, and every answer that it gives.

import { VERSION } from '../version.js'
import { asciiJson } from './answer.js'
import type { Protocol } from './error-answer.js'
import type { ModelTable } from './models.js'
import { ref, schemas } from './openapi-schemas.js'
import type { Schema } from './openapi-schemas.js'
import type { CheckedServerOptions } from './options.js'

interface Operation {
  readonly path: string
  readonly protocol: Protocol
  readonly summary: string
  /** The schema of the body; none = GET. */
  readonly request?: string
  /** The schema of the answer; none = it can't be given. */
  readonly response?: string
  /** The statuses of errors besides those that every route of its kind has. */
  readonly statuses?: readonly number[]
  readonly type?: string
}

const OPERATIONS: readonly Operation[] = [
  ...['/v1/embeddings', '/embeddings'].map((path) => ({
    path,
    protocol: 'openai' as const,
    summary: 'Vectors of texts',
    request: 'OpenAIEmbeddingRequest',
    response: 'OpenAIEmbeddingResponse',
  })),
  { path: '/v1/models', protocol: 'openai', summary: 'The models', response: 'OpenAIModels' },
  {
    path: '/v1/models/{model}',
    protocol: 'openai',
    summary: 'A model',
    response: 'OpenAIModel',
    statuses: [404],
  },
  { path: '/embed', protocol: 'tei', summary: 'Vectors of texts', request: 'EmbedRequest', response: 'EmbedResponse' },
  {
    path: '/embed_all',
    protocol: 'tei',
    summary: 'A vector for each token of texts',
    request: 'EmbedAllRequest',
    response: 'EmbedAllResponse',
  },
  {
    path: '/embed_sparse',
    protocol: 'tei',
    summary: 'Not supported by models of static vectors',
    request: 'EmbedAllRequest',
    statuses: [424],
  },
  {
    path: '/similarity',
    protocol: 'tei',
    summary: 'The cosines of a text with others',
    request: 'SimilarityRequest',
    response: 'SimilarityResponse',
  },
  {
    path: '/tokenize',
    protocol: 'tei',
    summary: 'The tokens of texts',
    request: 'TokenizeRequest',
    response: 'TokenizeResponse',
  },
  {
    path: '/predict',
    protocol: 'tei',
    summary: "The classes of texts, by a pipeline's head",
    request: 'PredictRequest',
    response: 'PredictResponse',
    statuses: [424],
  },
  {
    path: '/',
    protocol: 'tei',
    summary: 'What the default model is for: /predict of a classifier, else /embed',
    request: 'RootRequest',
    response: 'RootResponse',
  },
  {
    path: '/rerank',
    protocol: 'tei',
    summary: 'Not supported by models of static vectors',
    request: 'RerankRequest',
    statuses: [424],
  },
  {
    path: '/api/embed',
    protocol: 'ollama',
    summary: 'Vectors of texts',
    request: 'OllamaEmbedRequest',
    response: 'OllamaEmbedResponse',
  },
  { path: '/health', protocol: 'tei', summary: 'Whether requests are answered', response: 'Health', statuses: [503] },
  { path: '/info', protocol: 'tei', summary: 'The default model', response: 'Info', statuses: [503] },
  { path: '/metrics', protocol: 'tei', summary: 'Counts for Prometheus', type: 'text/plain' },
  { path: '/openapi.json', protocol: 'tei', summary: 'This document', response: 'OpenApi' },
]

/** What every route that takes a body may answer. */
const BODY_STATUSES = [400, 404, 413, 415, 429, 500, 503]
/** How TEI says that a field is wrong; the others say 400. */
const TEI_INVALID = 422

const MEANINGS: Readonly<Record<number, string>> = {
  200: 'The answer',
  400: 'The body is no JSON, a field is wrong, or there is nothing to embed',
  401: 'There is no key, or not one of those that open the server',
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

/** As JSON. */
export function openApiDocument(options: CheckedServerOptions, models: ModelTable): string {
  const hasKeys = options.apiKeys.length > 0
  const paths: Record<string, Schema> = {}
  for (const operation of OPERATIONS) {
    const item = describe(operation, hasKeys, models)
    paths[operation.path] = { [operation.request === undefined ? 'get' : 'post']: item }
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
      ...(hasKeys && { securitySchemes: { key: { type: 'http', scheme: 'bearer' } } }),
    },
  })
}

function describe(operation: Operation, hasKeys: boolean, models: ModelTable): Schema {
  const { path, protocol, summary, request, response, type, statuses = [] } = operation
  const isOpen = path === '/health'
  const errors = new Set([
    ...statuses,
    ...(request === undefined ? [] : BODY_STATUSES),
    ...(request !== undefined && protocol === 'tei' ? [TEI_INVALID] : []),
    ...(hasKeys && !isOpen ? [401] : []),
  ])
  const responses: Record<string, Schema> = {}
  const content = (name: string): Schema => ({ 'application/json': { schema: ref(name) } })
  if (response !== undefined) responses[200] = { description: meaning(200), content: content(response) }
  if (type !== undefined) {
    responses[200] = { description: meaning(200), content: { [type]: { schema: { type: 'string' } } } }
  }
  for (const status of [...errors].sort((a, b) => a - b)) {
    responses[status] = { description: meaning(status), content: content(ERRORS[protocol]) }
  }
  return {
    summary,
    operationId: operationId(operation),
    tags: [{ openai: 'OpenAI', tei: 'TEI', ollama: 'Ollama' }[protocol]],
    ...(path.endsWith('{model}') && {
      parameters: [{ name: 'model', in: 'path', required: true, schema: { enum: models.names } }],
    }),
    ...(request !== undefined && {
      requestBody: { required: true, content: { 'application/json': { schema: ref(request) } } },
    }),
    responses,
    ...(hasKeys && !isOpen && { security: [{ key: [] }] }),
  }
}

function meaning(status: number): string {
  return MEANINGS[status] ?? ''
}

function operationId({ path, request }: Operation): string {
  return `${request === undefined ? 'get' : 'post'}${path.replaceAll(/[^a-z\d]+([a-z\d]?)/gi, (_, letter: string) => letter.toUpperCase())}`
}
