// TEI's embeddings: of texts, of each token, and what a model of static vectors does not have.

import { EmbeddingMatrix } from '../../matrix/embedding-matrix.js'
import { jsonAnswer } from '../answer.js'
import type { Answer, Chunk } from '../answer.js'
import {
  countTexts,
  embed,
  latin1,
  listed,
  NUMBER_BYTES,
  NUMBERS_PER_STEP,
  numbersOf,
  truncatedHeader,
} from '../embed.js'
import type { Exchange, Route } from '../exchange.js'
import { Fault } from '../fault.js'
import { assertNotEmpty, dimensions, flag, oneText, textList, textOrList } from '../fields.js'
import type { Body } from '../fields.js'
import type { ServedRows } from '../model.js'
import type { NamedModel } from '../models.js'

/** The most token ids of a request that has an answer for each: TEI's own default. */
export const MAX_BATCH_TOKENS = 16_384
/** Bytes of a dimension of a token's vector. */
const FLOAT_BYTES = 4

/** What requests of embeddings have in common. */
interface TeiRequest {
  readonly model: NamedModel
  readonly texts: readonly string[]
  readonly truncates: boolean
}

function readRequest({ shared }: Exchange, body: Body): TeiRequest {
  const model = shared.models.find(body.model)
  const texts = textOrList(body.inputs, 'inputs', shared.options)
  assertNotEmpty(texts, 'inputs')
  const truncates = readTruncation(body)
  if (body.prompt_name !== undefined && body.prompt_name !== null) {
    throw new Fault('invalid', '`prompt_name` names a prompt, but the model has none', 'prompt_name')
  }
  return { model, texts, truncates }
}

/** @throws Fault */
export function readTruncation(body: Body): boolean {
  const truncates = flag(body.truncate, 'truncate', false)
  const { truncation_direction: direction } = body
  if (direction === undefined || direction === null) return truncates
  if (typeof direction !== 'string' || !/^(?:left|right)$/i.test(direction)) {
    throw new Fault('invalid', '`truncation_direction` should be `Right` or `Left`', 'truncation_direction')
  }
  // A text that is not too long is the same either way.
  return truncates && direction.toLowerCase() === 'right'
}

/** Vectors of texts. */
export function embedTexts(exchange: Exchange, body: Body): Answer | Promise<Answer> {
  const { model, texts, truncates } = readRequest(exchange, body)
  const normalize = flag(body.normalize, 'normalize', true)
  const dimensionality = dimensions(body.dimensions, model.dim)
  return embed(
    exchange,
    model,
    { texts, param: 'inputs' },
    {
      options: { normalize, dimensionality },
      truncates,
      bytes: NUMBER_BYTES,
      async write(rows, signal) {
        const items = await listed(rows.rows, NUMBERS_PER_STEP, numbersOf(rows), signal)
        return listAnswer(items, rows.rows, rows.totalTokens, truncatedHeader(rows))
      },
    },
  )
}

function listAnswer(items: readonly Chunk[], texts: number, tokens: number, headers: readonly string[]): Answer {
  return jsonAnswer(['[', ...items, ']'], texts, tokens, headers)
}

/** A vector for each token. */
async function embedTokens(exchange: Exchange, body: Body): Promise<Answer> {
  const { model, texts, truncates } = readRequest(exchange, body)
  const { embedder, info } = model
  return exchange.inSlot(async (signal) => {
    const { maxLength } = info
    const ids = await embedder.tokenizeAsync(texts, { maxLength, signal })
    const tokens = ids.reduce((sum, { length }) => sum + length, 0)
    if (tokens > MAX_BATCH_TOKENS) {
      throw new Fault(
        'text',
        `\`inputs\` should have at most ${MAX_BATCH_TOKENS} tokens together, but has ${tokens}`,
        'inputs',
      )
    }
    exchange.hold(tokens * info.dim * (FLOAT_BYTES + NUMBER_BYTES))
    const matrices = await embedder.encodeAsSequence(texts, { maxLength, signal })
    const cut = matrices.filter(({ truncated }) => truncated > 0).length
    const counts = {
      totalTokens: tokens,
      truncated: cut,
      isTruncated: (index: number) => matrices[index]?.truncated !== 0,
    }
    countTexts(exchange, model, { texts, param: 'inputs' }, counts, truncates)
    const items: Chunk[] = []
    for (const matrix of matrices) {
      const rows = await listed(matrix.rows, NUMBERS_PER_STEP, numbersOf(matrix), signal)
      items.push(items.length === 0 ? '[' : ',[', ...rows, ']')
    }
    return jsonAnswer(['[', ...items, ']'], texts.length, tokens, truncatedHeader(counts))
  })
}

function embedSparse(exchange: Exchange, body: Body): Answer {
  readRequest(exchange, body)
  throw new Fault('unsupported', 'Model is not an embedding model with SPLADE pooling')
}

/** How like a text is to others: the cosines of their vectors. */
function similarity(exchange: Exchange, body: Body): Answer | Promise<Answer> {
  const { shared } = exchange
  const model = shared.models.find(body.model)
  const { inputs } = body
  if (typeof inputs !== 'object' || inputs === null || Array.isArray(inputs)) {
    throw new Fault('invalid', '`inputs` should be an object with `source_sentence` and `sentences`', 'inputs')
  }
  const { source_sentence: source, sentences: others } = inputs as Record<string, unknown>
  const { parameters } = body
  if (
    parameters !== undefined &&
    parameters !== null &&
    (typeof parameters !== 'object' || Array.isArray(parameters))
  ) {
    throw new Fault('invalid', '`parameters` should be an object', 'parameters')
  }
  const first = oneText(source, 'inputs.source_sentence', shared.options)
  const sentences = textList(others, 'inputs.sentences', shared.options)
  assertNotEmpty([first], 'inputs.source_sentence')
  assertNotEmpty(sentences, 'inputs.sentences')
  const truncates = readTruncation(parameters ?? {})
  const nameOf = (index: number): string => (index === 0 ? 'inputs.source_sentence' : `inputs.sentences[${index - 1}]`)
  return embed(
    exchange,
    model,
    { texts: [first, ...sentences], param: 'inputs', nameOf },
    {
      options: undefined,
      truncates,
      // Rows are copied for the search.
      bytes: FLOAT_BYTES,
      async write(rows) {
        const scores = await cosines(rows)
        return jsonAnswer(latin1(scores.json(0)), rows.rows, rows.totalTokens, truncatedHeader(rows))
      },
    },
  )
}

/**
 * The cosines of the first row with the others, as one row; 0 for a row of zeros, which has none.
 */
async function cosines(rows: ServedRows): Promise<EmbeddingMatrix> {
  const all = EmbeddingMatrix.from(Array.from({ length: rows.rows }, (_, index) => rows.row(index)))
  const others = all.slice(1)
  const { indices, scores, counts } = await others.nearest(all.slice(0, 1), { k: others.rows })
  const inOrder = new Float32Array(others.rows)
  for (let i = 0; i < (counts[0] ?? 0); i++) inOrder[indices[i] ?? 0] = scores[i] ?? 0
  return EmbeddingMatrix.from(inOrder, { dim: inOrder.length })
}

export const EMBED_ROUTES: readonly Route[] = [
  {
    method: 'POST',
    path: '/embed',
    protocol: 'tei',
    summary: 'Vectors of texts',
    request: 'EmbedRequest',
    response: 'EmbedResponse',
    answer: embedTexts,
  },
  {
    method: 'POST',
    path: '/embed_all',
    protocol: 'tei',
    summary: 'A vector for each token of texts',
    request: 'EmbedAllRequest',
    response: 'EmbedAllResponse',
    answer: embedTokens,
  },
  {
    method: 'POST',
    path: '/embed_sparse',
    protocol: 'tei',
    summary: 'Not supported by models of static vectors',
    request: 'EmbedAllRequest',
    statuses: [424],
    answer: embedSparse,
  },
  {
    method: 'POST',
    path: '/similarity',
    protocol: 'tei',
    summary: 'The cosines of a text with others',
    request: 'SimilarityRequest',
    response: 'SimilarityResponse',
    answer: similarity,
  },
]
