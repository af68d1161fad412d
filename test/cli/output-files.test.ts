// Where the files of an output are, whose they are, and what a run does that has lost them to another one.

import { spawnSync } from 'node:child_process'
import { mkdirSync, readFileSync, readdirSync, realpathSync, symlinkSync, writeFileSync } from 'node:fs'
import path from 'node:path'

import test from 'ava'

import { SMALL } from '../test-data.js'
import { emptyDirectory, MAIN } from './run.js'

const MODEL = ['--model', SMALL]
const KEPT = '{"keep":1}\n'

/** Runs `embed` in a directory. */
function embedIn(directory: string, ...args: string[]): { status: number | null; stderr: string } {
  const { status, stderr } = spawnSync(process.execPath, [MAIN, 'embed', ...args, ...MODEL], {
    cwd: directory,
    encoding: 'utf8',
  })
  return { status, stderr }
}

// Windows takes `..` out of a path before it follows a link.
const linkTest = process.platform === 'win32' ? test.skip : test

linkTest('the target of a link in a linked folder is looked for from where the folder is', (t) => {
  const directory = emptyDirectory()
  const at = (name: string): string => path.join(directory, name)
  mkdirSync(at('store/2024'), { recursive: true })
  mkdirSync(at('proj'))
  symlinkSync('../store/2024', at('proj/cur'))
  symlinkSync('../vectors.jsonl', at('store/2024/latest.jsonl'))
  writeFileSync(at('proj/vectors.jsonl'), KEPT)
  writeFileSync(at('proj/n.txt'), 'a\nb\n')
  t.deepEqual(embedIn(at('proj'), 'n.txt', '-o', 'cur/latest.jsonl'), { status: 0, stderr: '' })
  t.is(readFileSync(at('proj/vectors.jsonl'), 'utf8'), KEPT)
  t.is(readFileSync(at('store/vectors.jsonl'), 'utf8').split('\n').length, 3)
})

linkTest('`..` behind a linked folder is the folder above the one that the link names', (t) => {
  const directory = emptyDirectory()
  const at = (name: string): string => path.join(directory, name)
  mkdirSync(at('data/x/y'), { recursive: true })
  symlinkSync('data/x/y', at('d'))
  writeFileSync(at('o2.jsonl'), KEPT)
  writeFileSync(at('n.txt'), 'a\nb\n')
  t.deepEqual(embedIn(directory, 'n.txt', '-o', 'd/../o2.jsonl'), { status: 0, stderr: '' })
  t.is(readFileSync(at('o2.jsonl'), 'utf8'), KEPT)
  t.is(readFileSync(at('data/x/o2.jsonl'), 'utf8').split('\n').length, 3)
  // The same file is seen as an input, too.
  writeFileSync(at('data/x/in.jsonl'), '{"text":"a"}\n')
  const { status, stderr } = embedIn(directory, 'data/x/in.jsonl', '-o', 'd/../in.jsonl')
  t.is(status, 2)
  t.regex(stderr, /--out is an input too: d\/\.\.\/in\.jsonl/)
  t.is(readFileSync(at('data/x/in.jsonl'), 'utf8'), '{"text":"a"}\n')
})

linkTest('two names of one output have one lock, whichever links and `..` are in them', (t) => {
  const directory = emptyDirectory()
  const at = (name: string): string => path.join(directory, name)
  mkdirSync(at('data/x/y'), { recursive: true })
  symlinkSync('data/x/y', at('d'))
  symlinkSync('../o.jsonl', at('data/x/y/l.jsonl'))
  writeFileSync(at('n.txt'), 'a\n')
  // No lock of ours: whoever comes to it names it.
  writeFileSync(at('data/x/o.jsonl.partial.lock'), 'not ours')
  for (const name of ['data/x/o.jsonl', 'd/../o.jsonl', 'd/l.jsonl', at('data/x/y/../o.jsonl')]) {
    const { status, stderr } = embedIn(directory, 'n.txt', '-o', name)
    t.is(status, 1)
    t.true(
      stderr.startsWith(`model2vec: ${path.join(realpathSync(directory), 'data/x/o.jsonl.partial.lock')} is there`),
      stderr,
    )
  }
  t.deepEqual(readdirSync(at('data/x')).sort(), ['o.jsonl.partial.lock', 'y'])
})
