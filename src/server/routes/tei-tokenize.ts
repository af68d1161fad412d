// TEI's tokens of texts.

import { asciiJson, jsonAnswer } from '../answer.js'
import type { Answer, Chunk } from '../answer.js'
import { listed } from '../embed.js'
import type { Exchange, Route } from '../exchange.js'
import { Fault } from '../fault.js'
import { assertNotEmpty, flag, textOrList } from '../fields.js'
import type { Body } from '../fields.js'

/** The most tokens of an answer, in which each has some 70 bytes. */
const MAX_TOKENS = 1 << 18
const TOKENS_PER_STEP = 256
/** About how many bytes a token has in an answer. */
const TOKEN_BYTES = 80

/** Model2Vec has no tokens that are only special, and no places of tokens. */
async function tokenize(exchange: Exchange, body: Body): Promise<Answer> {
  const { models, options } = exchange.shared
  const { embedder } = models.find(body.model)
  const texts = textOrList(body.inputs, 'inputs', options)
  assertNotEmpty(texts, 'inputs')
  flag(body.add_special_tokens, 'add_special_tokens', true)
  return exchange.inSlot(async (signal) => {
    const ids = await embedder.tokenizeAsync(texts, { maxLength: null, signal })
    const count = ids.reduce((sum, { length }) => sum + length, 0)
    if (count > MAX_TOKENS) {
      throw new Fault('text', `\`inputs\` should have at most ${MAX_TOKENS} tokens, but has ${count}`, 'inputs')
    }
    exchange.hold(count * TOKEN_BYTES)
    const { tokens } = embedder
    const tokenOf = (id: number): string =>
      `{"id":${id},"text":${asciiJson(tokens[id] ?? '')},"special":false,"start":null,"stop":null}`
    const items: Chunk[] = []
    for (const each of ids) {
      const chunks = await listed(each.length, TOKENS_PER_STEP, (index) => [tokenOf(each[index] ?? 0)], signal)
      items.push(items.length === 0 ? '[' : ',[', ...chunks, ']')
    }
    return jsonAnswer(['[', ...items, ']'], texts.length, count)
  })
}

export const TOKENIZE_ROUTES: readonly Route[] = [
  {
    method: 'POST',
    path: '/tokenize',
    protocol: 'tei',
    summary: 'The tokens of texts',
    request: 'TokenizeRequest',
    response: 'TokenizeResponse',
    answer: tokenize,
  },
]
