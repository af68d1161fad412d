// `model2vec embed` to every output where it hurts: a text of 200 MB in one line, SIGINT in every state, a disk that is full.

import { spawnSync } from 'node:child_process'
import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  statSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import path from 'node:path'

import test from 'ava'
import { Model2VecEmbeddingFunction } from 'model2vec-node'

import { manyTexts, SMALL } from '../test-data.js'
import { outputReader } from './python.js'
import { emptyDirectory, MAIN, model2vec, run } from './run.js'

const MODEL = ['--model', SMALL]
const ENDINGS = ['npy', 'jsonl', 'arrow', 'parquet'] as const
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
    const columns = ending === 'npy' ? [] : ['--id-field', 'id', '--with-text']
    const args = (file: string): string[] => ['embed', many, '-o', file, '--checkpoint', '0', ...columns, ...MODEL]
    t.is((await model2vec(...args(whole))).code, 0)
    const size = (file: string): number => statSync(file, { throwIfNoEntry: false })?.size ?? 0
    const isLocked = (): boolean => existsSync(`${out}.partial.lock`)
    const part = (share: number) => (before: number) =>
      isLocked() && size(`${out}.partial`) >= Math.max(share * size(whole), before + 1)
    /** What is seen of a run before it is interrupted, from its start on; it may be further by then. */
    const states: readonly ((before: number) => boolean)[] = [
      () => true,
      isLocked,
      part(0),
      part(0.2),
      part(0.5),
      part(0.8),
      () => existsSync(out),
    ]
    const seen: Record<string, number> = {}
    for (const isReached of states) {
      const before = size(`${out}.partial`)
      const { code, signal, err } = await run([...args(out), '--resume'], {
        onStart: (child) => {
          const looking = setInterval(() => {
            if (!isReached(before)) return
            child.kill('SIGINT')
            clearInterval(looking)
          }, 1)
          child.on('exit', () => {
            clearInterval(looking)
          })
        },
      })
      seen[signal ?? String(code)] = (seen[signal ?? String(code)] ?? 0) + 1
      // Before it listens, it ends as any process does.
      t.true(code === 0 || code === 130 || signal === 'SIGINT', `${code} ${signal} ${err}`)
      if (code === 130) t.is(err, 'model2vec: interrupted by SIGINT\n')
      if (signal === null) t.false(existsSync(`${out}.partial.lock`))
      if (existsSync(out)) t.true(readFileSync(out).equals(readFileSync(whole)))
    }
    t.log(seen)
    t.is((await model2vec(...args(out), '--resume')).code, 0)
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
    const columns = ending === 'npy' ? '' : '--id-field id'
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
      const columns = ending === 'npy' ? [] : ['--with-text']
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
