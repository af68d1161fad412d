// chunks and chunksAsync: parts of a text that keep the limits of encode, against a slow reference
// made of `countTokens` and of the sentences of `Intl.Segmenter`.

import { existsSync } from 'node:fs'
import path from 'node:path'
import { setImmediate as turn } from 'node:timers/promises'

import test from 'ava'
import { chunks, chunksAsync, isModel2VecError, Model2VecEmbeddingFunction } from 'model2vec-node'
import type { ChunkOptions, TextChunk } from 'model2vec-node'

import { modelPath, modelsOf, corpus, POTION, ROOTS, SMALL } from './test-data.js'

const ef = new Model2VecEmbeddingFunction(SMALL)
const potion = new Model2VecEmbeddingFunction(POTION)

const documents: readonly string[] = [
  '',
  ' ',
  'a',
  corpus('docs_en').slice(0, 8).join('\n\n'),
  corpus('multilingual').slice(0, 120).join(' '),
  corpus('edge').slice(0, 60).join('\n'),
  'x'.repeat(4000),
  ' '.repeat(3000),
  '春は曙。やうやう白くなりゆく山ぎは、すこしあかりて、'.repeat(40),
  '👩‍👩‍👧‍👦😀'.repeat(300),
  '𝒳\ud800𝒴\udc00'.repeat(300),
  // Few tokens of many characters: 240 tokens would be more than 512 × the median length.
  'antidisestablishmentarianism internationalization '.repeat(120),
]

/** Checks what holds for all chunks, whatever the model. */
function problemOf(model: Model2VecEmbeddingFunction, text: string, options: ChunkOptions): string | null {
  const found = chunks(model, text, options)
  const { size, overlap = 0 } = options
  if (overlap === 0 && found.map((chunk) => chunk.text).join('') !== text) return 'the chunks are not the text'
  if (text !== '' && found.at(-1)?.end !== text.length) return 'the last chunk does not end with the text'
  const counts = model.countTokens(found.map((chunk) => chunk.text))
  let before: TextChunk | undefined
  for (const [i, chunk] of found.entries()) {
    const { start, end, tokens } = chunk
    const place = `chunk ${i} (${start} to ${end}, ${tokens} tokens) of ${JSON.stringify(text.slice(0, 30))}`
    if (chunk.text !== text.slice(start, end) || end <= start) return `${place} is not its part of the text`
    if (tokens !== counts[i]) return `${place} has ${counts[i] ?? 0} tokens`
    if (tokens > size && Array.from(chunk.text).length > 1) return `${place} is too long`
    for (const at of [start, end]) {
      if (/[\ud800-\udbff]$/.test(text.slice(0, at)) && /^[\udc00-\udfff]/.test(text.slice(at))) {
        return `${place} splits a surrogate pair`
      }
    }
    if (before === undefined ? start !== 0 : start <= before.start || start > before.end || end <= before.end) {
      return `${place} does not come after the one before`
    }
    if (before !== undefined && model.countTokens(text.slice(start, before.end)) > overlap) {
      return `${place} repeats too much`
    }
    before = chunk
  }
  // With the default of `maxLength`, that of the model.
  if (options.maxLength !== undefined) return null
  const { truncated } = model.encodeSync(found.map((chunk) => chunk.text))
  return truncated === 0 ? null : `${truncated} chunks are truncated`
}

for (const root of ROOTS) {
  for (const name of modelsOf(root)) {
    const directory = modelPath(name, root.directory)
    if (!existsSync(path.join(directory, 'tokenizer.json'))) continue
    test(`the chunks of ${name} keep both limits of encode and make the text again (${root.label})`, (t) => {
      using model = new Model2VecEmbeddingFunction(directory)
      // The reference path is a hundred times slower.
      const texts = documents.map((text) => (model.info.tokenizer === 'native' ? text : text.slice(0, 1500)))
      const most = model.info.maxLength ?? Infinity
      for (const options of [
        { size: Math.min(240, most) },
        { size: Math.min(240, most), overlap: Math.min(32, most - 1) },
        { size: 16 },
        { size: 600, overlap: 100, maxLength: null },
        { size: 1, maxLength: null },
      ]) {
        for (const text of texts) t.is(problemOf(model, text, options), null, JSON.stringify(options))
      }
    })
  }
}

test('a chunk ends with the last sentence or line in its second half, else after the last word that fits', (t) => {
  const text = corpus('docs_en').slice(0, 12).join('\n')
  const size = 100
  const sentences = Array.from(
    new Intl.Segmenter('en', { granularity: 'sentence' }).segment(text),
    ({ index }) => index,
  )
  // A word with the white space after it.
  const words = [...text.matchAll(/\s(?=\S)/g)].map(({ index }) => index + 1)
  words.push(text.length)
  const found = chunks(potion, text, { size })
  t.true(found.length > 20)
  let start = 0
  for (const { end } of found) {
    let limit = start
    for (const word of words) {
      if (word <= start) continue
      if (potion.countTokens(text.slice(start, word)) > size) break
      limit = word
    }
    // Half of the bytes: the text is ASCII but for a few characters.
    const inHalf = (at: number): boolean =>
      at <= limit &&
      /[^!-~]$/.test(text.slice(0, at)) &&
      Buffer.byteLength(text.slice(start, at)) > Buffer.byteLength(text.slice(start, limit)) / 2
    const expected = limit === text.length ? limit : (sentences.findLast(inHalf) ?? limit)
    t.is(end, expected, text.slice(start, end))
    start = end
  }
})

test('an overlap begins with a sentence or a word, and without spaces with a character', (t) => {
  const text = corpus('docs_en').slice(0, 12).join('\n')
  const found = chunks(potion, text, { size: 120, overlap: 30 })
  let sentences = 0
  for (const [i, { start }] of found.entries()) {
    if (i === 0) continue
    // A line keeps its indentation.
    t.regex(text.slice(start - 1, start + 1), /\s\S|\n /)
    t.true(start < (found[i - 1]?.end ?? 0))
    if (/[.!?]["”')]*\s+$/.test(text.slice(0, start))) sentences++
  }
  t.true(sentences > found.length / 4, `${sentences} of ${found.length}`)
  const words = chunks(potion, '的'.repeat(1000), { size: 100, overlap: 20 })
  t.true(words.slice(1).every(({ start }, i) => start < (words[i]?.end ?? 0)))
})

test('a word that is too long is cut between characters as users see them', (t) => {
  const family = '👩‍👩‍👧‍👦'
  for (const { text } of chunks(potion, family.repeat(500), { size: 40, maxLength: null })) {
    t.is(text.replaceAll(family, ''), '')
  }
})

test('chunksAsync gives the chunks of chunks while the event loop has its turns', async (t) => {
  const text = corpus('docs_en').join('\n')
  const options = { size: 200, overlap: 20 }
  let turns = 0
  const end = new AbortController()
  const done = end.signal
  const counting = (async () => {
    for (; !done.aborted; turns++) await turn()
  })()
  const found = await chunksAsync(potion, text, options)
  end.abort()
  await counting
  t.true(turns > 3)
  t.deepEqual(found, chunks(potion, text, options))
})

test('a signal ends chunksAsync', async (t) => {
  const text = corpus('docs_en').join('\n').repeat(3)
  const controller = new AbortController()
  const found = chunksAsync(potion, text, { size: 200, signal: controller.signal })
  controller.abort(new Error('enough'))
  await t.throwsAsync(found, { message: 'enough' })
  await t.throwsAsync(chunksAsync(potion, 'a', { size: 1, signal: AbortSignal.abort(new Error('before')) }), {
    message: 'before',
  })
})

for (const [options, message] of [
  [undefined, /`size` should be an integer ≥ 1, but got undefined/],
  [{ size: 0 }, /`size` should be an integer ≥ 1/],
  [{ size: 1.5 }, /`size` should be an integer ≥ 1/],
  [{ size: 8, overlap: 8 }, /`overlap` should be an integer ≥ 0 and below `size`, 8/],
  [{ size: 8, overlap: -1 }, /`overlap` should be/],
  [{ size: 513 }, /`size` should be at most `maxLength`, 512, but got 513: `maxLength: null` is for/],
  [{ size: 8, maxLength: 7 }, /`size` should be at most `maxLength`, 7/],
  [{ size: 8, maxLength: -1 }, /`maxLength` should be/],
  [{ length: 8 }, /`length` is no option of `chunks/],
] as const) {
  test(`chunks refuses ${JSON.stringify(options)}`, async (t) => {
    const given = options as unknown as ChunkOptions
    t.throws(() => chunks(ef, 'a', given), { code: 'ERR_INVALID_OPTION', message })
    await t.throwsAsync(chunksAsync(ef, 'a', given), { code: 'ERR_INVALID_OPTION', message })
  })
}

test('what is no model and what is no text are typed errors', async (t) => {
  for (const model of [null, {}, 'minishlab/potion-base-8M'] as unknown as Model2VecEmbeddingFunction[]) {
    const error = t.throws(() => chunks(model, 'a', { size: 8 }), { message: /^`ef` should be a Model2VecEmbedding/ })
    t.true(isModel2VecError(error))
    await t.throwsAsync(chunksAsync(model, 'a', { size: 8 }), { code: 'ERR_INVALID_OPTION' })
  }
  t.throws(() => chunks(ef, ['a'] as unknown as string, { size: 8 }), { code: 'ERR_INVALID_TEXT' })
  const closed = new Model2VecEmbeddingFunction(SMALL)
  closed.close()
  t.throws(() => chunks(closed, 'a', { size: 8 }), { code: 'ERR_CLOSED' })
})
