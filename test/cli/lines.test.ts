// JSON Lines and plain lines are read natively where nothing but vectors is written: what they hold
// is what JSON.parse says all the same.

import { readFileSync, writeFileSync } from 'node:fs'
import { isUtf8 } from 'node:buffer'
import path from 'node:path'

import test from 'ava'
import { Model2VecEmbeddingFunction } from 'model2vec-node'

import { corpus, crc, modelPath } from '../test-data.js'
import { emptyDirectory, model2vec } from './run.js'

/** Of byte-level BPE: every byte of a text counts, white space and control characters too. */
const MODEL = modelPath('bpe-gpt2-raw')
const ef = new Model2VecEmbeddingFunction(MODEL, { maxLength: null })

/** Numbers from 0 to below `limit`, the same in each run. */
function generator(seed: number): (limit: number) => number {
  let state = seed
  return (limit) => {
    state = (state * 48_271) % 0x7fff_ffff
    return state % limit
  }
}

const SEEDS = [
  '{"text":"a dog in the park"}',
  '{"id":17,"text":"a \\"cat\\" on\\tthe \\\\ sofa\\u0021 \\ud83d\\ude00 \\ud83d \\ude00\\/","n":-0.5e+10}',
  '  {  "n" : [ 1 , { "text" : "no" } , [ ] , {} , null , true , false ] , "text" : "b\\n\\b\\f\\r" }  ',
  '{"text":1,"text":"the last one counts"}',
  '{"text":"not this one","text":null}',
  '{"t\\u0065xt":"spelled otherwise"}',
  '{"text":"∑ ß 漢字 😀","x":{"y":{"z":[[[[1E5,0,-0,10.25]]]]}}}',
  '{"text":""}',
  '{"__proto__":{"text":"x"},"text":"own"}',
  '{"toString":"x"}',
  '["text","a"]',
  '"text"',
  'null',
  '',
  ' \t ',
  `{"deep":${'['.repeat(40)}${']'.repeat(40)},"text":"below forty arrays"}`,
  `{"deep":${'['.repeat(20)}${'{"a":'.repeat(20)}1${'}'.repeat(20)}${']'.repeat(20)},"text":"mixed"}`,
]
const BYTES = Buffer.from(
  '""\\\\{}[]::,,0123456789.eE+-utrnfalsebxX /\t\r\n\x00\x1f\x7f\x80\xbf\xc3\xe2\xed\xff',
  'latin1',
)

const GOOD = '{"text":"good"}\n'

/**
 * Lines with a byte more, less or another, or a run of bytes twice or not at all, up to four times.
 */
function mutants(lines: readonly string[], count: number): Buffer {
  const next = generator(9)
  const mutated = Array.from({ length: count }, () => {
    let line = Buffer.from(lines[next(lines.length)] ?? '')
    for (let left = next(5); left > 0; left--) {
      const at = next(line.length + 1)
      const end = Math.min(line.length, at + 1 + next(6))
      const byte = BYTES.subarray(next(BYTES.length)).subarray(0, 1)
      const middle = [byte, Buffer.alloc(0), Buffer.concat([line.subarray(at, end), line.subarray(at, end)])][next(3)]
      line = Buffer.concat([line.subarray(0, at), middle ?? byte, line.subarray(next(2) === 0 ? at : end)])
    }
    // A good line before each, so that each is looked at natively: after several bad ones, others
    // are not.
    return Buffer.concat([Buffer.from(GOOD), line, Buffer.from(next(4) === 0 ? '\r\n' : '\n')])
  })
  return Buffer.concat(mutated)
}

/** The lines of a file, without line breaks; `null` where they are no UTF-8. */
function linesOf(bytes: Buffer): (string | null)[] {
  const lines: (string | null)[] = []
  for (let at = 0; at < bytes.length;) {
    const feed = bytes.indexOf(10, at)
    const end = feed === -1 ? bytes.length : feed
    const line = bytes.subarray(at, end > at && bytes[end - 1] === 13 ? end - 1 : end)
    const text = isUtf8(line) ? line.toString() : null
    lines.push(lines.length === 0 ? (text?.replace(/^\ufeff/, '') ?? null) : text)
    at = end + 1
  }
  return lines
}

/**
 * What a line of JSON holds: its text, null where it has none, undefined where it is to be left out
 * without a word.
 */
function textOf(line: string | null): string | null | undefined {
  if (line === null) return null
  try {
    const value = JSON.parse(line) as { text?: unknown } | null
    return typeof value === 'object' && !Array.isArray(value) && typeof value?.text === 'string' ? value.text : null
  } catch {
    return line.trim() === '' ? undefined : null
  }
}

/** The vectors and the numbers of the lines that were skipped. */
async function embedded(content: Buffer, name: string): Promise<{ vectors: number; rows: number; skipped: number[] }> {
  const directory = emptyDirectory()
  const [file, out] = [path.join(directory, name), path.join(directory, 'out.npy')]
  writeFileSync(file, content)
  const options = ['--on-error', 'skip', '--max-length', 'none', '--model', MODEL]
  const { code, err } = await model2vec('embed', file, '--out', out, ...options)
  if (code !== 0) throw new Error(err)
  const skipped = [...err.matchAll(/^model2vec: skipped \S+:(\d+): /gm)].map(([, line]) => Number(line))
  const bytes = readFileSync(out)
  const rows = Number(/'shape': \((\d+),/.exec(bytes.toString('latin1', 0, 128))?.[1])
  return { vectors: crc(bytes.subarray(128)), rows, skipped }
}

const documents = corpus('edge').map((text, id) => JSON.stringify({ id, text }))
for (const [name, content] of [
  ['mutated-lines.jsonl', mutants(SEEDS, 40_000)],
  [
    'mutated-edge-texts.jsonl',
    mutants(
      documents.filter((line) => line.length < 2000),
      3000,
    ),
  ],
  ['byte-order-mark.jsonl', Buffer.from(`\ufeff${SEEDS.join('\n')}\n\ufeff${SEEDS.join('\r\n')}`)],
] as const) {
  test(`every line of ${name} holds what JSON.parse says, and messages number the others`, async (t) => {
    const texts = linesOf(content).map(textOf)
    const expected = texts.filter((text) => typeof text === 'string')
    const found = await embedded(content, name)
    t.log(`${expected.length} of ${texts.length} lines have a text`)
    t.deepEqual(
      found.skipped,
      texts.flatMap((text, i) => (text === null ? [i + 1] : [])),
    )
    t.is(found.rows, expected.length)
    t.is(found.vectors, crc((await ef.encode(expected)).data))
  })
}

test('every plain line is a text, and messages number those that are not UTF-8', async (t) => {
  const content = Buffer.concat([Buffer.from('\ufeff'), mutants([...SEEDS, ...documents.slice(0, 50)], 3000)])
  const texts = linesOf(content)
  const found = await embedded(content, 'lines.txt')
  t.deepEqual(
    found.skipped,
    texts.flatMap((text, i) => (text === null ? [i + 1] : [])),
  )
  const expected = texts.filter((text) => text !== null)
  t.is(found.rows, expected.length)
  t.is(found.vectors, crc((await ef.encode(expected)).data))
})

test('a field whose name a line spells with escapes, or that is no Unicode, is found as JSON.parse finds it', async (t) => {
  const file = path.join(emptyDirectory(), 'names.jsonl')
  writeFileSync(file, '{"a\\"b":"quoted"}\n{"\ufffd":"replaced"}\n{"\\ufffd":"escaped"}\n')
  const texts = async (field: string): Promise<unknown[]> => {
    const out = path.join(path.dirname(file), 'out.npy')
    const args = ['embed', file, '--text-field', field, '--on-error', 'skip', '--out', out, '--model', MODEL]
    const { code, err } = await model2vec(...args)
    t.is(code, 0, err)
    return [crc(readFileSync(out).subarray(128))]
  }
  t.deepEqual(await texts('a"b'), [crc(ef.encodeSync(['quoted']).data)])
  t.deepEqual(await texts('\ufffd'), [crc(ef.encodeSync(['replaced', 'escaped']).data)])
})
