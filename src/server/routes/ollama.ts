// Ollama's protocol: embeddings, as its server/routes.go answers (`EmbedHandler`).

import { performance } from '../../runtime/node-globals.js'
import { asciiJson, jsonAnswer } from '../answer.js'
import type { Answer, Chunk } from '../answer.js'
import { embed, listed, NUMBER_BYTES, NUMBERS_PER_STEP, numbersOf, truncatedHeader } from '../embed.js'
import type { Exchange, Route } from '../exchange.js'
import { flag, integer, textOrList } from '../fields.js'
import type { Body } from '../fields.js'
import type { NamedModel } from '../models.js'

/** The tag of a name that has none. */
const LATEST = /:latest$/

function embedTexts(exchange: Exchange, body: Body): Answer | Promise<Answer> {
  const { models, options } = exchange.shared
  const { model: name, input } = body
  const model = models.find(typeof name === 'string' && !models.has(name) ? name.replace(LATEST, '') : name)
  // An empty string, or none, loads a model there.
  const texts = input === undefined || input === null || input === '' ? [] : textOrList(input, 'input', options)
  const dimensionality = dimensions(body.dimensions, model)
  const start = `{"model":${typeof name === 'string' ? asciiJson(name) : model.jsonName},"embeddings":[`
  const truncates = flag(body.truncate, 'truncate', true) && !options.strict
  const end = (tokens: number): string => {
    const nanoseconds = Math.round(1e6 * (performance.now() - exchange.started))
    return `],"total_duration":${nanoseconds},"load_duration":0,"prompt_eval_count":${tokens}}`
  }
  const answer = (items: readonly Chunk[], count: number, tokens: number, headers: readonly string[]): Answer =>
    jsonAnswer([start, ...items, end(tokens)], count, tokens, headers)
  return embed(
    exchange,
    model,
    { texts, param: 'input' },
    {
      options: { dimensionality, normalize: true },
      truncates,
      bytes: NUMBER_BYTES,
      async write(rows, signal) {
        const items = await listed(rows.rows, NUMBERS_PER_STEP, numbersOf(rows), signal)
        return answer(items, rows.rows, rows.totalTokens, truncatedHeader(rows))
      },
    },
  )
}

/** More than there are, and none, are all. @throws Fault */
function dimensions(value: unknown, { dim }: NamedModel): number | undefined {
  const count = integer(value, 'dimensions')
  return count === undefined || count < 1 || count > dim ? undefined : count
}

export const OLLAMA_ROUTES: readonly Route[] = [
  {
    method: 'POST',
    path: '/api/embed',
    protocol: 'ollama',
    takesAnyType: true,
    summary: 'Vectors of texts',
    request: 'OllamaEmbedRequest',
    response: 'OllamaEmbedResponse',
    answer: embedTexts,
  },
]
