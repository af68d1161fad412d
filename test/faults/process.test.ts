// What happens to a process: no more threads, a clock that jumps, locale C, being stopped and
// continued, having children. Each in a real process, whose vectors are those of this one.

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import path from 'node:path'

import test from 'ava'
import { Model2VecEmbeddingFunction } from 'model2vec-node'

import { crc, manyTexts, SMALL } from '../test-data.js'
import { until } from '../waiting.js'
import { canPreload, preloading } from './preloaded.js'

const preloaded = canPreload ? test : test.skip
const onUnix = process.platform === 'win32' ? test.skip : test
const texts = manyTexts(3000)
const expected = String(crc(new Model2VecEmbeddingFunction(SMALL).encodeSync(texts).data))

/** Starts the script `children/many-calls.js` in a way of its own. */
function start(way: string, env: Readonly<Record<string, string>> = {}): ReturnType<typeof spawn> {
  const child = path.join(__dirname, '..', 'children', 'many-calls.js')
  return spawn(process.execPath, [child, path.resolve(SMALL), way], {
    env: { ...process.env, ...env },
    stdio: ['pipe', 'pipe', 'pipe', 'ipc'],
  })
}

async function linesOf(child: ReturnType<typeof spawn>): Promise<string[]> {
  let output = ''
  child.stdout?.on('data', (data: Buffer) => (output += data.toString()))
  child.stderr?.on('data', (data: Buffer) => (output += data.toString()))
  const [code] = (await once(child, 'close')) as [number | null]
  return [...output.trim().split('\n'), String(code)]
}

preloaded('a process that gets no thread works on its calls itself, and goes on when it gets some', async (t) => {
  const lines = await linesOf(start('no-threads', preloading('no_threads', {})))
  t.deepEqual(lines, [expected, expected, 'nearest', 'duplicates', 'quantized: done', expected, '0'])
})

preloaded('a clock that jumps by days changes nothing', async (t) => {
  const lines = await linesOf(start('progress', preloading('clock_jumps', {})))
  t.deepEqual(lines, [expected, 'progress', '0'])
})

for (const locale of ['C', 'tr_TR.UTF-8', 'de_DE.UTF-8', '']) {
  test(`the locale ${locale === '' ? 'of no name' : locale} changes nothing`, async (t) => {
    const lines = await linesOf(start('progress', { LC_ALL: locale, LANG: locale }))
    t.deepEqual(lines, [expected, 'progress', '0'])
  })
}

onUnix('a process that is stopped and continued in the middle of calls goes on as before', async (t) => {
  const child = start('rounds')
  const lines = linesOf(child)
  let rounds = 0
  child.on('message', () => rounds++)
  for (let stop = 0; stop < 5; stop++) {
    const before = rounds
    await until(() => rounds > before, 'a round')
    child.kill('SIGSTOP')
    child.kill('SIGCONT')
  }
  child.send('enough')
  t.deepEqual(await lines, [expected, '0'])
})

test('children of a process that is in a call have models of their own', async (t) => {
  const lines = await linesOf(start('fork'))
  t.deepEqual(lines.toSorted(), [expected, expected, expected, '0'].toSorted())
})
