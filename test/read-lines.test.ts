// `readLines`: lines end with \n or \r\n and nothing else, whatever the source gives at once.

import { createReadStream, existsSync, readFileSync, writeFileSync } from 'node:fs'
import { mkdtempSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { createInterface } from 'node:readline'
import { Readable } from 'node:stream'
import { pathToFileURL } from 'node:url'
import zlib from 'node:zlib'

import test from 'ava'
import { isModel2VecError, Model2VecEmbeddingFunction, readLines } from 'model2vec-node'
import type { LineSource } from 'model2vec-node'

import { SMALL } from './test-data.js'

const LINES = [
  'a dog',
  '',
  'a\u2028b\u2029c\u0085d\ve\ff',
  'x\ry',
  '∑ ß 漢字 😀',
  '\ufeffin the middle',
  '\r',
  'the last one',
]
const CONTENT = Buffer.from(`\ufeff${LINES.join('\r\n').replace('a dog\r\n', 'a dog\n')}`)
const directory = mkdtempSync(path.join(os.tmpdir(), 'model2vec-lines-'))

async function all(source: LineSource): Promise<string[]> {
  const lines: string[] = []
  for await (const line of readLines(source)) lines.push(line)
  return lines
}

function file(name: string, content: string | Uint8Array): string {
  const place = path.join(directory, name)
  writeFileSync(place, content)
  return place
}

/** The bytes in chunks of one length. */
function chunks(content: Uint8Array, length: number): Uint8Array[] {
  return Array.from({ length: Math.ceil(content.length / length) }, (_, i) =>
    content.slice(i * length, (i + 1) * length),
  )
}

/** zstd where this runtime has it. */
const compressZstd = (zlib as { zstdCompressSync?: (bytes: Uint8Array) => Buffer }).zstdCompressSync

test('every source gives the same lines: a path, a URL, streams of Node and the Web, strings, packed or not', async (t) => {
  const plain = file('lines.txt', CONTENT)
  const packed = file('packed', zlib.gzipSync(CONTENT))
  const sources: LineSource[] = [
    plain,
    pathToFileURL(plain),
    packed,
    createReadStream(plain),
    createReadStream(plain, 'utf8'),
    createReadStream(packed, { highWaterMark: 1 }),
    Readable.toWeb(createReadStream(plain)) as ReadableStream<Uint8Array>,
    new Blob([CONTENT]).stream(),
    new Response(CONTENT).body ?? '',
    Readable.from([CONTENT.toString()]),
  ]
  if (compressZstd !== undefined) sources.push(file('packed.zst', compressZstd(CONTENT)))
  for (const source of sources) t.deepEqual(await all(source), LINES)
})

test('lines do not depend on where chunks end: every length of chunks', async (t) => {
  for (let length = 1; length <= CONTENT.length; length++) {
    t.deepEqual(await all(Readable.from(chunks(CONTENT, length))), LINES)
  }
})

test('what is empty has no lines, and a line break at the end starts none', async (t) => {
  for (const [content, lines] of [
    ['', []],
    ['\n', ['']],
    ['\r\n', ['']],
    ['a', ['a']],
    ['a\n', ['a']],
    ['a\n\n', ['a', '']],
    ['a\r', ['a']],
    ['\ufeff', ['']],
  ] as const) {
    t.deepEqual(await all(file('some.txt', content)), lines)
  }
})

test('JSON Lines with U+2028 are read whole, which node:readline splits from Node 24 on', async (t) => {
  const texts = ['one\u2028two', 'three\u2029four', 'five']
  const documents = file('documents.jsonl', texts.map((text) => `${JSON.stringify({ text })}\n`).join(''))
  const ef = new Model2VecEmbeddingFunction(SMALL)
  const text = (line: string): string => (JSON.parse(line) as { text: string }).text
  const rows: number[][] = []
  for await (const { embeddings } of ef.encodeStream(readLines(documents), { text })) rows.push(...embeddings.toArray())
  t.deepEqual(rows, ef.encodeSync(texts).toArray())
  let count = 0
  for await (const line of createInterface({ input: createReadStream(documents) })) count += line.length > 0 ? 1 : 0
  t.log(`node:readline of Node ${process.versions.node} finds ${count} lines`)
})

test('bytes that are no UTF-8 are an error with file and line, after the lines before them', async (t) => {
  const bad = file('latin1.txt', Buffer.from('one\ntwo\ncaf\xe9\nfour\n', 'latin1'))
  const seen: string[] = []
  const error = await t.throwsAsync(
    async () => {
      for await (const line of readLines(bad)) seen.push(line)
    },
    { code: 'ERR_INVALID_TEXT', message: `${bad}:3: expected UTF-8, but got other bytes` },
  )
  t.true(isModel2VecError(error))
  t.is((error as { index?: number }).index, 2)
  t.deepEqual(seen, ['one', 'two'])
  // A character whose end is missing.
  await t.throwsAsync(all(file('cut.txt', CONTENT.subarray(0, CONTENT.indexOf('😀') + 2))), {
    code: 'ERR_INVALID_TEXT',
  })
})

test('the error of data that can not be unpacked names the file', async (t) => {
  const cut = file('cut.gz', zlib.gzipSync(Buffer.alloc(100_000, 'line\n')).subarray(0, 100))
  await t.throwsAsync(all(cut), {
    code: 'ERR_INVALID_TEXT',
    message: `${cut}: can't be unpacked: unexpected end of file`,
  })
  const zst = file('a.zst', Buffer.from('28b52ffd0400290000610a5d2ab3e5', 'hex'))
  const error = await t.throwsAsync(all(zst))
  t.true(isModel2VecError(error))
  if (compressZstd !== undefined) return
  t.regex(error.message, /^zstd is unpacked by Node 22\.15 and later, but this is v20/)
  t.is((error as { code?: unknown }).code, 'ERR_NOT_INSTALLED')
})

test('what is no source is refused at once, and a missing file when it is read', async (t) => {
  for (const source of [5, null, undefined, {}, ['a'], '', new URL('http://127.0.0.1/')]) {
    const error = t.throws(() => readLines(source as never))
    t.true(isModel2VecError(error), String(error))
  }
  await t.throwsAsync(all(path.join(directory, 'none.txt')), { code: 'ENOENT' })
  await t.throwsAsync(all(Readable.from([5])), {
    code: 'ERR_INVALID_TEXT',
    message: /expected bytes or strings, but got number/,
  })
})

test('break lets the source go, and an error of the source comes out', async (t) => {
  const stream = createReadStream(file('many.txt', 'line\n'.repeat(1_000_000)))
  for await (const line of readLines(stream)) {
    t.is(line, 'line')
    break
  }
  t.true(stream.destroyed)
  const packed = createReadStream(file('many.gz', zlib.gzipSync('line\n'.repeat(1_000_000))))
  for await (const line of readLines(packed)) {
    t.is(line, 'line')
    break
  }
  t.true(packed.destroyed)
  const failing = new Readable({
    read() {
      this.push('a\n')
      this.destroy(new Error('the disk is gone'))
    },
  })
  await t.throwsAsync(all(failing), { message: 'the disk is gone' })
})

test('no more of a source is in memory than a chunk and a line', async (t) => {
  const block = Buffer.alloc(1 << 20, `${'x'.repeat(1023)}\n`)
  let given = 0
  const source = Readable.from(
    (function* () {
      for (; given < 300; given++) yield block
    })(),
  )
  let [lines, most] = [0, 0]
  for await (const line of readLines(source)) {
    lines += line.length === 1023 ? 1 : 0
    most = Math.max(most, given - lines / 1024)
  }
  t.is(lines, 300 * 1024)
  t.true(most <= 20, `${most} MB ahead`)
})

test('the examples, the README and docs/API.md read lines with it, not with node:readline', (t) => {
  for (const name of ['README.md', 'docs/API.md', 'examples/milvus/ingest.mjs', 'examples/start.mjs']) {
    if (existsSync(name)) t.notRegex(readFileSync(name, 'utf8'), /from 'node:readline'/, name)
  }
})

test('a character is whole where strings end in the middle of it, and half of one alone is U+FFFD', async (t) => {
  const text = 'a 😀\n𠀀 b\n\ud83d\n'
  t.deepEqual(await all(Readable.from(text.split(''))), ['a 😀', '𠀀 b', '\ufffd'])
  t.deepEqual(await all(Readable.from(['a\ud83d', Buffer.from('b'), 'c\ud83d'])), ['a\ufffdbc\ufffd'])
})

test('zeros between and after members of gzip are skipped, as Python does, and anything else there is an error', async (t) => {
  const [one, two] = [zlib.gzipSync('1\n2\n'), zlib.gzipSync('3\n4\n')]
  const damaged = Buffer.from(two).fill(0, 0, 1)
  const zeros = (count: number): Buffer => Buffer.alloc(count)
  for (const length of [1, 7, 1 << 20]) {
    const read = (...parts: Buffer[]): Promise<string[]> => all(Readable.from(chunks(Buffer.concat(parts), length)))
    t.deepEqual(await read(one, zeros(512), two), ['1', '2', '3', '4'])
    t.deepEqual(await read(one, two, zeros(1), one, zeros(600)), ['1', '2', '3', '4', '1', '2'])
    for (const wrong of [
      [damaged],
      [zeros(3), Buffer.from('x')],
      [Buffer.from('xyz')],
      [zeros(3), two.subarray(0, 12)],
    ]) {
      const error = await t.throwsAsync(read(one, ...wrong), { code: 'ERR_INVALID_TEXT' })
      t.regex(error.message, /can't be unpacked/)
    }
  }
})

for (const [packing, pack] of [
  ['gzip', zlib.gzipSync],
  ['zstd', compressZstd],
] as const) {
  const packingTest = pack === undefined ? test.skip : test
  packingTest(
    `a reader that stops reading ${packing} waits for no more of it, and the source is let go by then`,
    async (t) => {
      let isLetGo = false
      const source = async function* (): AsyncGenerator<Buffer, void, undefined> {
        try {
          yield pack?.(Buffer.from('1\n2\n')) ?? Buffer.alloc(0)
          await new Promise(() => undefined)
        } finally {
          isLetGo = true
        }
      }
      for await (const line of readLines(source())) {
        t.is(line, '1')
        break
      }
      t.true(isLetGo)
    },
  )
}
