// The texts of the benchmarks, from the corpora of the test fixtures or of a folder with more, and
// variants that no engine has seen before.

import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { gunzipSync } from 'node:zlib'

const fixtures = fileURLToPath(new URL('../test/fixtures/unpacked', import.meta.url))

/** The texts of a corpus of `data`, a folder laid out as the test fixtures are. */
export function corpus(name, data = fixtures) {
  const file = path.join(data, 'corpora', `${name}.jsonl`)
  const bytes = existsSync(file) ? readFileSync(file) : gunzipSync(readFileSync(`${file}.gz`))
  const lines = bytes.toString('utf8').split('\n')
  return lines.filter((line) => line !== '').map((line) => JSON.parse(line).text)
}

/** A string of its own: no slice of a larger one, no rope. */
function flat(text) {
  return Buffer.from(text, 'utf16le').toString('utf16le')
}

/** The benchmarks' text sets: name → texts. */
export function textSets(data) {
  const documents = corpus('docs_en', data)
  const between = (texts, shortest, longest, count) =>
    texts
      .map((text) => text.trim())
      .filter((text) => text.length >= shortest && text.length <= longest)
      .slice(0, count)
      .map(flat)
  return {
    lines: between(
      documents.flatMap((text) => text.split('\n')),
      40,
      200,
      60_000,
    ),
    paragraphs: between(
      documents.flatMap((text) => text.split(/\n\s*\n/)),
      200,
      2_000,
      20_000,
    ),
    documents: documents.map(flat),
    multilingual: Array.from({ length: 3 }, () => corpus('multilingual', data))
      .flat()
      .map(flat),
  }
}

/** Numbers that look random and are the same in every run. */
function* numbers(seed) {
  let state = seed | 0 || 1
  for (;;) {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    yield state >>> 0
  }
}

/**
 * The texts in another order, a word changed in each: what a cache of texts would have made easy is
 * gone.
 */
export function variant(texts, seed) {
  const random = numbers(seed * 2_654_435_761)
  const shuffled = [...texts]
  for (let i = shuffled.length - 1; i > 0; i--) {
    const j = random.next().value % (i + 1)
    ;[shuffled[i], shuffled[j]] = [shuffled[j], shuffled[i]]
  }
  return shuffled.map((text) => {
    const words = text.split(' ')
    const place = random.next().value % words.length
    words[place] += String(random.next().value % 1000)
    return flat(words.join(' '))
  })
}

/** The middle value; of an even number of values, the mean of the two in the middle. */
export function median(values) {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = sorted.length >> 1
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
}

/** The value that `part` of the values don't exceed; 1 gives the largest. */
export function quantile(values, part) {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.max(0, Math.ceil(sorted.length * part) - 1)]
}
