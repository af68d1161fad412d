// `model2vec embed`, the real command on real files: every input and output, bad lines, signals,
// and --resume.

import { execFileSync, spawn, spawnSync } from 'node:child_process'
import {
  createWriteStream,
  existsSync,
  openSync,
  readdirSync,
  readFileSync,
  realpathSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import path from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { createGzip, gzipSync } from 'node:zlib'

import test from 'ava'
import { Model2VecEmbeddingFunction } from 'model2vec-node'

import { corpus, crc, manyTexts, SMALL } from '../test-data.js'
import { outputReader } from './python.js'
import { ENDINGS, hasColumns } from './modules.js'
import { emptyDirectory, MAIN, measured, model2vec, run, signaled } from './run.js'

const ef = new Model2VecEmbeddingFunction(SMALL)
const DIM = 32
const documents = corpus('docs_en_300')
const MODEL = ['--model', SMALL]
const python = outputReader()

/** The vectors of a `.npy` of float32, whose header is 128 bytes. */
function vectorsOf(file: string): Float32Array {
  const bytes = readFileSync(file)
  return new Float32Array(bytes.buffer.slice(bytes.byteOffset + 128, bytes.byteOffset + bytes.length))
}

function jsonLines(texts: readonly string[]): string {
  return texts.map((text, i) => `${JSON.stringify({ id: `doc-${i}`, n: i, text })}\n`).join('')
}

const quoted = (value: string): string => `"${value.replaceAll('"', '""')}"`

/** Texts without line breaks, for plain lines. */
const lines = documents.map((text) => text.replaceAll(/[\r\n]+/g, ' '))
/** And without tabs. */
const tabless = lines.map((text) => text.replaceAll('\t', ' '))

for (const [name, content, texts] of [
  ['documents.jsonl', jsonLines(documents), documents],
  ['documents.ndjson', jsonLines(documents).replaceAll('\n', '\r\n').trimEnd(), documents],
  ['byte-order-mark.jsonl', `\ufeff${jsonLines(documents)}`, documents],
  ['empty-lines.jsonl', jsonLines(documents).replaceAll('\n', '\n\n  \n'), documents],
  ['lines.txt', `${lines.join('\n')}\n`, lines],
  ['empty-lines.txt', 'a dog\n\n\na cat', ['a dog', '', '', 'a cat']],
  ['documents.csv', `id,text\n${documents.map((text, i) => `${i},${quoted(text)}\n`).join('')}`, documents],
  ['quotes.csv', 'text\n5" pipe\nfoo\n"6"" pipe, ""\n"\na""b\n', ['5" pipe', 'foo', '6" pipe, "\n', 'a""b']],
  ['marked.csv', '\ufeff"text",n\n"a\nb",1\nc "d",2\n', ['a\nb', 'c "d"']],
  ['quotes.tsv', 'n\ttext\n1\t"A\n2\tB"\n3\t"Weird Al" Yankovic\n4\t"a"\n', ['"A', 'B"', '"Weird Al" Yankovic', '"a"']],
  ['windows.csv', `text\r\n${lines.map((text) => `${quoted(text)}\r\n`).join('')}`, lines],
  ['documents.tsv', `n\ttext\n${tabless.map((text, i) => `${i}\t${text}\n`).join('')}`, tabless],
  ['empty.jsonl', '', []],
] as const) {
  test(`${name}, also packed and on standard input, becomes the matrix of encode`, async (t) => {
    const directory = emptyDirectory()
    const [plain, packed] = [path.join(directory, name), path.join(directory, `${name}.gz`)]
    writeFileSync(plain, content)
    writeFileSync(packed, gzipSync(content))
    const out = path.join(directory, 'out.npy')
    const format = { jsonl: 'jsonl', ndjson: 'jsonl', txt: 'lines', csv: 'csv', tsv: 'tsv' }[
      name.split('.').at(-1) ?? ''
    ]
    for (const [args, stdin] of [
      [[plain], ''],
      [[packed], ''],
      [['-', '--format', format ?? ''], content],
      [['-', '--format', format ?? ''], gzipSync(content)],
    ] as const) {
      const { code, out: stdout, err } = await run(['embed', ...args, '--out', out, ...MODEL], { stdin })
      t.deepEqual([code, stdout, err], [0, '', ''])
      t.deepEqual(vectorsOf(out), ef.encodeSync(texts).data)
    }
    t.deepEqual(readdirSync(directory).sort(), ['.out.npy.made-by.json', name, `${name}.gz`, 'out.npy'].sort())
  })
}

test('several files are one output, in their order', async (t) => {
  const directory = emptyDirectory()
  const files = [0, 1, 2].map((i) => path.join(directory, `${i}.jsonl`))
  for (const [i, file] of files.entries()) writeFileSync(file, jsonLines(documents.slice(i * 100, (i + 1) * 100)))
  const out = path.join(directory, 'out.npy')
  t.is((await model2vec('embed', ...files, '-o', out, ...MODEL)).code, 0)
  t.deepEqual(vectorsOf(out), ef.encodeSync(documents).data)
})

test('fields are named, and ids and texts are written where they are asked for', async (t) => {
  const directory = emptyDirectory()
  const file = path.join(directory, 'documents.jsonl')
  writeFileSync(file, documents.map((body, n) => JSON.stringify({ n, body })).join('\n'))
  const options = ['--text-field', 'body', '--id-field', 'n', '--with-text']
  const { code, out, err } = await model2vec('embed', file, ...options, ...MODEL)
  t.deepEqual([code, err], [0, ''])
  const objects = out
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as { embedding: number[] })
    // The numbers have as few digits as say which float32 they are.
    .map((object) => ({ ...object, embedding: object.embedding.map(Math.fround) }))
  const vectors = ef.encodeSync(documents).toArray()
  t.deepEqual(
    objects,
    documents.map((body, n) => ({ n, body, embedding: vectors[n] })),
  )
})

test('options of encode are options of embed', async (t) => {
  const directory = emptyDirectory()
  const file = path.join(directory, 'documents.jsonl')
  writeFileSync(file, jsonLines(documents))
  const embedded = async (...options: string[]): Promise<Float32Array> => {
    const out = path.join(directory, 'out.npy')
    t.is((await model2vec('embed', file, '--out', out, ...MODEL, ...options)).code, 0)
    return vectorsOf(out)
  }
  const encoded = (options: object): Float32Array => ef.encodeSync(documents, options).data
  t.deepEqual(await embedded('--max-length', '8'), encoded({ maxLength: 8 }))
  t.deepEqual(await embedded('--max-length', 'none'), encoded({ maxLength: null }))
  t.deepEqual(await embedded('--no-normalize'), encoded({ normalize: false }))
  t.deepEqual(await embedded('--normalize', '--dimensionality', '7'), encoded({ normalize: true, dimensionality: 7 }))
})

const pythonTest = 'read' in python ? test : test.skip
const readWithPython = 'read' in python ? python.read : () => []

pythonTest(
  `numpy and pyarrow read every output of every element type${'reason' in python ? `: ${python.reason}` : ''}`,
  async (t) => {
    const directory = emptyDirectory()
    const file = path.join(directory, 'documents.jsonl')
    writeFileSync(file, jsonLines(documents))
    const ids = documents.map((_, i) => `doc-${i}`)
    for (const [dtype, numpyType, arrowType, parquetType] of [
      ['float32', 'float32', 'fixed_size_list<item: float not null>[32]', 'list<element: float not null>'],
      ['float16', 'float16', 'fixed_size_list<item: halffloat not null>[32]', 'list<element: halffloat not null>'],
      ['bfloat16', '|V2', 'fixed_size_binary[64]', 'fixed_size_binary[64]'],
      ['int8', 'int8', 'fixed_size_list<item: int8 not null>[32]', 'list<element: int8 not null>'],
      ['binary', 'uint8', 'fixed_size_binary[4]', 'fixed_size_binary[4]'],
    ] as const) {
      const matrix = ef.encodeSync(documents, { dtype, normalize: true })
      const outputs = ['npy', 'arrow', 'parquet'].map((ending) => path.join(directory, `${dtype}.${ending}`))
      for (const out of outputs) {
        const columns = out.endsWith('.npy') ? [] : ['--id-field', 'id', '--with-text']
        const { code, err } = await model2vec(
          'embed',
          file,
          '-o',
          out,
          '--dtype',
          dtype,
          '--normalize',
          ...columns,
          ...MODEL,
        )
        t.deepEqual([code, err], [0, ''])
      }
      const [npy, arrow, parquet] = readWithPython(...outputs)
      t.deepEqual(npy, { type: numpyType, shape: [300, matrix.width], crc: crc(matrix.data) })
      const table = { rows: 300, crc: crc(matrix.data), columns: { id: ids, text: documents } }
      t.deepEqual(arrow, { type: arrowType, ...table })
      t.deepEqual(parquet, { type: parquetType, ...table })
    }
  },
)

pythonTest('numpy and pyarrow read outputs without rows', async (t) => {
  const directory = emptyDirectory()
  const file = path.join(directory, 'empty.jsonl')
  writeFileSync(file, '')
  const outputs = ['npy', 'arrow', 'parquet'].map((ending) => path.join(directory, `out.${ending}`))
  for (const out of outputs) t.is((await model2vec('embed', file, '-o', out, ...MODEL)).code, 0)
  const [npy, arrow, parquet] = readWithPython(...outputs)
  t.deepEqual([npy?.shape, arrow?.rows, parquet?.rows], [[0, DIM], 0, 0])
})

for (const [name, content, line, message] of [
  ['broken.jsonl', '{"text": "a"}\n\n{"text": \n{"text": "b"}\n', 3, /expected JSON, but got "{\\"text\\": ": /],
  ['list.jsonl', '["a"]\n', 1, /expected an object with "text", but got an array/],
  ['missing.jsonl', '{"text": "a"}\n{"title": "b"}\n', 2, /expected a string in "text", but there is only "title"/],
  ['number.jsonl', '{"text": 5}\n', 1, /expected a string in "text", but got 5/],
  [
    'latin1.jsonl',
    Buffer.from('{"text": "a"}\n{"text": "caf\xe9"}\n', 'latin1'),
    2,
    /expected UTF-8, but got other bytes/,
  ],
  ['broken.csv', 'text,id\n"a" "b\nc,2\n', 2, /expected "," after a closing quote, but got " \\"b"/],
  ['short.csv', 'text,id\n"a\nb",1\nc\n', 4, /expected the header's 2 fields, but got 1/],
  ['open.csv', 'text,id\na,1\n"b,2\n', 3, /expected a closing quote, but got the end of the file/],
  ['after.csv', 'text,id\n"b"c,2\n', 2, /expected "," after a closing quote, but got "c,2"/],
] as const) {
  test(`a bad line ends the run with its file and number, or is skipped: ${name}`, async (t) => {
    const directory = emptyDirectory()
    const file = path.join(directory, name)
    writeFileSync(file, content)
    const out = path.join(directory, 'out.npy')
    const failed = await model2vec('embed', file, '-o', out, ...MODEL)
    t.is(failed.code, 1)
    t.regex(failed.err, /^model2vec: [^\n]+\n$/)
    t.true(failed.err.startsWith(`model2vec: ${file}:${line}: expected `), failed.err)
    t.regex(failed.err, message)
    t.false(existsSync(out))
    const skipped = await model2vec('embed', file, '-o', out, '--on-error', 'skip', ...MODEL)
    t.is(skipped.code, 0)
    t.is(skipped.err, `model2vec: skipped ${failed.err.slice('model2vec: '.length)}model2vec: 1 line was skipped\n`)
    t.is(vectorsOf(out).length % DIM, 0)
  })
}

test('skipped lines do not change the vectors of the others', async (t) => {
  const directory = emptyDirectory()
  const file = path.join(directory, 'documents.jsonl')
  const content = jsonLines(documents).trimEnd().split('\n')
  writeFileSync(file, content.map((line, i) => (i % 10 === 3 ? line.slice(1) : line)).join('\n'))
  const out = path.join(directory, 'out.npy')
  const { code, err } = await model2vec('embed', file, '-o', out, '--on-error', 'skip', ...MODEL)
  t.is(code, 0)
  t.is(err.split('\n').filter((line) => line.startsWith('model2vec: skipped ')).length, 30)
  t.deepEqual(vectorsOf(out), ef.encodeSync(documents.filter((_, i) => i % 10 !== 3)).data)
})

test('a file that is cut off in the middle of its packing is an error with its name', async (t) => {
  const file = path.join(emptyDirectory(), 'documents.jsonl.gz')
  writeFileSync(file, gzipSync(jsonLines(documents)).subarray(0, 5000))
  const { code, err } = await model2vec('embed', file, ...MODEL)
  t.is(code, 1)
  t.is(err, `model2vec: ${file}: unexpected end of file\n`)
})

for (const [args, code, message] of [
  [[], 2, /expected files, or - for standard input; see `model2vec embed --help`/],
  [['-'], 2, /--format is needed for standard input/],
  [['documents.pdf'], 2, /--format is needed for documents\.pdf/],
  [['no-such.jsonl'], 1, /no-such\.jsonl: no such file/],
  [['src'], 1, /src: expected files that end with /],
  [
    ['examples/documents.jsonl', '--out', 'out.txt'],
    2,
    /--out should end with \.jsonl, \.jsonl\.gz, \.jsonl\.zst, \.npy, \.arrow, \.parquet, but got out\.txt/,
  ],
  [['examples/documents.jsonl', '--out', 'no-such/out.npy'], 1, /no-such\/out\.npy/],
  [['examples/documents.jsonl', '--out', 'out.npy', '--id-field', 'id'], 2, /\.npy holds vectors only/],
  [
    ['examples/documents.jsonl', '--out', './examples/../examples/documents.jsonl'],
    2,
    /--out is an input too: \.\/examples\/\.\.\/examples\/documents\.jsonl/,
  ],
  [['examples/documents.jsonl', '--dtype', 'float64'], 2, /--dtype should be float32, .*, but got float64/],
  [['examples/documents.jsonl', '--threads', '0'], 2, /--threads should be an integer ≥ 1, but got 0/],
  [['examples/documents.jsonl', '--resume'], 2, /--resume needs --out/],
  [['-', '--format', 'lines', '--out', 'out.npy', '--resume'], 2, /--resume needs files/],
  [['examples/documents.jsonl', '--dtype', 'int8', '--no-normalize'], 1, /`dtype` 'int8' is for vectors of length 1/],
  [
    ['examples/documents.jsonl', '--dimensionality', '33'],
    1,
    /`dimensionality` should be an integer from 1 to the model's 32/,
  ],
  [['examples/documents.jsonl', '--normalize', '--no-normalize'], 2, /were both given/],
] as const) {
  test(`a call that can't be served ends with one line: embed ${args.join(' ')}`, async (t) => {
    const outcome = await model2vec('embed', ...args, ...MODEL)
    t.is(outcome.code, code, outcome.err)
    t.regex(outcome.err, /^model2vec: [^\n]+\n$/)
    t.regex(outcome.err, message)
    t.is(outcome.out, '')
  })
}

/** Thirty batches. */
const many = path.join(emptyDirectory(), 'many.jsonl')
const manyCount = 60_000
test.before(() => {
  writeFileSync(many, jsonLines(manyTexts(manyCount)))
})

/** How many rows the checkpoint of an output has. */
function rowsNoted(out: string): number {
  if (!existsSync(`${out}.partial.json`)) return 0
  return (JSON.parse(readFileSync(`${out}.partial.json`, 'utf8')) as { rows?: number }).rows ?? 0
}

/** Ten batches. */
const some = path.join(emptyDirectory(), 'some.jsonl')
test.before(() => {
  writeFileSync(some, jsonLines(manyTexts(20_000)))
})

for (const ending of ENDINGS) {
  test.serial(`a run that is killed again and again loses and doubles nothing: .${ending}`, async (t) => {
    const directory = emptyDirectory()
    const [whole, killed] = [path.join(directory, `whole.${ending}`), path.join(directory, `killed.${ending}`)]
    const columns = hasColumns(ending) ? ['--id-field', 'id'] : []
    // Parquet can go on after each row group, of 32,768 rows.
    const input = ending === 'parquet' ? many : some
    const args = (out: string): string[] => ['embed', input, '--out', out, '--checkpoint', '0', ...columns, ...MODEL]
    t.is((await model2vec(...args(whole))).code, 0)
    let resumes = 0
    // Each run goes on from what the last one left, and is killed one change of the files later.
    for (let change = 1; ; change++) {
      if (rowsNoted(killed) > 0) resumes++
      const outcome = await signaled([...args(killed), '--resume'], 'SIGKILL', change)
      if (outcome.signal !== 'SIGKILL') {
        t.is(outcome.code, 0, outcome.err)
        t.log(`${change - 1} kills, ${resumes} runs went on`)
        break
      }
      // Killed after the output got its name: then it is whole, and the next run says so.
      if (existsSync(killed)) t.true(readFileSync(killed).equals(readFileSync(whole)))
      if (change === 200) throw new Error('the run makes no progress')
    }
    t.true(resumes > 0)
    t.true(readFileSync(killed).equals(readFileSync(whole)))
    const names = [`killed.${ending}`, `whole.${ending}`]
    t.deepEqual(readdirSync(directory).sort(), [...names.map((name) => `.${name}.made-by.json`), ...names])
  })
}

/** Starts a run and ends it after its first checkpoint. */
function interrupted(out: string, signal: NodeJS.Signals): ReturnType<typeof run> {
  return signaled(['embed', many, '--out', out, '--checkpoint', '0', ...MODEL], signal, 'checkpoint')
}

test.serial('a run goes on where it was killed, and not from the start', async (t) => {
  const out = path.join(emptyDirectory(), 'out.npy')
  t.is((await interrupted(out, 'SIGKILL')).signal, 'SIGKILL')
  t.true(rowsNoted(out) > 0)
  // What is written already is not written again: here it can be seen, as the first row is another
  // now.
  const bytes = readFileSync(`${out}.partial`)
  bytes.fill(0xff, 128, 128 + DIM * 4)
  writeFileSync(`${out}.partial`, bytes)
  t.is((await model2vec('embed', many, '--out', out, '--resume', ...MODEL)).code, 0)
  const expected = ef.encodeSync(manyTexts(manyCount)).data
  const found = vectorsOf(out)
  t.true(found.subarray(0, DIM).every(Number.isNaN))
  t.deepEqual(crc(found.subarray(DIM)), crc(expected.subarray(DIM)))
})

test.serial('SIGINT and SIGTERM end a run in order, and it can go on', async (t) => {
  for (const [signal, code] of [
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const) {
    const out = path.join(emptyDirectory(), 'out.npy')
    const outcome = await interrupted(out, signal)
    const kept = `${out}.partial is kept: the same command with --resume goes on`
    t.deepEqual([outcome.code, outcome.err], [code, `model2vec: interrupted by ${signal}; ${kept}\n`])
    t.false(existsSync(out))
    t.true(existsSync(`${out}.partial`))
    const resumed = await model2vec('embed', many, '--out', out, '--resume', ...MODEL)
    t.deepEqual([resumed.code, resumed.err], [0, ''])
    t.is(crc(vectorsOf(out)), crc(ef.encodeSync(manyTexts(manyCount)).data))
  }
})

test.serial('a run to Parquet that is interrupted goes on after its last whole row group', async (t) => {
  const directory = emptyDirectory()
  const [whole, out] = [path.join(directory, 'whole.parquet'), path.join(directory, 'out.parquet')]
  const args = (file: string): string[] => ['embed', many, '--out', file, '--checkpoint', '1000', ...MODEL]
  t.is((await model2vec(...args(whole))).code, 0)
  // Each of the thirty batches is a write, and the first row group ends with the sixteenth.
  t.is((await signaled(args(out), 'SIGINT', 28)).code, 130)
  t.is(rowsNoted(out), 32_768)
  t.is((await model2vec(...args(out), '--resume')).code, 0)
  t.true(readFileSync(out).equals(readFileSync(whole)))
})

test('SIGINT ends a run that waits for standard input', async (t) => {
  const outcome = await new Promise<number | null>((resolve) => {
    const child = spawn(process.execPath, [MAIN, 'embed', '-', '--format', 'lines', ...MODEL], { stdio: 'pipe' })
    child.stdin.write('a dog\n'.repeat(5000))
    child.stdout.once('data', () => child.kill('SIGINT'))
    child.on('close', resolve)
  })
  t.is(outcome, 130)
})

test.serial(
  'a run with other inputs, another model or other options does not go on, and says what differs',
  async (t) => {
    const directory = emptyDirectory()
    const [out, copy] = [path.join(directory, 'out.npy'), path.join(directory, 'copy.jsonl')]
    writeFileSync(copy, '')
    await interrupted(out, 'SIGKILL')
    const resume = async (...args: readonly string[]): Promise<string> => {
      const { code, err } = await model2vec('embed', ...args, '--out', out, '--resume')
      t.is(code, 1)
      const [, differences = err] =
        /out\.npy\.partial is of another run: (.*); without --resume it starts over\n$/.exec(err) ?? []
      return differences
    }
    for (const [options, differences] of [
      [['--dtype', 'float16'], "--dtype was 'float32', now 'float16'"],
      [['--dimensionality', '8'], '--dimensionality was 32, now 8'],
      [['--no-normalize'], '--normalize was on, now off'],
      [['--max-length', '5'], '--max-length was 512, now 5'],
      [['--max-length', 'none'], "--max-length was 512, now 'none'"],
      [['--on-error', 'skip'], "--on-error was 'fail', now 'skip'"],
      [['--format', 'jsonl'], "--format was not given, now 'jsonl'"],
      [['--text-field', 'id'], "--text-field was 'text', now 'id'"],
      [
        ['--text-field', 'id', '--dtype', 'int8'],
        "--text-field was 'text', now 'id'; --dtype was 'float32', now 'int8'",
      ],
    ] as const) {
      t.is(await resume(many, ...options, ...MODEL), differences)
    }
    const other = path.join(SMALL, '../m8k-f16')
    t.is(await resume(many, '--model', other), `--model was '${SMALL}', now '${other}'`)
    t.is(await resume(copy, ...MODEL), `input 1 was ${realpathSync(many)}, now ${realpathSync(copy)}`)
    t.is(await resume(many, copy, ...MODEL), 'the inputs were 1, now 2')
    const { atimeMs, mtimeMs } = statSync(many)
    utimesSync(many, atimeMs / 1000, mtimeMs / 1000 + 5)
    t.is(await resume(many, ...MODEL), `${realpathSync(many)} has changed since`)
    utimesSync(many, atimeMs / 1000, mtimeMs / 1000)
  },
)

test('--resume starts where there is no earlier run, and does nothing where the output is whole', async (t) => {
  const directory = emptyDirectory()
  const file = path.join(directory, 'documents.jsonl')
  writeFileSync(file, jsonLines(documents))
  const out = path.join(directory, 'out.npy')
  const args = ['embed', file, '--out', out, '--resume', ...MODEL]
  t.is((await model2vec(...args)).code, 0)
  t.deepEqual(vectorsOf(out), ef.encodeSync(documents).data)
  const { mtimeMs } = statSync(out)
  const again = await model2vec(...args)
  t.deepEqual([again.code, again.err], [0, `model2vec: ${out} is whole: there is nothing to go on with\n`])
  t.is(statSync(out).mtimeMs, mtimeMs)
})

test('a number that JSON.parse rounds is refused as an id', async (t) => {
  const file = path.join(emptyDirectory(), 'ids.jsonl')
  const ids = ['9007199254740991', '-1', '0.5', '9007199254740993', '-12345678901234567891', '1e400']
  writeFileSync(file, ids.map((id) => `{"id": ${id}, "text": "a"}\n`).join(''))
  const { code, out, err } = await model2vec('embed', file, '--id-field', 'id', '--on-error', 'skip', ...MODEL)
  t.is(code, 0)
  const found = out.trimEnd().split('\n')
  t.deepEqual(
    found.map((line) => (JSON.parse(line) as { id: number }).id),
    [9007199254740991, -1, 0.5],
  )
  t.regex(err, /:4: expected a string or a number of at most 2\^53 - 1 in "id", but got /)
  t.regex(err, /:5: .*\n.*:6: .*\nmodel2vec: 3 lines were skipped\n$/)
})

test('an error ends a run whose standard input stays open', async (t) => {
  const child = spawn(process.execPath, [MAIN, 'embed', '-', '--format', 'jsonl', ...MODEL], { stdio: 'pipe' })
  child.stdin.on('error', () => undefined)
  child.stdin.write('{bad\n')
  let err = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => (err += text))
  // The end of the input would end it too, so it stays open.
  const late = setTimeout(() => child.kill('SIGKILL'), 5 * 60_000)
  const code = await new Promise((resolve) => child.on('exit', resolve))
  clearTimeout(late)
  t.is(code, 1)
  t.regex(err, /^model2vec: <stdin>:1: expected JSON, [^\n]+\n$/)
})
;(existsSync('/dev/full') ? test : test.skip)('a full standard output ends the run with one line', (t) => {
  const args = [MAIN, 'embed', 'examples/documents.jsonl', ...MODEL]
  const { status, stderr } = spawnSync(process.execPath, args, {
    stdio: ['ignore', openSync('/dev/full', 'w'), 'pipe'],
  })
  t.is(status, 1)
  t.is(String(stderr), 'model2vec: standard output: no space left on device (ENOSPC)\n')
})

test('a run goes on when its standard error is closed', async (t) => {
  const directory = emptyDirectory()
  const [file, out] = [path.join(directory, 'bad.jsonl'), path.join(directory, 'out.npy')]
  writeFileSync(file, `${'bad\n'.repeat(5000)}{"text": "a"}\n`)
  const child = spawn(process.execPath, [MAIN, 'embed', file, '--out', out, '--on-error', 'skip', ...MODEL])
  child.stderr.once('data', () => child.stderr.destroy())
  t.is(await new Promise((resolve) => child.on('close', resolve)), 0)
  t.is(vectorsOf(out).length, DIM)
})

test('a reader that leaves ends the run without a message', async (t) => {
  const child = spawn(process.execPath, [MAIN, 'embed', many, ...MODEL], { stdio: ['ignore', 'pipe', 'pipe'] })
  let err = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => (err += text))
  child.stdout.once('data', () => child.stdout.destroy())
  const code = await new Promise((resolve) => child.on('close', resolve))
  t.deepEqual([code, err], [0, ''])
})

// util-linux has `script`, which gives a command a terminal.
const hasScript = spawnSync('script', ['--version']).status === 0
;(hasScript ? test : test.skip)('a terminal gets a bar with rate and time, without colors', (t) => {
  const directory = emptyDirectory()
  const command = [process.execPath, MAIN, 'embed', many, '--out', path.join(directory, 'out.npy'), ...MODEL].join(' ')
  const seen = execFileSync('script', ['--quiet', '--return', '--command', command, '/dev/null'], { encoding: 'utf8' })
  t.regex(seen, /\r[█░]{30} \d+ % \([\d,]+ texts, [\d,]+\/s, \d+:\d\d left\)/)
  t.regex(seen, /\r█{30} 100 % \(60,000 texts, [\d,]+\/s, \d+:\d\d\)\S*\r?\n$/)
  t.notRegex(seen, /\x1b\[[\d;]*m/)
})
;(process.platform === 'linux' ? test.serial : test.skip)(
  'a file larger than the memory limit is embedded',
  async (t) => {
    const directory = emptyDirectory()
    const file = path.join(directory, 'large.txt.gz')
    // 600 MB of text, and 60 MB of vectors.
    const line = `${lines.join(' ').slice(0, 1200)}\n`
    const block = line.repeat(1000)
    await pipeline(
      Readable.from(Array.from({ length: 500 }, () => block)),
      createGzip({ level: 1 }),
      createWriteStream(file),
    )
    const out = path.join(directory, 'out.npy')
    const { code, err, peak } = await measured(['embed', file, '--out', out, ...MODEL])
    t.deepEqual([code, err], [0, ''])
    t.is(statSync(out).size, 128 + 500_000 * DIM * 4)
    t.log(`${Math.round(peak)} MB`)
    t.true(peak > 0 && peak < 300)
  },
)
