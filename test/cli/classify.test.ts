// `model2vec classify`, the real command: it writes what the pipeline predicts, filters lines, and
// goes on where it was ended.

import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, utimesSync, writeFileSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { gzipSync } from 'node:zlib'

import test from 'ava'
import { Model2VecPipeline } from 'model2vec-node'
import type { Activation } from 'model2vec-node'

import { headPath } from '../heads.js'
import { corpus, manyTexts } from '../test-data.js'
import { emptyDirectory, model2vec, run, signaled } from './run.js'

const LANGUAGE = headPath('language-quantized')
const TOPICS = headPath('topics')
const language = new Model2VecPipeline<'softmax', string>(LANGUAGE)
const topics = new Model2VecPipeline<'sigmoid', string>(TOPICS)
const texts = corpus('multilingual_300')
const probabilities = language.predictProbaSync(texts)
const labels = language.predictSync(texts)
const scores = labels.map((label, i) => probabilities.row(i)[language.classes?.indexOf(label) ?? -1] ?? NaN)
/** Fields, spaces and escapes that are none of the command's affair. */
const jsonLines = texts.map((text, i) => `{"id": "t-${i}",  "more": [${i}, null], "text": ${JSON.stringify(text)}}`)

function fileOf(
  name: string,
  content: string | Buffer,
): { readonly file: string; readonly at: (name: string) => string } {
  const directory = mkdtempSync(path.join(os.tmpdir(), 'model2vec-cli-'))
  const at = (each: string): string => path.join(directory, each)
  writeFileSync(at(name), content)
  return { file: at(name), at }
}

function objectsOf(lines: string): Record<string, unknown>[] {
  return lines.split('\n').flatMap((line) => (line === '' ? [] : [JSON.parse(line) as Record<string, unknown>]))
}

const close = (a: unknown, b: number | undefined): boolean => Math.fround(Number(a)) === b

test('each text has its label and its score, with id and text where they are asked for', async (t) => {
  const { file, at } = fileOf('in.jsonl', jsonLines.join('\n'))
  const plain = await model2vec('classify', file, '--model', LANGUAGE)
  t.deepEqual([plain.code, plain.err], [0, ''])
  const objects = objectsOf(plain.out)
  t.deepEqual(
    objects.map(({ label }) => label),
    labels,
  )
  t.true(objects.every(({ score }, i) => close(score, scores[i])))
  t.deepEqual(Object.keys(objects[0] ?? {}), ['label', 'score'])
  const args = [file, '--model', LANGUAGE, '--id-field', 'id', '--with-text', '--out', at('out.jsonl')]
  const whole = await model2vec('classify', ...args)
  t.deepEqual([whole.code, whole.out, whole.err], [0, '', ''])
  const wide = objectsOf(readFileSync(at('out.jsonl'), 'utf8'))
  t.deepEqual(
    wide,
    objects.map((object, i) => ({ id: `t-${i}`, text: texts[i], ...object })),
  )
  t.true(existsSync(at('.out.jsonl.made-by.json')))
})

test('--proba writes the probability of every class beside the label', async (t) => {
  const { file } = fileOf('in.jsonl', jsonLines.join('\n'))
  const { code, out } = await model2vec('classify', file, '--model', LANGUAGE, '--proba')
  t.is(code, 0)
  const objects = objectsOf(out)
  t.is(objects.length, texts.length)
  for (const [i, { label, score, probabilities: all }] of objects.entries()) {
    t.is(label, labels[i])
    t.true(close(score, scores[i]))
    const found = language.classes?.map((each) => Math.fround((all as Record<string, number>)[each] ?? NaN))
    t.deepEqual(found, [...probabilities.row(i)])
  }
})

test('a multi-label head gives every label above the threshold, one with identity its numbers', async (t) => {
  const { file } = fileOf('in.txt', texts.map((text) => text.replaceAll('\n', ' ')).join('\n'))
  const lines = texts.map((text) => text.replaceAll('\n', ' '))
  for (const threshold of [undefined, 0.1]) {
    const given = threshold === undefined ? [] : ['--threshold', String(threshold)]
    const { code, out } = await model2vec('classify', file, '--model', TOPICS, ...given, '--proba')
    t.is(code, 0)
    const objects = objectsOf(out)
    t.deepEqual(
      objects.map((each) => each.labels),
      topics.predictSync(lines, { threshold }),
    )
    const all = topics.predictProbaSync(lines)
    t.true(
      objects.every(({ labels: found, scores: given }, i) =>
        (found as string[]).every((label, k) =>
          close((given as number[])[k], all.row(i)[topics.classes?.indexOf(label) ?? -1]),
        ),
      ),
    )
  }
  using projection = new Model2VecPipeline<'identity'>(headPath('measures'))
  const { code, out } = await model2vec('classify', file, '--model', headPath('measures'))
  t.is(code, 0)
  t.deepEqual(objectsOf(out).map(({ values }) => (values as number[]).map(Math.fround)), projection.predictSync(lines).toArray()) // prettier-ignore
})

test('--filter writes the lines that pass, as they are, from standard input to standard output too', async (t) => {
  const kept = (...filters: [label: string, min: number][]): string[] =>
    jsonLines.filter((_, i) => filters.some(([label, min]) => labels[i] === label && (scores[i] ?? 0) >= min))
  const { file } = fileOf('in.jsonl.gz', gzipSync(jsonLines.join('\r\n')))
  const one = await model2vec('classify', file, '--model', LANGUAGE, '--filter', 'label=fi')
  t.deepEqual([one.code, one.err], [0, ''])
  t.deepEqual(one.out.trimEnd().split('\n'), kept(['fi', 0]))
  const two = await run(
    [
      'classify',
      '-',
      '--format',
      'jsonl',
      '-m',
      LANGUAGE,
      '--filter',
      'label=de,min=0.8',
      '--filter',
      'label=es,min=0.5',
    ],
    { stdin: jsonLines.join('\n') },
  )
  t.deepEqual([two.code, two.err], [0, ''])
  t.deepEqual(two.out.trimEnd().split('\n'), kept(['de', 0.8], ['es', 0.5]))
  t.true(kept(['de', 0.8]).length > 0 && kept(['de', 0.8]).length < kept(['de', 0]).length)
})

test('--filter with a least probability looks at it alone, and without one at the labels that are predicted', async (t) => {
  const all = topics.predictProbaSync(texts).toArray()
  const [label, index] = [topics.classes?.[0] ?? '', 0]
  const { file } = fileOf('in.jsonl', jsonLines.join('\n'))
  for (const [filter, least] of [
    [`label=${label},min=0.1`, 0.1],
    [`label=${label}`, 0.5],
  ] as const) {
    const { code, out } = await model2vec('classify', file, '-m', TOPICS, '--filter', filter)
    t.is(code, 0)
    const expected = jsonLines.filter((_, i) =>
      least === 0.1 ? (all[i]?.[index] ?? 0) >= Math.fround(0.1) : (all[i]?.[index] ?? 0) > 0.5,
    )
    t.deepEqual(
      out.split('\n').filter((line) => line !== ''),
      expected,
    )
    t.true(expected.length > 0 && expected.length < jsonLines.length)
  }
})

test('--filter names the number of a class as the model or as JavaScript writes it', async (t) => {
  using bytes = new Model2VecPipeline<Activation, number>(headPath('bytes-float-labels'))
  const first = bytes.classes?.find((each) => Number.isInteger(each)) ?? NaN
  const { file } = fileOf('in.jsonl', jsonLines.join('\n'))
  const lines = await Promise.all(
    [`label=${first}`, `label=${first}.0`].map((filter) =>
      model2vec('classify', file, '-m', headPath('bytes-float-labels'), '--filter', filter),
    ),
  )
  t.is(lines[0]?.code, 0)
  t.is(lines[0]?.out, lines[1]?.out)
})

test('--resume notices that the head has changed', async (t) => {
  const { file, at } = fileOf('in.jsonl', jsonLines.join('\n'))
  cpSync(LANGUAGE, at('model'), { recursive: true, dereference: true })
  t.is((await model2vec('classify', file, '-m', at('model'), '-o', at('out.jsonl'))).code, 0)
  const head = path.join(at('model'), 'head.safetensors')
  const bytes = readFileSync(head)
  bytes[bytes.length - 1] = (bytes.at(-1) ?? 0) ^ 0x80
  writeFileSync(head, bytes)
  utimesSync(head, 1, 1)
  const other = await model2vec('classify', file, '-m', at('model'), '-o', at('out.jsonl'), '--resume')
  t.is(other.code, 1)
  t.regex(other.err, /is of another run: .*model/)
})

test('--filter keeps the header of tables, also where no line passes', async (t) => {
  const row = (text: string, i: number): string => `${i},"${text.replaceAll('"', '""')}"`
  const csv = ['id,text', ...texts.map(row)]
  const { file, at } = fileOf('in.csv', csv.join('\n'))
  writeFileSync(at('more.csv'), 'id,text\n7,"ein Satz, der deutsch ist und nicht passt"\n')
  writeFileSync(at('other.csv'), 'text,id\nein Satz,7\n')
  const args = ['--model', LANGUAGE, '--filter', 'label=fi']
  const { code, out } = await model2vec('classify', file, at('more.csv'), ...args)
  t.is(code, 0)
  t.is(out, ['id,text', ...csv.slice(1).filter((_, i) => labels[i] === 'fi'), ''].join('\n'))
  t.is((await model2vec('classify', at('more.csv'), '-m', LANGUAGE, '--filter', 'label=fi,min=1')).out, 'id,text\n')
  const two = await model2vec('classify', file, at('other.csv'), ...args)
  t.is(two.code, 1)
  t.regex(two.err, /other\.csv has another header than the files before it/)
})

test('--filter writes no byte order mark into the middle, and UTF-16 in UTF-8', async (t) => {
  const passing = texts.filter((text, i) => labels[i] === 'fi' && !/[\r\n"]/.test(text))
  t.true(passing.length > 1)
  const utf16 = (text: string): Buffer => Buffer.from(text, 'utf16le')
  for (const [ending, header, lineOf] of [
    ['jsonl', [], (text: string) => JSON.stringify({ text })],
    ['csv', ['id;text'], (text: string) => `7;"${text}"`],
  ] as const) {
    const { file, at } = fileOf(`a.${ending}`, '')
    const content = `\ufeff${[...header, ...passing.map(lineOf), ''].join('\n')}`
    writeFileSync(file, content)
    writeFileSync(at(`b.${ending}`), utf16(content))
    writeFileSync(at(`c.${ending}`), content.slice(1))
    const files = [file, at(`b.${ending}`), at(`c.${ending}`)]
    const { code, out, err } = await model2vec('classify', ...files, '-m', LANGUAGE, '--filter', 'label=fi')
    t.deepEqual([code, err], [0, ''])
    const lines = passing.map(lineOf)
    t.is(out, `\ufeff${[...header, ...lines, ...lines, ...lines, ''].join('\n')}`)
  }
})

test('a line that can not be read ends the run with its place, or is skipped', async (t) => {
  const { file } = fileOf('in.jsonl', '{"text": "ein Satz"}\n{"texts": 1}\n{"text": "noch einer"}\n')
  const failed = await model2vec('classify', file, '-m', LANGUAGE)
  t.is(failed.code, 1)
  t.regex(failed.err, /in\.jsonl:2: expected a string in "text"/)
  for (const more of [[], ['--filter', 'label=de']]) {
    const skipped = await model2vec('classify', file, '-m', LANGUAGE, '--on-error', 'skip', ...more)
    t.is(skipped.code, 0)
    t.regex(skipped.err, /skipped .*in\.jsonl:2[^]*1 line was skipped/)
  }
})

const wrong: [args: string[], message: RegExp][] = [
  [['in.jsonl'], /--model is needed/],
  [['in.jsonl', '-m', LANGUAGE, '--filter', 'fi'], /--filter should be label=x or label=x,min=n/],
  [['in.jsonl', '-m', LANGUAGE, '--filter', 'label=fi,min=2'], /with n from 0 to 1, but got label=fi,min=2/],
  [['in.jsonl', '-m', LANGUAGE, '--filter', 'label=en'], /the head has no such label, only "ar", "cs", /],
  [['in.jsonl', '-m', LANGUAGE, '--filter', 'label=fi', '--proba'], /--filter writes lines as they are: --proba/],
  [['in.jsonl', 'in.txt', '-m', LANGUAGE, '--filter', 'label=fi'], /files of one format/],
  [['in.jsonl', '-m', LANGUAGE, '--threshold', '0.5'], /--threshold is for multi-label heads/],
  [['in.jsonl', '-m', TOPICS, '--threshold', '5'], /--threshold should be a number from 0 to 1, but got 5/],
  [['in.jsonl', '-m', headPath('measures'), '--proba'], /--proba is for heads with labels/],
  [['in.jsonl', '-m', LANGUAGE, '--id-field', 'label'], /would be a second field of that name/],
  [['in.jsonl', '-m', LANGUAGE, '--resume'], /--resume needs --out/],
  [['-', '--format', 'jsonl', '-m', LANGUAGE, '-o', 'out.jsonl', '--resume'], /--resume needs files/],
]
for (const [args, message] of wrong) {
  const shown = args.map((arg) => (path.isAbsolute(arg) ? path.basename(arg) : arg)).join(' ')
  test(`classify ${shown} is called wrongly`, async (t) => {
    const { at } = fileOf('in.jsonl', '{"text": "ein Satz"}\n')
    writeFileSync(at('in.txt'), 'ein Satz\n')
    const { code, err } = await model2vec('classify', ...args.map((arg) => (/^(in|out)\./.test(arg) ? at(arg) : arg)))
    t.is(code, 2, err)
    t.regex(err, message)
  })
}

test('a model without a head is an error before a file is written', async (t) => {
  const { file, at } = fileOf('in.jsonl', '{"text": "ein Satz"}\n')
  const model = path.resolve('test/fixtures/unpacked/models/m8k-f32')
  const { code, err } = await model2vec('classify', file, '-m', model, '-o', at('out.jsonl'))
  t.is(code, 1)
  t.regex(err, /head\.safetensors.*\(ERR_BAD_HEAD\)/)
  t.deepEqual(readdirSync(path.dirname(file)), ['in.jsonl'])
})

const many = path.join(emptyDirectory(), 'many.csv')
const lines = manyTexts(12_000).map((text, i) => `${i},"${text.replaceAll('"', '""')}"`)
writeFileSync(many, ['id,text', ...lines].join('\n'))

for (const [what, options] of [
  ['labels', ['--id-field', 'id']],
  ['lines that pass a filter', ['--filter', 'label=fi', '--filter', 'label=fa,min=0.5']],
] as const) {
  test.serial(`a run that is killed again and again loses and doubles none of the ${what}`, async (t) => {
    const directory = emptyDirectory()
    const [whole, killed] = [path.join(directory, 'whole'), path.join(directory, 'killed')]
    const args = (out: string): string[] => [
      'classify',
      many,
      '-o',
      out,
      '-m',
      LANGUAGE,
      '--checkpoint',
      '0',
      ...options,
    ]
    t.is((await model2vec(...args(whole))).code, 0)
    let resumes = 0
    for (let change = 1; ; change++) {
      if (change > 200) throw new Error('expected an end')
      const note = `${killed}.partial.json`
      const noted = existsSync(note) ? (JSON.parse(readFileSync(note, 'utf8')) as { rows?: number }) : {}
      if ((noted.rows ?? 0) > 0) resumes++
      const outcome = await signaled([...args(killed), '--resume'], 'SIGKILL', change)
      if (outcome.signal === null) {
        t.is(outcome.code, 0, outcome.err)
        break
      }
    }
    t.true(resumes > 0)
    t.true(readFileSync(killed).equals(readFileSync(whole)))
    t.true(readFileSync(whole).length > 0)
    t.false(readdirSync(directory).some((name) => name.includes('.partial')))
    const again = await model2vec(...args(killed), '--resume')
    t.regex(again.err, /killed is whole: there is nothing to go on with/)
    const other = await model2vec(...args(killed), '--resume', '--max-length', '8')
    t.is(other.code, 1)
    t.regex(other.err, /killed is of another run: --max-length was 512, now 8/)
  })
}
