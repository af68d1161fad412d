// CSV and TSV: records whose quotes say where they end, and those whose quotes don't.

import { readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { gzipSync } from 'node:zlib'

import test from 'ava'
import { Model2VecEmbeddingFunction } from 'model2vec-node'

import { crc, SMALL } from '../test-data.js'
import { emptyDirectory, model2vec } from './run.js'
import { embedded } from './embedded.js'

const MODEL = ['--model', SMALL]
const ef = new Model2VecEmbeddingFunction(SMALL)

test('an unclosed quote costs one line, which is named: all other rows are there', async (t) => {
  const texts = Array.from({ length: 20_000 }, (_, i) => `text ${i}`)
  const row = (text: string, i: number): string => `${i},${i === 4 ? '"' : ''}${text}\n`
  const content = `id,text\n${texts.map(row).join('')}`
  const { code, err, vectors, skipped } = await embedded('open.csv', content, '--on-error', 'skip')
  t.is(code, 0)
  t.deepEqual(skipped, ['6: expected a closing quote, but got the end of the file'])
  t.true(err.endsWith('model2vec: 1 line was skipped\n'))
  t.is(crc(vectors()), crc(ef.encodeSync(texts.filter((_, i) => i !== 4)).data))
  const failed = await embedded('open.csv', content)
  t.is(failed.code, 1)
  t.regex(failed.err, /open\.csv:6: expected a closing quote, but got the end of the file\n$/)
})

test('where the next quote opens a field, the one before it was not closed', async (t) => {
  const content = 'id,text\n1,"one\n2,two\n3,"thr,ee"\n4,"fo\nur"\n5,"a\nb" c\n6,"six"\n"7\n7","open\n8,eight\n'
  const { code, vectors, skipped } = await embedded('quotes.csv', content, '--on-error', 'skip')
  t.is(code, 0)
  t.deepEqual(skipped, [
    '2: expected a closing quote, but the next one, in line 4, ends no field',
    '7: expected a closing quote, but the next one, in line 8, ends no field',
    "8: expected the header's 2 fields, but got 1",
    '10: expected a closing quote for the one in line 11, but got the end of the file',
    '11: expected a closing quote, but got the end of the file',
  ])
  t.deepEqual(vectors(), ef.encodeSync(['two', 'thr,ee', 'fo\nur', 'six', 'eight']).data)
})

test('the error of a record with too many fields names all lines of the record', async (t) => {
  const { skipped } = await embedded('n.csv', 'id,text\n1,"a\nb",c\n2,d\n', '--on-error', 'skip')
  t.deepEqual(skipped, ["2: expected the header's 2 fields, but got 3 in the record of lines 2 to 3"])
})

test('a header that can not be read ends the run, as no other line can take its place', async (t) => {
  for (const header of ['id,"text', 'id,"text"x', 'id,t\xff']) {
    const content = Buffer.from(`${header}\n1,a\n2,text\n`, 'latin1')
    const { code, err } = await embedded('header.csv', content, '--on-error', 'skip')
    t.is(code, 1, err)
    t.regex(err, /header\.csv:1: expected /)
  }
})

test('ids and texts are those of the records, whoever reads them: natively, or here for what is on several lines', async (t) => {
  const rows = Array.from({ length: 5000 }, (_, i) => {
    const texts = ['plain', 'with, comma', 'a "quoted" word', 'two\nlines', '"', '', `ß 😀 ${i}`]
    return { id: i % 13 === 0 ? `"${i}\n"` : String(i), text: texts[(i * i) % 7] ?? '' }
  })
  const quoted = (value: string, i: number): string =>
    i % 2 === 0 || /[",\n]/.test(value) ? `"${value.replaceAll('"', '""')}"` : value
  const content = rows.map(({ id, text }, i) => `${quoted(text, i)},x"y,${quoted(id, i)}${i % 3 === 0 ? '\r' : ''}\n`)
  const directory = emptyDirectory()
  const [file, out] = [path.join(directory, 'in.csv'), path.join(directory, 'out.jsonl')]
  writeFileSync(file, `text,other,id\n${content.join('')}`)
  const { code, err } = await model2vec('embed', file, '-o', out, '--id-field', 'id', '--with-text', ...MODEL)
  t.deepEqual([code, err], [0, ''])
  const found = readFileSync(out, 'utf8').trimEnd().split('\n')
  const parsed = found.map((line) => JSON.parse(line) as { id: string; text: string; embedding: number[] })
  t.deepEqual(
    parsed.map(({ id, text }) => ({ id, text })),
    rows,
  )
  const vectors = Float32Array.from(parsed.flatMap(({ embedding }) => embedding))
  t.is(crc(vectors), crc(ef.encodeSync(rows.map(({ text }) => text)).data))
})

test('quotes in TSV are characters, and a line is a row', async (t) => {
  const content = 'n\ttext\n1\t"A\n2\tB"\n3\t"Weird Al" Yankovic\n'
  const { code, err, vectors } = await embedded('quotes.tsv', content)
  t.deepEqual([code, err], [0, ''])
  t.deepEqual(vectors(), ef.encodeSync(['"A', 'B"', '"Weird Al" Yankovic']).data)
})

/** Numbers from 0 to below `limit`, the same in each run. */
function generator(seed: number): (limit: number) => number {
  let state = seed
  return (limit) => {
    state = (state * 48_271) % 0x7fff_ffff
    return state % limit
  }
}

for (const eol of ['\n', '\r\n']) {
  test(`records are what was written, wherever the chunks of a file end: ${JSON.stringify(eol)}`, async (t) => {
    const next = generator(7)
    const pieces = ['a', 'b ', '"', '""', ',', '\n', '\r\n', '\t', 'ß', '😀', 'a dog', '"\n"', '",']
    const field = (): string => Array.from({ length: next(9) }, () => pieces[next(pieces.length)] ?? '').join('')
    const quoted = (value: string): string =>
      /["\n\r,]/.test(value) || next(3) === 0 ? `"${value.replaceAll('"', '""')}"` : value
    const rows = Array.from({ length: 120_000 }, () => [field(), field()] as const)
    const records = rows.map(([id, text]) => `${quoted(id)},${quoted(text)}`)
    const content = ['\ufeffid,text', ...records].join(eol)
    const directory = emptyDirectory()
    const [plain, packed] = [path.join(directory, 'random.csv'), path.join(directory, 'random.csv.gz')]
    writeFileSync(plain, content)
    writeFileSync(packed, gzipSync(content))
    for (const file of [plain, packed]) {
      const out = `${file}.jsonl`
      const options = ['--id-field', 'id', '--with-text', '--dimensionality', '1', '-o', out]
      const { code, err } = await model2vec('embed', file, ...options, ...MODEL)
      t.deepEqual([code, err], [0, ''])
      const found = readFileSync(out, 'utf8').trimEnd().split('\n')
      t.is(found.length, rows.length)
      const other = found.findIndex((line, i) => {
        const { id, text } = JSON.parse(line) as { id: string; text: string }
        return id !== rows[i]?.[0] || text !== rows[i][1]
      })
      t.is(other, -1, found[other])
    }
  })
}
