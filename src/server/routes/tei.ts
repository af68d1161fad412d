// The protocol of text-embeddings-inference (TEI).

import type { Answer } from '../answer.js'
import type { Exchange, Route } from '../exchange.js'
import type { Body } from '../fields.js'
import { EMBED_ROUTES, embedTexts } from './tei-embed.js'
import { PREDICT_ROUTES, predict } from './tei-predict.js'
import { TOKENIZE_ROUTES } from './tei-tokenize.js'

/**
 * What the model is for: classes of a classifier, else vectors. Clients of Hugging Face post here
 * when they are given the address of a server only.
 */
function root(exchange: Exchange, body: Body): Answer | Promise<Answer> {
  const { isClassifier } = exchange.shared.models.find(body.model)
  return isClassifier ? predict(exchange, body) : embedTexts(exchange, body)
}

export const TEI_ROUTES: readonly Route[] = [
  ...EMBED_ROUTES,
  ...PREDICT_ROUTES,
  ...TOKENIZE_ROUTES,
  {
    method: 'POST',
    path: '/',
    protocol: 'tei',
    summary: 'What the model is for: /predict of a classifier, else /embed',
    request: 'RootRequest',
    response: 'RootResponse',
    answer: root,
  },
]
