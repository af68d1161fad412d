// Any bytes as JSON Lines, plain or packed. The native module and the reader in JavaScript, which takes
// what that one leaves, must find the same texts and ids.

import { isDeepStrictEqual } from 'node:util'

import type * as callModule from '../../../build/modules/call/encode.js'
import type * as functionModule from '../../../build/modules/embedding-function.js'
import { load } from '../../modules.js'
import { SMALL } from '../../test-data.js'
import { bounded } from '../limits.js'
import { Fault } from '../outcome.js'
import { PLAIN, rowsOf } from '../rows.js'
import type { ReadRows, Reading } from '../rows.js'

const { textReader } = load('call/encode') as typeof callModule
const { Model2VecEmbeddingFunction, modelOf } = load('embedding-function') as typeof functionModule

const model = modelOf(new Model2VecEmbeddingFunction(SMALL))
/** Texts are wanted whole, and in UTF-8. */
const native = textReader(model, null, true)

export function fuzz(data: Buffer): Promise<void> {
  const [choice = 0] = data
  const options: Reading = {
    ...PLAIN,
    fields: { ...PLAIN.fields, id: (choice & 1) === 0 ? null : 'id', texts: [(choice & 2) === 0 ? 'text' : 'a.text'] },
    skipsBadLines: (choice & 4) !== 0,
  }
  const file = data.subarray(1)
  return bounded(file.length, async () => {
    const here = await rowsOf(file, 'lines.jsonl', options)
    const there = await rowsOf(file, 'lines.jsonl', options, native)
    compare(here, there)
    const kept = await rowsOf(file, 'lines.jsonl', { ...options, keep: 'all' })
    compare(here, kept)
  })
}

function compare(one: ReadRows, other: ReadRows): void {
  const [first, second] = [one, other].map(({ texts, ids, skipped, failure }) => {
    return { texts: texts.map(asUtf8), ids: ids.map((id) => (typeof id === 'string' ? asUtf8(id) : id)), skipped, failure }
  })
  if (isDeepStrictEqual(first, second)) return
  throw new Fault(`expected the same of both readers, but got ${JSON.stringify(first)} and ${JSON.stringify(second)}`)
}

/** Half a pair of surrogates is U+FFFD in UTF-8, which the native module gives. */
function asUtf8(text: string): string {
  return Buffer.from(text).toString()
}
