// Directories as inputs.

import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import path from 'node:path'

import test from 'ava'

import { SMALL } from '../test-data.js'
import { emptyDirectory, model2vec } from './run.js'

const MODEL = ['--model', SMALL, '--dimensionality', '1', '--with-text']

/** A directory with files of one line, which is the file's own name. */
function directoryOf(...names: readonly string[]): string {
  const directory = emptyDirectory()
  for (const name of names) {
    const file = path.join(directory, name)
    mkdirSync(path.dirname(file), { recursive: true })
    writeFileSync(file, `${JSON.stringify({ text: name })}\n`)
  }
  return directory
}

function textsOf(out: string): string[] {
  return out
    .split('\n')
    .slice(0, -1)
    .map((line) => (JSON.parse(line) as { text: string }).text)
}

test('the files of a directory are read in the byte order of their paths, hidden and partial ones left out', async (t) => {
  const inputs = [
    'B.jsonl',
    'a-b.jsonl',
    'a.jsonl',
    'a/a.jsonl',
    'a/b/ä.ndjson',
    'a/b/ｚ.jsonl',
    'a0.jsonl',
    'a~.JSONL',
    'ä.jsonl',
  ]
  const others = [
    '.hidden.jsonl',
    '.folder/x.jsonl',
    '_SUCCESS',
    '_delta_log/0.jsonl',
    'v.npy.partial',
    'v.jsonl.partial.json',
  ]
  const directory = directoryOf(...others, ...inputs.toReversed())
  const { code, out, err } = await model2vec('embed', directory, ...MODEL)
  t.deepEqual([code, err], [0, ''])
  t.deepEqual(textsOf(out), inputs)
})

test('files whose names do not say a format are left out and named, unless --format says it of all', async (t) => {
  const directory = directoryOf('a.jsonl', 'notes.pdf', 'b.json')
  const found = await model2vec('embed', directory, ...MODEL)
  t.deepEqual([found.code, textsOf(found.out)], [0, ['a.jsonl']])
  const left = ['b.json', 'notes.pdf'].map((name) => path.join(directory, name)).join(', ')
  t.is(found.err, `model2vec: 2 files were left out, whose names don't say a format: ${left}\n`)
  const all = await model2vec('embed', directory, '--format', 'jsonl', ...MODEL)
  t.deepEqual([all.code, all.err, textsOf(all.out)], [0, '', ['a.jsonl', 'b.json', 'notes.pdf']])
})

test('a directory without inputs is an error', async (t) => {
  const { code, err } = await model2vec('search', 'a', directoryOf('notes.pdf'), '--model', SMALL)
  t.is(code, 1)
  t.regex(err, /: expected files that end with \.jsonl, .* or \.feather\n$/)
})

;(process.platform === 'win32' ? test.skip : test)(
  'links to files are followed, links to directories are not',
  async (t) => {
    const directory = directoryOf('blobs/x.jsonl', 'data/y.jsonl')
    symlinkSync(path.join(directory, 'blobs', 'x.jsonl'), path.join(directory, 'data', 'x.jsonl'))
    symlinkSync(directory, path.join(directory, 'data', 'circle'))
    const { out } = await model2vec('embed', path.join(directory, 'data'), ...MODEL)
    t.deepEqual(textsOf(out), ['blobs/x.jsonl', 'data/y.jsonl'])
    symlinkSync('nowhere', path.join(directory, 'data', 'z.jsonl'))
    const { code, err } = await model2vec('embed', path.join(directory, 'data'), ...MODEL)
    t.is(code, 1)
    t.regex(err, /z\.jsonl: no such file or directory \(ENOENT\)\n$/, 'a link that leads nowhere is no file less')
  },
)

test('the output of a run is no input of the next one, where it is in the directory', async (t) => {
  const directory = directoryOf('a.jsonl', 'b.jsonl')
  const out = path.join(directory, 'out.jsonl')
  for (let run = 0; run < 2; run++) {
    const { code, err } = await model2vec('embed', directory, '-o', out, ...MODEL)
    t.deepEqual([code, err], [0, ''])
    t.deepEqual(textsOf(readFileSync(out, 'utf8')), ['a.jsonl', 'b.jsonl'])
  }
})

test('a directory goes with --resume and with other inputs', async (t) => {
  const directory = directoryOf('a.jsonl', 'b.jsonl')
  const out = path.join(emptyDirectory(), 'out.npy')
  const args = ['embed', directory, 'examples/documents.jsonl', '-o', out, '--model', SMALL]
  t.is((await model2vec(...args)).code, 0)
  const again = await model2vec(...args, '--resume')
  t.regex(again.err, /is whole: there is nothing to go on with/)
  writeFileSync(path.join(directory, 'c.jsonl'), '{"text": "c"}\n')
  const changed = await model2vec(...args, '--resume')
  t.regex(changed.err, /of another run: the inputs were 3, now 4/)
})
