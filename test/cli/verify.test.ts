// `model2vec verify` with the real model2vec-rs: crates/verify is built for it.

import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync, writeFileSync } from 'node:fs'
import path from 'node:path'

import test from 'ava'

import { corpus, modelPath, POTION, SMALL } from '../test-data.js'
import { emptyDirectory, MAIN, model2vec, run } from './run.js'
import type { Outcome } from './run.js'

const EXECUTABLE = path.resolve(`target/debug/model2vec-verify${process.platform === 'win32' ? '.exe' : ''}`)

interface Report {
  readonly official: string
  readonly texts: number
  readonly bytes: number
  readonly normalize: boolean
  readonly maxLength: number | null
  readonly ids: { equal: number; different: number; differentByLimit: number; where: readonly string[] }
  readonly largestDifference: { equalIds: number; differentIds: number }
  readonly textsPerSecond: { ours: number; official: number }
  readonly speedUp: number
}

const directory = emptyDirectory()
const file = path.join(directory, 'texts.jsonl')
const texts = ['edge', 'multilingual_300', 'docs_en_300'].flatMap((name) => corpus(name))

test.before(() => {
  execFileSync('cargo', ['build', '--locked', '--quiet', '-p', 'model2vec-verify'], { stdio: 'inherit' })
  writeFileSync(file, texts.map((text) => `${JSON.stringify({ text })}\n`).join(''))
})

function verify(...args: string[]): Promise<Outcome> {
  return run(['verify', ...args], { env: { MODEL2VEC_VERIFY_PATH: EXECUTABLE } })
}

async function report(...args: string[]): Promise<Report> {
  const { code, out, err } = await verify(file, '--json', ...args)
  if (code !== 0 || err !== '') throw new Error(err)
  return JSON.parse(out) as Report
}

test('model2vec-rs has the same ids as potion-base-8M here, and vectors that differ by its roundings', async (t) => {
  const found = await report('--model', POTION)
  t.is(found.official, 'model2vec-rs 0.4.0')
  t.is(found.texts, texts.length)
  t.is(
    found.bytes,
    texts.reduce((sum, text) => sum + Buffer.byteLength(text), 0),
  )
  t.deepEqual(found.ids, { equal: texts.length, different: 0, differentByLimit: 0, where: [] })
  // It adds the squares of a vector in another order; elements are up to 1.
  t.true(found.largestDifference.equalIds > 0 && found.largestDifference.equalIds < 2e-6)
  t.true(found.textsPerSecond.ours > 0 && found.textsPerSecond.official > 0 && found.speedUp > 0)
})

test('vectors that are not scaled have equal bits: sums go in the same order', async (t) => {
  const { normalize, largestDifference } = await report('--model', modelPath('m8k-nonorm'))
  t.deepEqual([normalize, largestDifference.equalIds], [false, 0])
})

test('texts that are cut elsewhere are counted, named, and equal without a limit', async (t) => {
  // In T5's vocabulary the median token is longer in bytes than in characters, as each space is a
  // character of three bytes.
  const model = ['--model', modelPath('ug-t5-raw')]
  const { ids, maxLength, largestDifference } = await report(...model)
  t.is(maxLength, 512)
  t.true(ids.different > 0)
  t.is(ids.differentByLimit, ids.different)
  t.is(ids.equal, texts.length - ids.different)
  t.true(largestDifference.differentIds > 0.01 && largestDifference.equalIds < 2e-6)
  for (const place of ids.where) {
    const line = Number(/texts\.jsonl:(\d+)$/.exec(place)?.[1])
    // A cut shows in long texts only: 512 tokens of four characters and more.
    t.true((texts[line - 1]?.length ?? 0) > 2048)
  }
  const whole = await report(...model, '--max-length', 'none')
  t.deepEqual([whole.ids.different, whole.maxLength], [0, null])
})

test('without --json there are a few lines', async (t) => {
  const { out, code } = await verify(file, '--model', SMALL)
  t.is(code, 0)
  t.regex(out, new RegExp(`^${texts.length.toLocaleString('en')} texts, [\\d.]+ MB; \\S+; model2vec-rs 0\\.4\\.0\n`))
  t.regex(out, /^ids +1,161 equal, 0 differ$/m)
  t.regex(out, /^vectors +largest difference: \S+ where ids are equal$/m)
  t.regex(out, /^speed +[\d,]+ texts\/s here, [\d,]+ there: [\d.]+ times$/m)
})

test('lone surrogates go to both engines as U+FFFD', async (t) => {
  const odd = path.join(directory, 'surrogates.jsonl')
  writeFileSync(odd, '{"text":"a \\ud800 dog"}\n{"text":"\\udc00\\ud83d\\ude00"}\n')
  const { code, out, err } = await verify(odd, '--json', '--model', modelPath('bpe-gpt2-raw'))
  t.is(code, 0, err)
  t.is((JSON.parse(out) as Report).ids.equal, 2)
})

test('a model that model2vec-rs does not load is an error with the message of model2vec-rs', async (t) => {
  const { code, err } = await verify(file, '--model', modelPath('m8k-f64'))
  t.is(code, 1)
  t.regex(err, /^model2vec: model2vec-rs: unsupported tensor dtype: F64\n$/)
})

test('an executable that is missing or another program is named in the error', async (t) => {
  const missing = path.join(directory, 'no-such')
  const started = await run(['verify', file, '--model', SMALL], { env: { MODEL2VEC_VERIFY_PATH: missing } })
  t.deepEqual([started.code, started.out], [1, ''])
  t.regex(started.err, /no-such: no such file or directory \(ENOENT\)\n$/)
  if (process.platform !== 'win32') {
    const other = path.join(directory, 'other')
    writeFileSync(other, '#!/bin/sh\n', { mode: 0o755 })
    const ended = await run(['verify', file, '--model', SMALL], { env: { MODEL2VEC_VERIFY_PATH: other } })
    t.deepEqual([ended.code, ended.out], [1, ''])
    t.regex(ended.err, /^model2vec: [^\n]+other ended without an answer\n$/)
    for (const [script, message] of [
      ['exec cat', /other is not model2vec-verify: it prints nothing\n$/],
      ['echo hello; exec cat', /other is not model2vec-verify: it printed "hello"\n$/],
      ['echo {}; exec cat', /other is not model2vec-verify: it does not print its version\n$/],
      ['echo \'{"version":"0.0.1"}\'; exec cat', /other is 0\.0\.1, but this package \d+\.\d+\.\d+: `cargo install /],
    ] as const) {
      writeFileSync(other, `#!/bin/sh\n${script}\n`)
      const { code, out, err } = await run(['verify', file, '--model', SMALL], {
        env: { MODEL2VEC_VERIFY_PATH: other },
      })
      t.deepEqual([code, out], [1, ''])
      t.regex(err, message)
    }
  }
  // An executable that was built in this repository is found in target/verify.
  if (existsSync('target/verify')) return
  const none = await run(['verify', file, '--model', SMALL], { env: { MODEL2VEC_VERIFY_PATH: '', PATH: directory } })
  t.is(none.code, 1)
  t.regex(none.err, /`cargo install --git https:\S+ --tag v\d\S+ --profile verify model2vec-verify` builds/)
})

;(process.platform === 'win32' ? test.skip : test)('SIGINT ends verify', async (t) => {
  const [waiting, started] = [path.join(directory, 'waiting'), path.join(directory, 'started')]
  writeFileSync(waiting, `#!/bin/sh\n: > '${started}'\nexec cat\n`, { mode: 0o755 })
  const { code, signal, out } = await run(['verify', file, '--model', SMALL], {
    env: { MODEL2VEC_VERIFY_PATH: waiting },
    onStart: (child) => {
      const timer = setInterval(() => existsSync(started) && child.kill('SIGINT'), 10)
      child.on('exit', () => {
        clearInterval(timer)
      })
    },
  })
  t.deepEqual([code, signal, out], [null, 'SIGINT', ''])
})

// util-linux has `script`, which gives a command a terminal.
const hasScript = spawnSync('script', ['--version']).status === 0
;(hasScript ? test : test.skip)('a message for a skipped line takes the place of the bar', (t) => {
  const odd = path.join(directory, 'odd.jsonl')
  // The bar is drawn after the first batch of 2048 texts.
  writeFileSync(odd, `${'{"text":"a dog"}\n'.repeat(2048)}bad\n{"text":"a cat"}\n`)
  const command = [process.execPath, MAIN, 'verify', odd, '--on-error', 'skip', '--model', SMALL].join(' ')
  const seen = execFileSync('script', ['--quiet', '--return', '--command', command, '/dev/null'], {
    encoding: 'utf8',
    env: { ...process.env, MODEL2VEC_VERIFY_PATH: EXECUTABLE },
  })
  t.regex(seen, /\d texts, [^\r\n]*left\)\x1b\[K\r\x1b\[Kmodel2vec: skipped \S+odd\.jsonl:2049: expected JSON, /)
})

test('verify has no ids to print', async (t) => {
  const { code, err } = await model2vec('verify', file, '--id-field', 'id')
  t.is(code, 2)
  t.regex(err, /verify prints no ids/)
})
