// OpenAI's protocol: embeddings and the list of models.

import { asciiJson, jsonAnswer } from '../answer.js'
import type { Answer } from '../answer.js'
import { BASE64_PER_STEP, embed, listed, NUMBERS_PER_STEP, numbersOf, truncatedHeader } from '../embed.js'
import type { Texts } from '../embed.js'
import type { Exchange, Route } from '../exchange.js'
import { Fault } from '../fault.js'
import { assertNotEmpty, dimensions, ignored, oneOf, textOrList } from '../fields.js'
import type { Body } from '../json-body.js'
import type { ServedRows } from '../model.js'
import type { NamedModel } from '../models.js'

const FORMATS = ['float', 'base64'] as const

async function embeddings(exchange: Exchange, body: Body): Promise<Answer> {
  const { models, options } = exchange.shared
  const model = models.find(body.model)
  const input = inputOf(body.input)
  const texts = textOrList(input, 'input', options)
  assertNotEmpty(texts, 'input')
  const isBase64 = oneOf(body.encoding_format, 'encoding_format', FORMATS, 'float') === 'base64'
  const dimensionality = dimensions(body.dimensions, model.dim)
  const encoding = dimensionality === undefined ? undefined : { dimensionality }
  ignored(body.user, 'user')
  const read: Texts = { texts, param: 'input' }
  return embed(exchange, model, read, encoding, !options.strict, (rows, signal) => {
    const item = (index: number): string => embeddingOf(rows, index, isBase64)
    if (rows.rows === 1) return embeddingsAnswer(model, rows, [item(0)])
    const items = listed(rows.rows, isBase64 ? BASE64_PER_STEP : NUMBERS_PER_STEP, item, signal)
    return Array.isArray(items)
      ? embeddingsAnswer(model, rows, items)
      : items.then((each) => embeddingsAnswer(model, rows, each))
  })
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

function embeddingOf(rows: ServedRows, index: number, isBase64: boolean): string {
  const start = `{"object":"embedding","index":${index},"embedding":`
  return isBase64 ? `${start}"${rows.base64(index)}"}` : `${start}${numbersOf(rows, index)}}`
}

function embeddingsAnswer({ jsonName }: NamedModel, rows: ServedRows, items: readonly string[]): Answer {
  const tokens = rows.totalTokens
  const start = '{"object":"list","data":['
  const end = `],"model":${jsonName},"usage":{"prompt_tokens":${tokens},"total_tokens":${tokens}}}`
  // Short ones as one string, which is written with the headers.
  const body = items.length === 1 ? start + (items[0] ?? '') + end : [start, ...items, end]
  return jsonAnswer(body, rows.rows, tokens, truncatedHeader(rows))
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

export const OPENAI_ROUTES: readonly Route[] = [
  { method: 'POST', path: '/v1/embeddings', protocol: 'openai', answer: embeddings },
  { method: 'POST', path: '/embeddings', protocol: 'openai', answer: embeddings },
  { method: 'GET', path: '/v1/models', protocol: 'openai', answer: listModels },
  { method: 'GET', path: '/v1/models/*', protocol: 'openai', answer: showModel },
]
