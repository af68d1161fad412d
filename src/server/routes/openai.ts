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
        // As one string, which is written together with the headers.
        if (rows.rows === 1) return shortAnswer(model, rows, isBase64)
        const items = vectorItems(rows, isBase64, itemStart, signal)
        return Array.isArray(items)
          ? longAnswer(model, rows, items)
          : items.then((each) => longAnswer(model, rows, each))
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

function itemStart(index: number): string {
  return `{"object":"embedding","index":${index},"embedding":`
}

function answerEnd({ jsonName }: NamedModel, tokens: number): string {
  return `],"model":${jsonName},"usage":{"prompt_tokens":${tokens},"total_tokens":${tokens}}}`
}

function shortAnswer(model: NamedModel, rows: ServedRows, isBase64: boolean): Answer {
  const tokens = rows.totalTokens
  const vector = isBase64 ? `"${rows.base64(0)}"` : latin1(rows.json(0))
  const body = `${START}${itemStart(0)}${vector}}${answerEnd(model, tokens)}`
  return jsonAnswer(body, 1, tokens, truncatedHeader(rows))
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
