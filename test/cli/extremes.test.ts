// `model2vec embed` to every output in extreme cases: a text of 200 MB in one line, SIGINT in every
// state, a full disk.

import { spawnSync } from 'node:child_process'
import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import path from 'node:path'

import test from 'ava'
import { Model2VecEmbeddingFunction } from 'model2vec-node'

import { manyTexts, SMALL } from '../test-data.js'
import { ENDINGS, hasColumns } from './modules.js'
import { outputReader } from './python.js'
import { emptyDirectory, MAIN, model2vec, signaled } from './run.js'

const MODEL = ['--model', SMALL]
const ef = new Model2VecEmbeddingFunction(SMALL)
const python = outputReader()

const many = path.join(emptyDirectory(), 'many.jsonl')
writeFileSync(
  many,
  manyTexts(20_000)
    .map((text, id) => `${JSON.stringify({ id, text })}\n`)
    .join(''),
)

for (const ending of ENDINGS) {
  test.serial(`SIGINT in every state ends a run in order, and --resume goes on: .${ending}`, async (t) => {
    const directory = emptyDirectory()
    const [whole, out] = [path.join(directory, `whole.${ending}`), path.join(directory, `out.${ending}`)]
    const columns = hasColumns(ending) ? ['--id-field', 'id', '--with-text'] : []
    const args = (file: string): string[] => ['embed', many, '-o', file, '--checkpoint', '0', ...columns, ...MODEL]
    t.is((await model2vec(...args(whole))).code, 0)
    // Before it listens to the signal, it ends as any process does.
    const early = await signaled([...args(out), '--resume'], 'SIGINT', 'start')
    t.deepEqual([early.signal, early.out], ['SIGINT', ''])
    let isDone = false
    for (let change = 1; !isDone; change++) {
      const { code, err } = await signaled([...args(out), '--resume'], 'SIGINT', change)
      isDone = code === 0
      if (!isDone) {
        t.is(code, 130, err)
        t.regex(
          err,
          /^model2vec: interrupted by SIGINT(; \S+\.partial is kept: the same command with --resume goes on)?\n$/,
        )
        t.false(existsSync(out))
      }
      t.false(existsSync(`${out}.partial.lock`))
      if (change === 200) throw new Error('the run makes no progress')
    }
    t.true(readFileSync(out).equals(readFileSync(whole)))
    t.false(readdirSync(directory).some((name) => name.includes('.partial')))
  })
}

/** Whether this process may mount file systems of its own. */
const canMount = spawnSync('unshare', ['--mount', 'mount', '-t', 'tmpfs', 'none', '/mnt']).status === 0
const mountTest = canMount ? test : test.skip
for (const ending of ENDINGS) {
  mountTest(`a full disk ends a run with the file's name, and --resume goes on when there is room: .${ending}`, (t) => {
    const directory = emptyDirectory()
    const mount = path.join(directory, 'disk')
    mkdirSync(mount)
    const columns = hasColumns(ending) ? '--id-field id' : ''
    const embed = (out: string): string =>
      `${process.execPath} ${MAIN} embed ${many} -o ${out} --checkpoint 0 ${columns} ${MODEL.join(' ')}`
    const [whole, out, copy] = [`${directory}/whole.${ending}`, `${mount}/out.${ending}`, `${directory}/copy.${ending}`]
    const script = `
      mount -t tmpfs -o size=2m none ${mount}
      ${embed(whole)} || exit 10
      ${embed(out)}; echo "first $?"
      ls -A ${mount}
      mount -o remount,size=64m ${mount}
      ${embed(out)} --resume; echo "second $?"
      cp ${out} ${copy}; ls -A ${mount}`
    const { stdout, stderr } = spawnSync('unshare', ['--mount', 'sh', '-c', script], { encoding: 'utf8' })
    t.is(stderr, `model2vec: ${out}: no space left on device (ENOSPC)\n`)
    t.is(
      stdout,
      `first 1\nout.${ending}.partial\nout.${ending}.partial.json\nsecond 0\n.out.${ending}.made-by.json\nout.${ending}\n`,
    )
    t.true(readFileSync(copy).equals(readFileSync(whole)))
  })
}

/** A file of three texts, the second of 200 MB in one line. */
function largeFile(ending: string): { file: string; length: number } {
  const file = path.join(emptyDirectory(), `large.${ending}`)
  const block = 'a dog in the park, '.repeat(50_000)
  const blocks = Math.ceil(200e6 / block.length)
  const [start, middle, end] =
    ending === 'jsonl'
      ? ['{"text":"a dog"}\n{"text":"', '"}\n', '{"text":"a cat"}\n']
      : ending === 'csv'
        ? ['text,n\na dog,1\n"', '",2\n', 'a cat,3\n']
        : ending === 'tsv'
          ? ['text\tn\na dog\t1\n', '\t2\n', 'a cat\t3\n']
          : ['a dog\n', '\n', 'a cat\n']
  const fd = openSync(file, 'w')
  writeSync(fd, start)
  for (let i = 0; i < blocks; i++) writeSync(fd, block)
  writeSync(fd, middle + end)
  closeSync(fd)
  return { file, length: blocks * block.length }
}

const pythonTest = 'read' in python ? test.serial : test.serial.skip
for (const input of ['txt', 'jsonl', 'csv', 'tsv']) {
  pythonTest(`a text of 200 MB in one line is a row of every output: .${input}`, async (t) => {
    const { file, length } = largeFile(input)
    const directory = path.dirname(file)
    const expected = ef.encodeSync(['a dog', 'a dog in the park, '.repeat(2000), 'a cat'])
    for (const ending of ENDINGS) {
      const out = path.join(directory, `out.${ending}`)
      const columns = hasColumns(ending) ? ['--with-text'] : []
      const { code, err } = await model2vec('embed', file, '-o', out, ...columns, ...MODEL)
      t.deepEqual([code, err], [0, ''])
    }
    const [npy, arrow, parquet] =
      'read' in python
        ? python.read(...['npy', 'arrow', 'parquet'].map((each) => path.join(directory, `out.${each}`)), '--lengths')
        : []
    t.deepEqual(npy?.shape, [3, expected.dim])
    t.deepEqual([arrow?.rows, parquet?.rows, npy?.crc, npy?.crc], [3, 3, arrow?.crc, parquet?.crc])
    for (const table of [arrow, parquet]) t.deepEqual(table?.columns, { text: [5, length, 5] })
    const rows = readFileSync(path.join(directory, 'out.jsonl'))
    let feeds = 0
    for (let at = rows.indexOf(10); at !== -1; at = rows.indexOf(10, at + 1)) feeds++
    t.is(feeds, 3)
  })
}
