// Faults in the words of the protocol that the client speaks: OpenAI's, that of
// text-embeddings-inference (TEI; router/src/lib.rs and http/server.rs have its statuses),
// Ollama's.

import { asciiJson, JSON_TYPE } from './answer.js'
import type { Answer } from './answer.js'
import type { Fault, FaultKind } from './fault.js'

export type Protocol = 'openai' | 'tei' | 'ollama'

interface Words {
  readonly openai: readonly [status: number, type: string, code: string | null]
  readonly tei: readonly [status: number, type: string]
}

const INVALID = 'invalid_request_error'
const SERVER = 'server_error'

const WORDS: Readonly<Record<FaultKind, Words>> = {
  syntax: { openai: [400, INVALID, null], tei: [400, 'Validation'] },
  invalid: { openai: [400, INVALID, null], tei: [422, 'Validation'] },
  empty: { openai: [400, INVALID, null], tei: [400, 'Empty'] },
  batch: { openai: [400, INVALID, null], tei: [413, 'Validation'] },
  text: { openai: [400, INVALID, 'context_length_exceeded'], tei: [413, 'Validation'] },
  unsupported: { openai: [400, INVALID, 'unsupported'], tei: [424, 'Backend'] },
  body: { openai: [413, INVALID, 'request_too_large'], tei: [413, 'Validation'] },
  media: { openai: [415, INVALID, null], tei: [415, 'Validation'] },
  encoding: { openai: [415, INVALID, null], tei: [415, 'Validation'] },
  key: { openai: [401, INVALID, 'invalid_api_key'], tei: [401, 'Unauthorized'] },
  host: { openai: [403, INVALID, null], tei: [403, 'Validation'] },
  path: { openai: [404, INVALID, null], tei: [404, 'Validation'] },
  model: { openai: [404, INVALID, 'model_not_found'], tei: [404, 'Validation'] },
  method: { openai: [405, INVALID, null], tei: [405, 'Validation'] },
  overloaded: { openai: [429, 'rate_limit_error', 'overloaded'], tei: [429, 'Overloaded'] },
  unavailable: { openai: [503, SERVER, 'unavailable'], tei: [503, 'Unhealthy'] },
  timeout: { openai: [503, SERVER, 'timeout'], tei: [503, 'Unhealthy'] },
  internal: { openai: [500, SERVER, null], tei: [500, 'Backend'] },
}

/** Ollama has one status for what a client did wrongly. */
const OLLAMA_STATUS: Partial<Record<FaultKind, number>> = { invalid: 400, batch: 400, text: 400, unsupported: 400 }

export function errorAnswer(protocol: Protocol, { kind, message, param, headers }: Fault): Answer {
  const { openai, tei } = WORDS[kind]
  const answer = { type: JSON_TYPE, headers, texts: 0, tokens: 0 }
  if (protocol === 'openai') {
    const [status, type, code] = openai
    return { ...answer, status, body: asciiJson({ error: { message, type, param, code } }) }
  }
  const [status, errorType] = tei
  return protocol === 'tei'
    ? { ...answer, status, body: asciiJson({ error: message, error_type: errorType }) }
    : { ...answer, status: OLLAMA_STATUS[kind] ?? status, body: asciiJson({ error: message }) }
}
