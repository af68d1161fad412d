// `model2vec bench`: that it measures what it says, not how fast.

import { writeFileSync } from 'node:fs'
import path from 'node:path'

import test from 'ava'

import { corpus, SMALL } from '../test-data.js'
import { emptyDirectory, model2vec, run } from './run.js'

const MODEL = ['--model', SMALL]

interface Report {
  readonly texts: number
  readonly bytes: number
  readonly madeUp: boolean
  readonly rounds: number
  readonly throughput: readonly { threads: number; textsPerSecond: number; megabytesPerSecond: number }[]
  readonly latency: { median: number; p99: number }
}

test('texts of a file are measured with one thread and with all', async (t) => {
  const texts = corpus('multilingual_300')
  const file = path.join(emptyDirectory(), 'texts.jsonl')
  writeFileSync(file, texts.map((text) => JSON.stringify({ text })).join('\n'))
  const { code, out, err } = await model2vec('bench', file, '--json', '--rounds', '2', '--threads', '3', ...MODEL)
  t.deepEqual([code, err], [0, ''])
  const report = JSON.parse(out) as Report
  const bytes = texts.reduce((sum, text) => sum + Buffer.byteLength(text), 0)
  t.deepEqual([report.texts, report.bytes, report.madeUp, report.rounds], [texts.length, bytes, false, 2])
  t.deepEqual(
    report.throughput.map(({ threads }) => threads),
    [1, 3],
  )
  for (const { textsPerSecond, megabytesPerSecond } of report.throughput) {
    // Both are one rate, in texts and in bytes, each rounded.
    const fromBytes = (megabytes: number): number => (megabytes * 1e6) / (bytes / texts.length)
    t.true(textsPerSecond >= fromBytes(megabytesPerSecond - 0.05) - 0.5)
    t.true(textsPerSecond <= fromBytes(megabytesPerSecond + 0.05) + 0.5)
  }
  t.true(report.latency.median > 0 && report.latency.p99 >= report.latency.median)
})

test('without a file texts are made up, and the table says so', async (t) => {
  const { code, out, err } = await model2vec('bench', '--rounds', '1', '--threads', '2', ...MODEL)
  t.deepEqual([code, err], [0, ''])
  t.regex(
    out,
    /^20,000 made-up texts, [\d.]+ MB; \S+; tokenizer native, kernel \w+\nmedians of 1 rounds\nthreads +texts\/s +MB\/s\n +1 +[\d,]+ +[\d.]+\n +2 +[\d,]+ +[\d.]+\none text alone: [\d.]+ µs \(median\), [\d.]+ µs \(99 of 100 take no longer\)\n$/,
  )
})

test('SIGINT ends bench', async (t) => {
  const { code, signal, out } = await run(['bench', '--rounds', '1000000', ...MODEL], {
    onStart: (child) => setTimeout(() => child.kill('SIGINT'), 1000),
  })
  t.deepEqual([code, signal, out], [null, 'SIGINT', ''])
})

for (const [args, code, message] of [
  [['no-such.jsonl'], 1, /no-such\.jsonl: no such file/],
  [['examples/documents.jsonl', '--rounds', '0'], 2, /--rounds should be an integer ≥ 1, but got 0/],
  [['examples/documents.jsonl', '--text-field', 'body'], 1, /documents\.jsonl:1: expected a string in "body"/],
  [['examples/documents.jsonl', '--id-field', 'id'], 2, /bench prints no ids/],
] as const) {
  test(`a call that can't be served ends with one line: bench ${args.join(' ')}`, async (t) => {
    const outcome = await model2vec('bench', ...args, ...MODEL)
    t.deepEqual([outcome.code, outcome.out], [code, ''])
    t.regex(outcome.err, /^model2vec: [^\n]+\n$/)
    t.regex(outcome.err, message)
  })
}
