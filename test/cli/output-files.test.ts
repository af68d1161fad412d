// Where the files of an output are, whose they are, and what a run does that has lost them to
// another one.

import { spawnSync } from 'node:child_process'
import {
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  realpathSync,
  renameSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import path from 'node:path'

import test from 'ava'

import type * as positionModule from '../../dist/cli/input/position.js'
import type * as filesModule from '../../dist/cli/output/files.js'
import type * as jsonLinesModule from '../../dist/cli/output/json-lines.js'
import type * as lockModule from '../../dist/cli/output/lock.js'
import type * as partialOutputModule from '../../dist/cli/output/partial-output.js'
import type { OutputRun } from '../../dist/cli/output/partial-output.js'
import { SMALL } from '../test-data.js'
import { ENDINGS, load } from './modules.js'
import { emptyDirectory, MAIN, preloaded, run } from './run.js'

// Modules of the command line, for the moments between two of its steps.
const { note, outputFiles } = load('output/files') as typeof filesModule
const { OutputLock } = load('output/lock') as typeof lockModule
const { PartialOutput } = load('output/partial-output') as typeof partialOutputModule
const { jsonLines } = load('output/json-lines') as typeof jsonLinesModule
const { START } = load('input/position') as typeof positionModule

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

// Windows takes `..` out of a path before it follows a link, and limits no file's size.
const posixTest = process.platform === 'win32' ? test.skip : test

posixTest('the target of a link in a linked folder is looked for from where the folder is', (t) => {
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

posixTest('`..` after a linked folder is the folder above the target of the link', (t) => {
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

posixTest('two names of one output have one lock, whichever links and `..` are in them', (t) => {
  const directory = emptyDirectory()
  const at = (name: string): string => path.join(directory, name)
  mkdirSync(at('data/x/y'), { recursive: true })
  symlinkSync('data/x/y', at('d'))
  symlinkSync('../o.jsonl', at('data/x/y/l.jsonl'))
  writeFileSync(at('n.txt'), 'a\n')
  // Not a lock of ours: the error names it.
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

posixTest('a link to a device or a pipe is no place for an output', (t) => {
  const directory = emptyDirectory()
  writeFileSync(path.join(directory, 'n.txt'), 'a\n')
  symlinkSync('/dev/stdout', path.join(directory, 'so.jsonl'))
  symlinkSync('/dev/null', path.join(directory, 'null.jsonl'))
  for (const name of ['so.jsonl', 'null.jsonl']) {
    const message = `model2vec: ${name} is no regular file: nothing can take its place\n`
    t.deepEqual(embedIn(directory, 'n.txt', '-o', name), { status: 1, stderr: message })
  }
})

posixTest('an output may have a long name, and one too long for its notes is an error before any work', (t) => {
  const directory = emptyDirectory()
  writeFileSync(path.join(directory, 'n.txt'), 'a\n')
  // File systems allow 255 bytes; `.<name>.made-by.json` has 14 more than the name.
  const longest = `${'o'.repeat(241 - '.npy'.length)}.npy`
  t.deepEqual(embedIn(directory, 'n.txt', '-o', longest), { status: 0, stderr: '' })
  t.deepEqual(readdirSync(directory).sort(), [`.${longest}.made-by.json`, 'n.txt', longest])
  for (const name of [`o${longest}`, `${'o'.repeat(20)}${longest}`]) {
    const { status, stderr } = embedIn(directory, 'n.txt', '-o', name, '--model', 'no/such')
    t.deepEqual([status, stderr], [1, `model2vec: ${name}: name too long (ENAMETOOLONG)\n`])
  }
  t.is(readdirSync(directory).length, 3)
})

const OTHERS_LOCK = { process: 1, host: 'elsewhere', mark: '00000000-00000000-1-1-0', nonce: '1' }

test("a run whose lock is another one's touches that no more", async (t) => {
  const { files, lock } = await lockedRun()
  writeFileSync(files.lock, note(OTHERS_LOCK))
  const old = new Date(0)
  utimesSync(files.lock, old, old)
  // Three times the interval between two touches.
  await new Promise((resolve) => setTimeout(resolve, 3000))
  t.is(statSync(files.lock).mtimeMs, 0)
  await lock.release()
})

posixTest(
  'a holder on another machine is looked for after a sleep, too, and the wait for it is announced',
  async (t) => {
    const { files, lock } = await lockedRun()
    await lock.release()
    writeFileSync(files.lock, note(OTHERS_LOCK))
    writeFileSync(path.join(path.dirname(files.whole), 'n.txt'), 'a\n')
    // The run stops itself when its wait begins. It sleeps for longer than an untouched lock is
    // respected.
    const outcome = await run(['embed', path.join(path.dirname(files.whole), 'n.txt'), '-o', files.given, ...MODEL], {
      ...preloaded('lock-holder', { TEST_LOCK: 'sleep', TEST_LOCK_FILE: files.lock }),
      onStart: (child) => {
        const waking = setInterval(() => child.kill('SIGCONT'), 11_000)
        child.on('exit', () => {
          clearInterval(waking)
        })
      },
    })
    t.is(outcome.code, 1)
    t.is(
      outcome.err,
      `model2vec: waiting to see whether process 1 of elsewhere still writes ${files.given}\n` +
        `model2vec: process 1 of elsewhere writes ${files.given}: wait for its end, or choose another --out\n`,
    )
  },
)

/** A run that holds the lock of an output, and writes nothing yet. */
async function lockedRun(): Promise<OutputRun> {
  const files = await outputFiles(path.join(emptyDirectory(), 'out.jsonl'), [])
  const lock = await OutputLock.take(files, new AbortController().signal)
  const identity = { inputs: [], model: { directory: 'model', revision: null, files: [] }, options: {} }
  const vector = { name: 'embedding', dtype: 'float32', dim: 4, width: 4, isBase64: false, isForMilvus: false } as const
  const columns = { ...vector, threads: 1, metadata: {}, columns: [] }
  const open: OutputRun['open'] = (sink, state) => jsonLines.open(sink, columns, state)
  return { files, lock, open, identity }
}

for (const step of ['create', 'resume', 'isDone'] as const) {
  test(`a run that lost its lock before it wrote anything leaves the other run's files: ${step}`, async (t) => {
    const made = await lockedRun()
    const { files } = made
    const others = [
      [files.lock, note(OTHERS_LOCK)],
      [files.state, note({ identity: made.identity })],
      [files.partial, 'rows of another run\n'],
    ] as const
    for (const [file, content] of others) writeFileSync(file, content)
    await t.throwsAsync(async () => PartialOutput[step](made), {
      message: `${files.given}: another process writes it now, as ${files.lock} is no longer ours`,
    })
    await made.lock.release()
    for (const [file, content] of others) t.is(readFileSync(file, 'utf8'), content)
  })
}

for (const step of ['finish', 'leave', 'discard'] as const) {
  test(`a run whose partial file another one has replaced leaves that one: ${step}`, async (t) => {
    const made = await lockedRun()
    const { files } = made
    const file = await PartialOutput.create(made)
    // Under the same name, and the lock still says that it is this run's.
    writeFileSync(`${files.partial}-new`, 'rows of another run\n')
    renameSync(`${files.partial}-new`, files.partial)
    const state = readFileSync(files.state, 'utf8')
    await t.throwsAsync(async () => (step === 'leave' ? file.leave(START) : file[step]()), {
      message: `${files.given}: another process writes it now, as ${files.partial} is no longer ours`,
    })
    t.is(readFileSync(files.partial, 'utf8'), 'rows of another run\n')
    t.is(readFileSync(files.state, 'utf8'), state)
    t.false(existsSync(files.whole))
    await made.lock.release()
  })
}

for (const ending of ENDINGS) {
  posixTest(`after a write that failed --resume goes on from the last checkpoint: .${ending}`, (t) => {
    const directory = emptyDirectory()
    const numbers = Array.from({ length: 20_000 }, (_, i) => `${i + 1}\n`)
    writeFileSync(path.join(directory, 'big.txt'), numbers.join(''))
    const [whole, out] = [`whole.${ending}`, `out.${ending}`].map((name) => path.join(directory, name)) as [
      string,
      string,
    ]
    t.deepEqual(embedIn(directory, 'big.txt', '-o', whole), { status: 0, stderr: '' })
    // In blocks of 512 bytes: three quarters of what is needed, in the middle of some batch.
    const limit = Math.floor((statSync(whole).size * 0.75) / 512)
    const args = [MAIN, 'embed', 'big.txt', '-o', out, '--checkpoint', '0', ...MODEL]
    const limited = spawnSync('sh', ['-c', `ulimit -f ${limit}; exec "$@"`, 'sh', process.execPath, ...args], {
      cwd: directory,
      encoding: 'utf8',
    })
    t.deepEqual([limited.status, limited.stderr], [1, `model2vec: ${out}: file too large (EFBIG)\n`])
    t.true(existsSync(`${out}.partial`))
    t.deepEqual(embedIn(directory, 'big.txt', '-o', out, '--checkpoint', '0', '--resume'), { status: 0, stderr: '' })
    t.true(readFileSync(out).equals(readFileSync(whole)))
  })
}
