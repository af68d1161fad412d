// TEI's classification: what a pipeline's head says of texts, and ranks, which need another kind of
// model.

import { asciiJson, jsonAnswer } from '../answer.js'
import type { Answer } from '../answer.js'
import { countTexts, listed, latin1, truncatedHeader } from '../embed.js'
import type { Exchange, Route } from '../exchange.js'
import { Fault } from '../fault.js'
import { assertNotEmpty, flag, oneText, textList } from '../fields.js'
import type { Body } from '../fields.js'
import type { ServedPipeline, ServedScores } from '../model.js'
import { readTruncation } from './tei-embed.js'

/** How many texts' labels are sorted and written in a step. */
const TEXTS_PER_STEP = 32
const FLOAT_BYTES = 4
/** About how many bytes a class has in an answer, besides its label. */
const PREDICTION_BYTES = 36

/** The classes of texts. */
export async function predict(exchange: Exchange, body: Body): Promise<Answer> {
  const model = exchange.shared.models.find(body.model)
  const { isBatch, texts } = readInputs(exchange, body.inputs)
  const truncates = readTruncation(body)
  const isRaw = flag(body.raw_scores, 'raw_scores', false)
  const { pipeline } = model
  // A head that is a projection gives vectors.
  if (pipeline === null || !model.isClassifier) throw new Fault('unsupported', 'model is not a classifier model')
  if (isRaw) throw new Fault('unsupported', 'scores are probabilities: `raw_scores` is not supported')
  return exchange.inSlot(async (signal) => {
    exchange.hold(texts.length * model.dim * FLOAT_BYTES)
    const scores = await pipeline.predictProba(texts, { signal })
    const nameOf = (index: number): string => (isBatch ? `inputs[${index}][0]` : 'inputs')
    countTexts(exchange, model, { texts, param: 'inputs', nameOf }, scores, truncates)
    const labels = labelsOf(pipeline, scores)
    exchange.hold(texts.length * labels.reduce((sum, { length }) => sum + length + PREDICTION_BYTES, 0))
    const items = await listed(texts.length, TEXTS_PER_STEP, (index) => [predictionsOf(scores, index, labels)], signal)
    const tokens = scores.totalTokens ?? 0
    return jsonAnswer(isBatch ? ['[', ...items, ']'] : items, texts.length, tokens, truncatedHeader(scores))
  })
}

/** A text, or a batch of lists of one text: TEI's lists of two are pairs. @throws Fault */
function readInputs({ shared }: Exchange, inputs: unknown): { isBatch: boolean; texts: readonly string[] } {
  const { options } = shared
  if (!Array.isArray(inputs)) {
    const text = oneText(inputs, 'inputs', options)
    assertNotEmpty([text], 'inputs')
    return { isBatch: false, texts: [text] }
  }
  const isBatch = Array.isArray(inputs[0])
  if (!isBatch && inputs.length > 1) {
    throw new Fault(
      'invalid',
      '`inputs` is a pair of texts, which the model does not take: a batch is `[["…"], ["…"]]`',
      'inputs',
    )
  }
  const texts = isBatch ? (inputs as unknown[]).map(textOfOne) : (inputs as unknown[])
  const list = textList(texts, 'inputs', options)
  assertNotEmpty(list, 'inputs')
  return { isBatch, texts: list }
}

function textOfOne(list: unknown, index: number): unknown {
  if (Array.isArray(list) && list.length === 1) return list[0]
  throw new Fault('invalid', `\`inputs[${index}]\` should be a list of one text`, 'inputs')
}

/** As JSON. */
function labelsOf({ classes }: ServedPipeline, scores: ServedScores): readonly string[] {
  return Array.from(scores.row(0), (_, i) => asciiJson(classes === null ? `LABEL_${i}` : String(classes[i])))
}

/** The most likely first. */
function predictionsOf(scores: ServedScores, index: number, labels: readonly string[]): string {
  const row = scores.row(index)
  // The shortest numbers that are these float32.
  const numbers = latin1(scores.json(index)).slice(1, -1).split(',')
  const order = labels.map((_, i) => i).sort((a, b) => (row[b] ?? 0) - (row[a] ?? 0))
  return `[${order.map((i) => `{"score":${numbers[i] ?? 'null'},"label":${labels[i] ?? 'null'}}`).join(',')}]`
}

function rerank({ shared }: Exchange, body: Body): Answer {
  const { options } = shared
  assertNotEmpty([oneText(body.query, 'query', options)], 'query')
  assertNotEmpty(textList(body.texts, 'texts', options), 'texts')
  throw new Fault('unsupported', 'model is not a re-ranker model')
}

export const PREDICT_ROUTES: readonly Route[] = [
  {
    method: 'POST',
    path: '/predict',
    protocol: 'tei',
    summary: "The classes of texts, by a pipeline's head",
    request: 'PredictRequest',
    response: 'PredictResponse',
    statuses: [424],
    answer: predict,
  },
  {
    method: 'POST',
    path: '/rerank',
    protocol: 'tei',
    summary: 'Not supported by models of static vectors',
    request: 'RerankRequest',
    statuses: [424],
    answer: rerank,
  },
]
