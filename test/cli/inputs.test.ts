// What `model2vec` reads: pipes, lines without end, files that are no UTF-8, texts that no
// tokenizer takes.

import { execFileSync, spawn, spawnSync } from 'node:child_process'
import { createWriteStream, mkdirSync, openSync, readdirSync, readFileSync, readlinkSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { finished } from 'node:stream/promises'
import zlib, { gzipSync } from 'node:zlib'

import test from 'ava'
import { Model2VecEmbeddingFunction } from 'model2vec-node'

import { crc, SMALL } from '../test-data.js'
import { embedded, vectorsOf } from './embedded.js'
import { outputReader } from './python.js'
import { emptyDirectory, MAIN, model2vec, run } from './run.js'

const MODEL = ['--model', SMALL]
const ef = new Model2VecEmbeddingFunction(SMALL)

for (const name of ['cr.csv', 'cr.tsv', 'cr.txt']) {
  test(`a file whose lines end with \\r alone is an error, not a file without rows: ${name}`, async (t) => {
    const content = 'id,text\r1,a dog\r2,a cat\r'.replaceAll(',', name.endsWith('tsv') ? '\t' : ',')
    for (const options of [[], ['--on-error', 'skip']]) {
      const { code, err } = await embedded(name, content, ...options)
      t.is(code, 1)
      t.regex(err, /: expected lines that end with \\n or \\r\\n, but got \\r alone: `tr '\\r' '\\n'` converts it\n$/)
    }
  })
}

for (const [name, text, encode] of [
  ['UTF-16 LE', 'a dog\na cat\n', (text: string) => Buffer.from(text, 'utf16le')],
  ['UTF-16 LE, one line', 'a dog', (text: string) => Buffer.from(text, 'utf16le')],
  ['UTF-16 BE', 'a dog\na cat\n', (text: string) => Buffer.from(text, 'utf16le').swap16()],
  ['UTF-16 LE, Russian', 'собака в парке\nкошка\n', (text: string) => Buffer.from(text, 'utf16le')],
] as const) {
  test(`UTF-16 without a byte order mark is an error, also where its bytes happen to be UTF-8: ${name}`, async (t) => {
    for (const [file, options] of [
      ['wide.txt', []],
      ['wide.txt', ['--on-error', 'skip']],
      ['wide.jsonl', ['--on-error', 'skip']],
      ['wide.csv', ['--on-error', 'skip']],
    ] as const) {
      const { code, err } = await embedded(file, encode(text), ...options)
      t.is(code, 1, err)
      t.regex(err, /wide\.\w+: expected UTF-8, but got UTF-16 without a byte order mark: `iconv -f UTF-16[LB]E -t /)
    }
  })
}

test('a NUL in a text is a character', async (t) => {
  const texts = ['a\0b', '\0', 'c', '\0\0 d']
  const { code, vectors } = await embedded('nul.txt', texts.join('\n'))
  t.is(code, 0)
  t.deepEqual(vectors(), ef.encodeSync(texts).data)
})

/** A model of three words without an unknown token. */
function modelWithoutUnknown(): string {
  const directory = path.join(emptyDirectory(), 'model')
  mkdirSync(directory)
  const vocab = { dog: 0, cat: 1, park: 2 }
  const tokenizer = {
    version: '1.0',
    truncation: null,
    padding: null,
    added_tokens: [],
    normalizer: null,
    pre_tokenizer: { type: 'Whitespace' },
    post_processor: null,
    decoder: null,
    model: { type: 'WordLevel', vocab, unk_token: '[UNK]' },
  }
  writeFileSync(path.join(directory, 'tokenizer.json'), JSON.stringify(tokenizer))
  writeFileSync(path.join(directory, 'config.json'), JSON.stringify({ normalize: false }))
  const header = Buffer.from(
    JSON.stringify({ embeddings: { dtype: 'F32', shape: [3, 2], data_offsets: [0, 24] } }).padEnd(128),
  )
  const length = Buffer.alloc(8)
  length.writeBigUInt64LE(BigInt(header.length))
  const table = Buffer.from(new Float32Array([1, 0, 0, 1, 1, 1]).buffer)
  writeFileSync(path.join(directory, 'model.safetensors'), Buffer.concat([length, header, table]))
  return directory
}

for (const [format, lineOf, ids] of [
  ['txt', (text: string) => text, false],
  ['jsonl', (text: string) => JSON.stringify({ id: 1, text }), false],
  ['jsonl', (text: string) => JSON.stringify({ id: 1, text }), true],
] as const) {
  test(`a text that can't be tokenized is an error with its file and line, or is skipped: .${format}${ids ? ' with ids' : ''}`, async (t) => {
    const model = modelWithoutUnknown()
    const directory = emptyDirectory()
    const words = ['dog', 'cat', 'park', 'dog cat']
    const texts = Array.from({ length: 5000 }, (_, i) =>
      i === 903 || i === 904 || i === 4100 ? `zebra ${i}` : (words[i % 4] ?? ''),
    )
    const first = path.join(directory, `a.${format}`)
    const file = path.join(directory, `b.${format}`)
    writeFileSync(first, `${lineOf('dog')}\n`)
    writeFileSync(file, texts.map((text) => `${lineOf(text)}\n`).join(''))
    const out = path.join(directory, ids ? 'out.jsonl' : 'out.npy')
    const args = ['embed', first, file, '-o', out, '--model', model, ...(ids ? ['--id-field', 'id'] : [])]
    const failed = await model2vec(...args)
    t.is(failed.code, 1)
    t.regex(failed.err, new RegExp(`^model2vec: ${file}:904: the text could not be tokenized: [^\\n]+\\n$`))
    const skipped = await model2vec(...args, '--on-error', 'skip')
    t.is(skipped.code, 0, skipped.err)
    for (const line of [904, 905, 4101]) {
      t.regex(skipped.err, new RegExp(`^model2vec: skipped ${file}:${line}: the text could not be tokenized: `, 'm'))
    }
    t.true(skipped.err.endsWith('model2vec: 3 lines were skipped\n'))
    const good = ['dog', ...texts.filter((text) => !text.startsWith('zebra'))]
    const expected = new Model2VecEmbeddingFunction(model).encodeSync(good)
    if (ids) {
      const rows = readFileSync(out, 'utf8').trimEnd().split('\n')
      t.deepEqual(
        rows.map((row) => (JSON.parse(row) as { embedding: number[] }).embedding.map(Math.fround)),
        expected.toArray(),
      )
    } else {
      t.is(crc(vectorsOf(out)), crc(expected.data))
    }
    const searched = await model2vec('search', 'dog', file, '--on-error', 'skip', '-k', '1', '--model', model)
    t.deepEqual([searched.code, searched.err.split('\n').length], [0, 4])
  })
}

test('a lone surrogate in an id or a text is U+FFFD in JSON Lines, as in Arrow and Parquet', async (t) => {
  const file = path.join(emptyDirectory(), 'lone.jsonl')
  writeFileSync(file, '{"id":"a\\ud83d","text":"b\\udc00c"}\n{"id":"\\ud83d\\ude00","text":"\\ud83d\\ude00"}\n')
  const { out } = await model2vec('embed', file, '--id-field', 'id', '--with-text', ...MODEL)
  t.notRegex(out, /\\ud/)
  const rows = out
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as { id: string; text: string })
  t.deepEqual(
    rows.map(({ id, text }) => [id, text]),
    [
      ['a\ufffd', 'b\ufffdc'],
      ['😀', '😀'],
    ],
  )
  const searched = await model2vec('search', 'c', file, '--id-field', 'id', '--json', ...MODEL)
  t.notRegex(searched.out, /\\ud/)
})

const hasPipes = process.platform !== 'win32' && spawnSync('mkfifo', ['--version']).status !== null
const pipeTest = hasPipes ? test : test.skip

function makePipe(): string {
  const pipe = path.join(emptyDirectory(), 'pipe.txt')
  execFileSync('mkfifo', [pipe])
  return pipe
}

pipeTest('a named pipe is opened once, so that no line of it is lost: twenty times', async (t) => {
  const texts = ['a dog', 'a cat', 'a park']
  for (let i = 0; i < 20; i++) {
    const pipe = makePipe()
    const out = `${pipe}.npy`
    const done = model2vec('embed', pipe, '-o', out, ...MODEL)
    // Only the second byte shows whether the input is packed.
    const bytes = i % 2 === 0 ? Buffer.from(texts.join('\n')) : gzipSync(texts.join('\n'))
    const stream = createWriteStream(pipe)
    stream.write(bytes.subarray(0, 1))
    stream.end(bytes.subarray(1))
    await finished(stream)
    const { code, err } = await done
    t.deepEqual([code, err], [0, ''])
    t.deepEqual(vectorsOf(out), ef.encodeSync(texts).data)
  }
})

/** Whether a process has a file open. */
function hasOpen(pid: number | undefined, file: string): boolean {
  const directory = `/proc/${pid}/fd`
  try {
    return readdirSync(directory).some((fd) => readlinkSync(path.join(directory, fd)) === file)
  } catch {
    // A file that has just been closed, or the process's end.
    return false
  }
}

;(hasPipes && process.platform === 'linux' ? test : test.skip)(
  'SIGINT ends a run that waits for a writer of a pipe, at once and with its lock',
  async (t) => {
    const pipe = makePipe()
    for (const args of [
      ['embed', pipe, '-o', `${pipe}.npy`],
      ['embed', pipe],
      ['search', 'dog', pipe],
    ]) {
      const child = spawn(process.execPath, [MAIN, ...args, ...MODEL], { stdio: ['ignore', 'pipe', 'pipe'] })
      let err = ''
      child.stderr.setEncoding('utf8').on('data', (text: string) => (err += text))
      const timer = setInterval(() => {
        if (!hasOpen(child.pid, pipe)) return
        // Once: the second one ends any process.
        clearInterval(timer)
        child.kill('SIGINT')
      }, 20)
      const late = setTimeout(() => child.kill('SIGKILL'), 5 * 60_000)
      const code = await new Promise((resolve) => child.on('close', resolve))
      clearInterval(timer)
      clearTimeout(late)
      t.deepEqual([code, err], [130, 'model2vec: interrupted by SIGINT\n'])
    }
  },
)

pipeTest('--resume refuses a pipe, which can be read only once', async (t) => {
  const pipe = makePipe()
  const { code, err } = await model2vec('embed', pipe, '-o', `${pipe}.npy`, '--resume', ...MODEL)
  t.is(code, 2)
  t.regex(err, /--resume needs files: a pipe can be read only once/)
})

for (const format of ['jsonl', 'lines', 'csv', 'tsv']) {
  test.serial(`a line of more than 256 MB is skipped, and the lines around it are read: ${format}`, async (t) => {
    const isTable = format === 'csv' || format === 'tsv'
    const line = (text: string): string => (format === 'jsonl' ? `${JSON.stringify({ text })}\n` : `${text}\n`)
    const out = path.join(emptyDirectory(), 'out.npy')
    const args = ['embed', '-', '--format', format, '--on-error', 'skip', '-o', out, ...MODEL]
    const block = 'x'.repeat(1 << 20)
    const { code, err } = await run(args, {
      onStart: (child) => {
        void (async () => {
          const stdin = child.stdin
          if (stdin === null) return
          const write = (text: string): Promise<void> =>
            new Promise((resolve) => {
              stdin.write(text, () => {
                resolve()
              })
            })
          await write(`${isTable ? 'text\n' : ''}${line('a dog')}`)
          for (let i = 0; i < 270; i++) await write(block)
          await write(`\n${line('a cat')}`)
          stdin.end()
        })()
      },
      keepsInput: true,
    })
    t.is(code, 0, err)
    const number = isTable ? 3 : 2
    t.is(
      err,
      `model2vec: skipped <stdin>:${number}: expected a line of at most 268435456 bytes, but got a longer one\n` +
        'model2vec: 1 line was skipped\n',
    )
    t.deepEqual(vectorsOf(out), ef.encodeSync(['a dog', 'a cat']).data)
  })
}

for (const [args, message] of [
  [['embed', '@/empty'], /^model2vec: @\/empty: expected files that end with .*\.parquet.*\n$/],
  [['search', 'dog', '@/empty'], /^model2vec: @\/empty: expected files that end with .*\.parquet.*\n$/],
  [['bench', '@/empty'], /^model2vec: @\/empty: expected files that end with .*\.parquet.*\n$/],
  [['embed', '@/none.txt'], /^model2vec: @\/none\.txt: no such file or directory \(ENOENT\)\n$/],
  [['embed', '@/a.txt/b.txt'], /^model2vec: @\/a\.txt\/b\.txt: not a directory \(ENOTDIR\)\n$/],
  [['embed', '@/a.txt', '-o', '@/none/v.npy'], /^model2vec: @\/none\/v\.npy: no such file or directory \(ENOENT\)\n$/],
  [['embed', '@/a.txt', '-o', '@/a.txt/v.npy'], /^model2vec: @\/a\.txt\/v\.npy: \S+a\.txt is not a directory\n$/],
  [['search', 'dog', '@/a.txt', '--vectors', '@'], /^model2vec: @: illegal operation on a directory \(EISDIR\)\n$/],
  [
    ['search', 'dog', '@/a.txt', '--vectors', '@/v.npy'],
    /^model2vec: @\/v\.npy: no such file or directory \(ENOENT\)\n$/,
  ],
] as const) {
  test(`an error of the system is one line with the file and the reason: ${args.join(' ')}`, async (t) => {
    const directory = emptyDirectory()
    mkdirSync(path.join(directory, 'empty'))
    writeFileSync(path.join(directory, 'a.txt'), 'a dog\n')
    const outcome = await model2vec(...args.map((each) => each.replace('@', directory)), ...MODEL)
    t.deepEqual([outcome.code, outcome.out], [1, ''])
    t.regex(outcome.err.replaceAll(directory, '@'), message)
  })
}

;(process.platform === 'win32' ? test.skip : test)(
  'a directory as standard input is an error, not an empty file',
  (t) => {
    const args = [MAIN, 'embed', '-', '--format', 'lines', ...MODEL]
    const { status, stderr } = spawnSync(process.execPath, args, { stdio: [openSync('test', 'r'), 'pipe', 'pipe'] })
    t.is(status, 1)
    t.is(String(stderr), 'model2vec: standard input is a directory, not a file\n')
  },
)

test('zstd is unpacked where Node can, and is an error that says so elsewhere', async (t) => {
  const { zstdCompressSync } = zlib as { zstdCompressSync?: (bytes: string) => Buffer }
  const content = zstdCompressSync?.('{"text":"a dog"}\n') ?? Buffer.from('28b52ffd040000', 'hex')
  const { code, err, vectors } = await embedded('documents.jsonl.zst', content)
  if (zstdCompressSync === undefined) {
    t.is(code, 1)
    t.regex(err, /documents\.jsonl\.zst: zstd is unpacked by Node 22\.15 and later, but this is v20/)
  } else {
    t.is(code, 0)
    t.deepEqual(vectors(), ef.encodeSync(['a dog']).data)
  }
})

const python = outputReader()
const pythonTest = 'read' in python ? test : test.skip
pythonTest('pyarrow reads JSON Lines whose texts had lone surrogates', async (t) => {
  const directory = emptyDirectory()
  const file = path.join(directory, 'lone.jsonl')
  writeFileSync(file, '{"text":"b\\udc00c"}\n{"text":"d"}\n')
  const out = path.join(directory, 'out.jsonl')
  t.is((await model2vec('embed', file, '--with-text', '-o', out, ...MODEL)).code, 0)
  const [table] = 'read' in python ? python.read(out) : []
  t.deepEqual([table?.rows, table?.columns], [2, { text: ['b\ufffdc', 'd'] }])
})
