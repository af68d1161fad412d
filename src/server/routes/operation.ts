// For the operation of a server: whether it is well, what it is, and its counts.

import { isModel2VecError } from '../../errors.js'
import { Buffer } from '../../runtime/node-globals.js'
import { VERSION } from '../../version.js'
import { asciiJson, JSON_TYPE, jsonAnswer, NO_HEADERS } from '../answer.js'
import type { Answer } from '../answer.js'
import type { Exchange, Route } from '../exchange.js'
import { Fault, RETRY_AFTER } from '../fault.js'
import { MAX_BATCH_TOKENS } from './tei-embed.js'

/**
 * Whether requests are answered: not before the models are loaded, and not while the server shuts
 * down.
 */
function health({ shared }: Exchange): Answer {
  if (shared.isDraining) throw new Fault('unavailable', 'the server is shutting down', null, RETRY_AFTER)
  try {
    for (const { info } of shared.models.all) if (info.dim === 0) break
  } catch (error) {
    if (!isModel2VecError(error)) throw error
    shared.models.wake()
    throw new Fault('unavailable', 'a model is not loaded', null, RETRY_AFTER)
  }
  return jsonAnswer('{"status":"ok"}')
}

/** TEI's description of the default model. */
function info({ shared }: Exchange): Answer {
  const { models, options } = shared
  const model = models.default
  const { revision, tableDtype, maxLength, threads } = model.info
  const { pipeline } = model
  const classes = pipeline?.classes ?? null
  const type =
    classes === null
      ? { embedding: { pooling: 'mean' } }
      : {
          classifier: {
            id2label: Object.fromEntries(classes.map((each, i) => [String(i), String(each)])),
            label2id: Object.fromEntries(classes.map((each, i) => [String(each), i])),
          },
        }
  return jsonAnswer(
    asciiJson({
      model_id: model.name,
      model_sha: revision,
      model_dtype: tableDtype,
      model_type: type,
      served_models: models.names,
      dimensions: model.dim,
      max_concurrent_requests: options.maxConcurrency,
      max_input_length: maxLength,
      max_batch_tokens: MAX_BATCH_TOKENS,
      max_batch_requests: null,
      max_client_batch_size: options.maxBatch,
      auto_truncate: false,
      tokenization_workers: threads,
      version: VERSION,
      sha: null,
      docker_label: null,
    }),
  )
}

function metrics({ shared }: Exchange): Answer {
  const { admission, memory, isDraining } = shared
  const text = shared.metrics.text({
    inWork: admission.inWork,
    waiting: admission.waiting,
    buffered: memory.taken,
    isDraining,
  })
  const body = Buffer.from(text)
  return {
    status: 200,
    type: 'text/plain; version=0.0.4; charset=utf-8',
    body,
    headers: NO_HEADERS,
    texts: 0,
    tokens: 0,
  }
}

function openApi({ shared }: Exchange): Answer {
  return { status: 200, type: JSON_TYPE, body: shared.openApi(), headers: NO_HEADERS, texts: 0, tokens: 0 }
}

const HEALTH = {
  method: 'GET',
  protocol: 'tei',
  isOpen: true,
  summary: 'Whether requests are answered',
  response: 'Health',
  statuses: [503],
  answer: health,
} as const

export const OPERATION_ROUTES: readonly Route[] = [
  { path: '/health', ...HEALTH },
  // TEI's other paths of it. In an application the first one is the application's own page.
  { path: '/', isYielded: true, ...HEALTH },
  { path: '/ping', ...HEALTH },
  {
    method: 'GET',
    path: '/info',
    protocol: 'tei',
    summary: 'The default model',
    response: 'Info',
    statuses: [503],
    answer: info,
  },
  {
    method: 'GET',
    path: '/metrics',
    protocol: 'tei',
    summary: 'Counts for Prometheus',
    type: 'text/plain',
    answer: metrics,
  },
  {
    method: 'GET',
    path: '/openapi.json',
    protocol: 'tei',
    summary: 'This document',
    response: 'OpenApi',
    answer: openApi,
  },
]
