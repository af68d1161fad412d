// `model2vec dedupe`, the real command: the lines that it keeps and leaves out are those of a loop
// over all pairs.

import { createHash } from 'node:crypto'
import { readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { gzipSync } from 'node:zlib'

import test from 'ava'
import { Model2VecEmbeddingFunction } from 'model2vec-node'

import { corpus, SMALL } from '../test-data.js'
import { emptyDirectory, model2vec } from './run.js'

const ef = new Model2VecEmbeddingFunction(SMALL)
const MODEL = ['--model', SMALL]
const some = corpus('docs_en_300').slice(0, 120)
/** Documents, the same again in another order, and some with a few words more. */
const texts = [...some, ...some.toReversed(), ...some.slice(0, 40).map((text) => `${text} And so on.`)]

/** The definition, in double precision. */
function byAllPairs(threshold: number): { kept: number[]; dropped: [index: number, of: number][] } {
  const vectors = ef.encodeSync(texts).toArray()
  const cosine = (a: readonly number[], b: readonly number[]): number =>
    a.reduce((sum, value, i) => sum + value * (b[i] ?? NaN), 0) / (Math.hypot(...a) * Math.hypot(...b))
  const kept: number[] = []
  const dropped: [number, number][] = []
  for (const [index, vector] of vectors.entries()) {
    const first = texts.indexOf(texts[index] ?? '')
    const of = kept.find((row) => row === first) ?? kept.find((row) => cosine(vector, vectors[row] ?? []) >= threshold)
    if (of === undefined) kept.push(index)
    else dropped.push([index, of])
  }
  return { kept, dropped }
}

interface Reported {
  readonly file: string
  readonly line: number
  readonly id?: string
  readonly of: { readonly file: string; readonly line: number; readonly id?: string }
  readonly score: number
  readonly reason: string
}

test('kept lines are written as they are, and the report has the place, the kept line and the score of all others', async (t) => {
  const directory = emptyDirectory()
  const [file, out, report] = ['in.jsonl.gz', 'kept.jsonl', 'dropped.jsonl'].map((name) => path.join(directory, name)) as [string, string, string] // prettier-ignore
  // Fields, spaces and escapes that are none of the command's affair.
  const lines = texts.map((text, i) => `{"id": "doc-${i}",  "more": [${i}, null], "text": ${JSON.stringify(text)}}`)
  writeFileSync(file, gzipSync(lines.join('\r\n')))
  const args = [file, '--threshold', '0.97', '--out', out, '--report', report, '--id-field', 'id']
  const { code, out: printed, err } = await model2vec('dedupe', ...args, ...MODEL)
  t.deepEqual([code, err], [0, ''])
  const { kept, dropped } = byAllPairs(0.97)
  t.true(dropped.length > 120 && dropped.length < 250, `${dropped.length}`)
  t.is(readFileSync(out, 'utf8'), kept.map((row) => `${lines[row] ?? ''}\n`).join(''))
  const reported = readFileSync(report, 'utf8').trimEnd().split('\n').map((line) => JSON.parse(line) as Reported) // prettier-ignore
  t.deepEqual(
    reported.map(({ line, of }) => [line - 1, of.line - 1]),
    dropped,
  )
  for (const { file: name, line, id, of, score, reason } of reported) {
    t.deepEqual([name, of.file, id, of.id], [file, file, `doc-${line - 1}`, `doc-${of.line - 1}`])
    t.is(reason, texts[line - 1] === texts[of.line - 1] ? 'text' : 'vector')
    t.true(score >= 0.97 && score <= 1)
  }
  const equal = reported.filter(({ reason }) => reason === 'text').length
  const near = dropped.length - equal
  t.is(printed, `280 texts: ${kept.length} kept, ${equal} left out for an equal text, ${near} for a near one\n`)
  t.true(equal > 0 && near > 0)
})

test('tables keep their header once, and records their line breaks; without --out they go to standard output', async (t) => {
  const directory = emptyDirectory()
  const [one, two, other] = ['a.csv', 'b.csv', 'c.csv'].map((name) => path.join(directory, name)) as [string, string, string] // prettier-ignore
  writeFileSync(one, 'n,text\n1,"a dog\nin the park"\n2,a stone\n')
  writeFileSync(two, 'n,text\n3,a stone\n\n4,a cat\n')
  const found = await model2vec('dedupe', one, two, '--threshold', '1', ...MODEL)
  t.deepEqual([found.code, found.err], [0, ''])
  t.is(found.out, 'n,text\n1,"a dog\nin the park"\n2,a stone\n4,a cat\n')
  writeFileSync(other, 'text,n\na bird,1\n')
  const refused = await model2vec('dedupe', one, other, ...MODEL)
  t.is(refused.code, 1)
  t.regex(refused.err, /c\.csv has another header than the files before it/)
})

test('the byte order mark of a later file does not come into the output, nor makes its header another one', async (t) => {
  const directory = emptyDirectory()
  const [one, two] = ['a.csv', 'b.csv'].map((name) => path.join(directory, name)) as [string, string]
  writeFileSync(one, '\ufefftext\na dog\n')
  writeFileSync(two, '\ufefftext\na stone\n')
  const tables = await model2vec('dedupe', one, two, '--threshold', '1', ...MODEL)
  t.deepEqual([tables.code, tables.out], [0, '\ufefftext\na dog\na stone\n'])
  const lines = [path.join(directory, 'a.jsonl'), path.join(directory, 'b.jsonl')] as const
  writeFileSync(lines[0], '{"text": "a dog"}\n')
  writeFileSync(lines[1], '\ufeff{"text": "a stone"}\n')
  const rows = await model2vec('dedupe', ...lines, '--threshold', '1', ...MODEL)
  t.deepEqual([rows.code, rows.out], [0, '{"text": "a dog"}\n{"text": "a stone"}\n'])
})

test('an output of - is standard output, a link is followed, and a device is none', async (t) => {
  const directory = emptyDirectory()
  const [file, out, link] = ['a.jsonl', 'out.jsonl', 'link.jsonl'].map((name) => path.join(directory, name)) as [string, string, string] // prettier-ignore
  writeFileSync(file, '{"text": "a dog"}\n{"text": "a dog"}\n{"text": "a stone"}\n')
  const kept = '{"text": "a dog"}\n{"text": "a stone"}\n'
  t.is((await model2vec('dedupe', file, '--out', '-', ...MODEL)).out, kept)
  const reported = await model2vec('dedupe', file, '--out', out, '--report', '-', ...MODEL)
  t.is(readFileSync(out, 'utf8'), kept)
  t.like(JSON.parse(reported.out), { line: 2, reason: 'text' })
  const both = await model2vec('dedupe', file, '--report', '-', ...MODEL)
  t.is(both.code, 2)
  t.regex(both.err, /--report - needs --out/)
  if (process.platform === 'win32') return
  writeFileSync(out, '')
  symlinkSync(out, link)
  t.is((await model2vec('dedupe', file, '--out', link, ...MODEL)).code, 0)
  t.is(readFileSync(out, 'utf8'), kept)
  const device = await model2vec('dedupe', file, '--out', '/dev/null', ...MODEL)
  t.is(device.code, 1)
  t.regex(device.err, /\/dev\/null is no regular file/)
})

test('no lines, and lines that cannot be read', async (t) => {
  const directory = emptyDirectory()
  const [file, out] = [path.join(directory, 'a.jsonl'), path.join(directory, 'out.jsonl')]
  writeFileSync(file, '')
  t.is((await model2vec('dedupe', file, '--out', out, ...MODEL)).code, 0)
  t.is(readFileSync(out, 'utf8'), '')
  writeFileSync(file, '{"text": "a"}\n{\n{"text": "a"}\n{"text": "b c"}\n')
  const failed = await model2vec('dedupe', file, '--out', out, ...MODEL)
  t.is(failed.code, 1)
  t.regex(failed.err, /a\.jsonl:2: expected JSON/)
  const skipped = await model2vec('dedupe', file, '--out', out, '--on-error', 'skip', ...MODEL)
  t.is(skipped.code, 0)
  t.is(readFileSync(out, 'utf8'), '{"text": "a"}\n{"text": "b c"}\n')
})

for (const [args, code, message] of [
  [[], 2, /expected files/],
  [['-', '--format', 'lines'], 2, /read twice/],
  [['examples/documents.jsonl', '--threshold', '2'], 2, /--threshold should be a number from -1 to 1, but got 2/],
  [['examples/documents.jsonl', '--threshold', ''], 2, /--threshold/],
  [['examples/documents.jsonl', '--threshold', ' '], 2, /--threshold should/],
  [['examples/documents.jsonl', '--out', 'kept.jsonl.gz'], 2, /kept\.jsonl\.gz: the output is not packed/],
  [['examples/documents.jsonl', 'README.csv'], 2, /files of one format/],
  [['examples/documents.jsonl', '--out', 'examples/documents.jsonl'], 1, /given twice/],
  [['examples/documents.jsonl', '--out', 'examples'], 1, /is a directory/],
  [['no-such.jsonl'], 1, /no-such\.jsonl: no such file/],
] as const) {
  test(`a call that can't be served ends with one line: dedupe ${args.map((arg) => JSON.stringify(arg)).join(' ')}`, async (t) => {
    const outcome = await model2vec('dedupe', ...args, ...MODEL)
    t.deepEqual([outcome.code, outcome.out], [code, ''])
    t.regex(outcome.err, /^model2vec: [^\n]+\n$/)
    t.regex(outcome.err, message)
  })
}

test('a text that looks like the digest of another one is a text of its own', async (t) => {
  const directory = emptyDirectory()
  const long = 'a text that is longer than the texts that are compared as they are'
  const digest = createHash('sha256').update(long, 'utf16le').digest('base64')
  const file = path.join(directory, 'texts.jsonl')
  const lines = [long, `\0${digest}`, `h${digest}`].map((text) => JSON.stringify({ text }))
  writeFileSync(file, `${lines.join('\n')}\n`)
  const out = path.join(directory, 'kept.jsonl')
  const { code } = await model2vec('dedupe', file, '--threshold', '0.9999', '--out', out, ...MODEL)
  t.is(code, 0)
  t.deepEqual(readFileSync(out, 'utf8').trimEnd().split('\n'), lines)
})
