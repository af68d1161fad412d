// Any bytes as the answers of a Hub, from which a model is to be loaded. The input is cut into answers
// at byte 0xff: a byte for the status, headers up to an empty line, and the body.

import { mkdtempSync } from 'node:fs'
import path from 'node:path'

import type * as functionModule from '../../../build/modules/embedding-function.js'
import { load } from '../../modules.js'
import { bounded } from '../limits.js'
import { assertTyped } from '../outcome.js'
import { scratch } from '../rows.js'

const { Model2VecEmbeddingFunction } = load('embedding-function') as typeof functionModule

/** Those of 5xx are asked for again, after a wait. */
const STATUSES = [200, 200, 200, 206, 301, 302, 307, 400, 401, 403, 404, 416, 204, 100, 999, 0]
const END = 0xff

/** Why a download ends that would ask once more. */
const ENOUGH = new Error('no more answers')

export function fuzz(data: Buffer): Promise<void> {
  const answers = cut(data)
  const ending = new AbortController()
  let asked = 0
  const fetch = (): Promise<never> => {
    const answer = answers[asked++]
    if (answer === undefined) {
      ending.abort(ENOUGH)
      return Promise.reject(ENOUGH)
    }
    return Promise.resolve(responseOf(answer) as never)
  }
  // Removed at the end of the process, with what a download that was ended may still make.
  const cacheDir = mkdtempSync(path.join(scratch, 'hub-'))
  // A failure that may pass is waited for: it doesn't, here.
  const patience = setTimeout(() => {
    ending.abort(ENOUGH)
  }, 50)
  return bounded(data.length, async () => {
    try {
      const options = { fetch, cacheDir, endpoint: 'http://hub.test', token: 'hf_secret', signal: ending.signal }
      const model = await Model2VecEmbeddingFunction.load('org/name', options)
      await model.encode(['a'])
      model.close()
    } catch (error) {
      if (error !== ENOUGH) assertTyped(error)
    } finally {
      clearTimeout(patience)
    }
  })
}

function cut(data: Buffer): Buffer[] {
  const answers: Buffer[] = []
  for (let start = 0; start < data.length;) {
    const end = data.indexOf(END, start)
    answers.push(data.subarray(start, end === -1 ? data.length : end))
    start = end === -1 ? data.length : end + 1
  }
  return answers
}

/** What a caller's `fetch` may give. A Response refuses some statuses and headers, and a server does not. */
function responseOf(answer: Buffer): unknown {
  const [choice = 0] = answer
  const end = answer.indexOf('\n\n', 1)
  const lines = answer.toString('latin1', 1, end === -1 ? 1 : end).split('\n')
  const headers = new Map(lines.map((line) => [line.split(':')[0]?.toLowerCase() ?? '', line.replace(/^[^:]*: ?/, '')]))
  const bytes = answer.subarray(end === -1 ? 1 : end + 2)
  return {
    status: STATUSES[choice % STATUSES.length],
    headers: { get: (name: string) => headers.get(name) ?? null, has: (name: string) => headers.has(name) },
    body: new Blob([bytes]).stream(),
    text: () => Promise.resolve(bytes.toString()),
  }
}
