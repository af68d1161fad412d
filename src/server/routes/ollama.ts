// Ollama's protocol: embeddings.

import { performance } from '../../runtime/node-globals.js'
import { jsonAnswer } from '../answer.js'
import type { Answer } from '../answer.js'
import { embed, listed, NUMBERS_PER_STEP, numbersOf, truncatedHeader } from '../embed.js'
import type { Exchange, Route } from '../exchange.js'
import { dimensions, flag, textOrList } from '../fields.js'
import type { Body } from '../json-body.js'

function embedTexts(exchange: Exchange, body: Body): Answer | Promise<Answer> {
  const { models, options } = exchange.shared
  const model = models.find(body.model)
  const texts = textOrList(body.input, 'input', options)
  const truncates = flag(body.truncate, 'truncate', true) && !options.strict
  const dimensionality = dimensions(body.dimensions, model.dim)
  const read = { texts, param: 'input' }
  return embed(exchange, model, read, { dimensionality }, truncates, async (rows, signal) => {
    const items = await listed(rows.rows, NUMBERS_PER_STEP, numbersOf(rows), signal)
    const nanoseconds = Math.round(1e6 * (performance.now() - exchange.started))
    const end = `],"total_duration":${nanoseconds},"load_duration":0,"prompt_eval_count":${rows.totalTokens}}`
    const start = `{"model":${model.jsonName},"embeddings":[`
    return jsonAnswer([start, ...items, end], rows.rows, rows.totalTokens, truncatedHeader(rows))
  })
}

export const OLLAMA_ROUTES: readonly Route[] = [
  { method: 'POST', path: '/api/embed', protocol: 'ollama', answer: embedTexts },
]
