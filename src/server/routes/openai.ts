// OpenAI's protocol: embeddings and the list of models.

import { asciiJson, jsonAnswer } from '../answer.js'
import type { Answer, Chunk } from '../answer.js'
import { BASE64_BYTES, embed, latin1, NUMBER_BYTES, truncatedHeader, vectorItems } from '../embed.js'
import type { Exchange, Route } from '../exchange.js'
import { Fault } from '../fault.js'
import { assertNotEmpty, dimensions, ignored, oneOf, textOrList } from '../fields.js'
import type { Body } from '../fields.js'
import type { ServedRows } from '../model.js'
import type { NamedModel } from '../models.js'

const FORMATS = ['float', 'base64'] as const

function embeddings(exchange: Exchange, body: Body): Answer | Promise<Answer> {
  const { models, options } = exchange.shared
  const model = models.find(body.model)
  const input = inputOf(body.input)
  const texts = textOrList(input, 'input', options)
  assertNotEmpty(texts, 'input')
  const isBase64 = oneOf(body.encoding_format, 'encoding_format', FORMATS, 'float') === 'base64'
  const dimensionality = dimensions(body.dimensions, model.dim)
  ignored(body.user, 'user')
  return embed(
    exchange,
    model,
    { texts, param: 'input' },
    {
      options: dimensionality === undefined ? undefined : { dimensionality },
      truncates: !options.strict,
      bytes: isBase64 ? BASE64_BYTES : NUMBER_BYTES,
      write(rows, signal) {
        if (rows.rows <= FEW_ROWS) return shortAnswer(model, rows, isBase64)
        return vectorItems(rows, isBase64, ITEM, signal).then((items) => longAnswer(model, rows, items))
      },
    },
  )
}

/** Texts, and not what else a client of OpenAI may send. @throws Fault */
function inputOf(input: unknown): unknown {
  if (!Array.isArray(input)) return input
  const first: unknown = input[0]
  if (typeof first === 'number' || (Array.isArray(first) && typeof first[0] === 'number')) {
    throw new Fault(
      'invalid',
      "`input` should be a string or a list of strings, but has token ids, which are another model's " +
        '(LangChain for Python sends them unless `check_embedding_ctx_length=False`)',
      'input',
    )
  }
  return input
}

const START = '{"object":"list","data":['

const ITEM = { opening: '{"object":"embedding",', indexKey: '"index":', end: '"embedding":' } as const

/** Up to this many rows an answer is one string, which is written together with the headers. */
const FEW_ROWS = 4

function answerEnd({ jsonName }: NamedModel, tokens: number): string {
  return `],"model":${jsonName},"usage":{"prompt_tokens":${tokens},"total_tokens":${tokens}}}`
}

function shortAnswer(model: NamedModel, rows: ServedRows, isBase64: boolean): Answer {
  const tokens = rows.totalTokens
  const { opening, indexKey, end } = ITEM
  let body = START
  for (let index = 0; index < rows.rows; index++) {
    const vector = isBase64 ? `"${rows.base64(index)}"` : latin1(rows.json(index))
    body += `${index === 0 ? '' : ','}${opening}${indexKey}${index},${end}${vector}}`
  }
  return jsonAnswer(body + answerEnd(model, tokens), rows.rows, tokens, truncatedHeader(rows))
}

function longAnswer(model: NamedModel, rows: ServedRows, items: readonly Chunk[]): Answer {
  const tokens = rows.totalTokens
  return jsonAnswer([START, ...items, answerEnd(model, tokens)], rows.rows, tokens, truncatedHeader(rows))
}

/** When the server was started, in seconds. */
const CREATED = Math.floor(Date.now() / 1000)

function modelObject(id: string): object {
  return { id, object: 'model', created: CREATED, owned_by: 'model2vec-node' }
}

function listModels({ shared }: Exchange): Answer {
  return jsonAnswer(asciiJson({ object: 'list', data: shared.models.names.map(modelObject) }))
}

function showModel({ shared, parameter }: Exchange): Answer {
  const id = decoded(parameter)
  shared.models.find(id)
  return jsonAnswer(asciiJson(modelObject(id)))
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part)
  } catch {
    return part
  }
}

const EMBEDDINGS = {
  method: 'POST',
  protocol: 'openai',
  summary: 'Vectors of texts',
  request: 'OpenAIEmbeddingRequest',
  response: 'OpenAIEmbeddingResponse',
  answer: embeddings,
} as const

export const OPENAI_ROUTES: readonly Route[] = [
  { path: '/v1/embeddings', ...EMBEDDINGS },
  { path: '/embeddings', ...EMBEDDINGS },
  {
    method: 'GET',
    path: '/v1/models',
    protocol: 'openai',
    summary: 'The models',
    response: 'OpenAIModels',
    answer: listModels,
  },
  {
    method: 'GET',
    path: '/v1/models/*',
    protocol: 'openai',
    summary: 'A model',
    response: 'OpenAIModel',
    statuses: [404],
    answer: showModel,
  },
]
