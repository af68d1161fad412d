// What `model2vec embed` writes, and what it leaves alone: rows, files of others, outputs of other
// runs, and runs beside each other.

import { spawn, spawnSync } from 'node:child_process'
import {
  chmodSync,
  existsSync,
  linkSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  realpathSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import os from 'node:os'
import path from 'node:path'

import test from 'ava'
import { Model2VecEmbeddingFunction } from 'model2vec-node'

import { manyTexts, SMALL } from '../test-data.js'
import { outputReader } from './python.js'
import { emptyDirectory, MAIN, model2vec, preloaded, run } from './run.js'

const MODEL = ['--model', SMALL]
const ef = new Model2VecEmbeddingFunction(SMALL)
const python = outputReader()

/** Files of an empty directory, by name. */
function filesIn(contents: Readonly<Record<string, string>>): { directory: string; at: (name: string) => string } {
  const directory = emptyDirectory()
  const at = (name: string): string => path.join(directory, name)
  for (const [name, content] of Object.entries(contents)) writeFileSync(at(name), content)
  return { directory, at }
}

function vectorsOf(file: string): Float32Array {
  const bytes = readFileSync(file)
  return new Float32Array(bytes.buffer.slice(bytes.byteOffset + 128, bytes.byteOffset + bytes.length))
}

for (const [args, message] of [
  [['n.txt', '--id-field', 'id', '-o', 'n.parquet'], /plain lines have no fields: .* but n\.txt is lines/],
  [['n.txt', '--id-field', 'id', '-o', 'n.arrow'], /plain lines have no fields/],
  [['n.txt', '--id-field', 'id'], /plain lines have no fields/],
  [['d.jsonl', 'n.txt', '--id-field', 'id', '-o', 'n.parquet'], /plain lines have no fields: .* but n\.txt is lines/],
  [['d.jsonl', '--id-field', 'embedding', '-o', 'n.parquet'], /--id-field embedding would be a second column/],
  [['d.jsonl', '--text-field', 'embedding', '--with-text'], /--text-field embedding would be a second column/],
  [['d.jsonl', '--id-field', 'text', '--with-text', '-o', 'n.arrow'], /--id-field and --text-field are both text/],
] as const) {
  test(`a call whose columns would be lost is called wrongly: embed ${args.join(' ')}`, (t) => {
    const { directory } = filesIn({ 'n.txt': 'a\nb\n', 'd.jsonl': '{"id":1,"text":"a","embedding":"b"}\n' })
    const { status, stdout, stderr } = spawnSync(process.execPath, [MAIN, 'embed', ...args, ...MODEL], {
      cwd: directory,
      encoding: 'utf8',
    })
    t.deepEqual([status, stdout], [2, ''])
    t.regex(stderr, message)
    t.deepEqual(readdirSync(directory).sort(), ['d.jsonl', 'n.txt'])
  })
}

test('search refuses --id-field for plain lines, as embed does', async (t) => {
  const { at } = filesIn({ 'n.txt': 'a\n' })
  const { code, err } = await model2vec('search', 'a', at('n.txt'), '--id-field', 'id', ...MODEL)
  t.is(code, 2)
  t.regex(err, /plain lines have no fields/)
})

test('a field that a header has twice is an error', async (t) => {
  const { at } = filesIn({ 'twice.csv': 'text,text\na,b\n' })
  const { code, err } = await model2vec('embed', at('twice.csv'), '--on-error', 'skip', ...MODEL)
  t.is(code, 1)
  t.regex(err, /twice\.csv:1: expected one field "text" in the header, but got several\n$/)
})

const pythonTest = 'read' in python ? test : test.skip
pythonTest('the options that are left give as many rows as there are lines, with ids and texts', async (t) => {
  const { at } = filesIn({
    'd.jsonl': '{"id":1,"body":"a"}\n{"id":-9007199254740991,"body":"c"}\n',
    'n.txt': 'a\nb\nc\n',
  })
  const outputs: string[] = []
  for (const ending of ['arrow', 'parquet']) {
    const [ids, texts] = [at(`ids.${ending}`), at(`texts.${ending}`)]
    const both = ['--text-field', 'body', '--id-field', 'id', '--with-text']
    t.is((await model2vec('embed', at('d.jsonl'), ...both, '-o', ids, ...MODEL)).code, 0)
    t.is((await model2vec('embed', at('n.txt'), '--with-text', '-o', texts, ...MODEL)).code, 0)
    outputs.push(ids, texts)
  }
  const tables = 'read' in python ? python.read(...outputs) : []
  const [withIds, withTexts] = [{ id: [1, -9007199254740991], body: ['a', 'c'] }, { text: ['a', 'b', 'c'] }]
  t.deepEqual(
    tables.map(({ rows, columns }) => [rows, columns]),
    [
      [2, withIds],
      [3, withTexts],
      [2, withIds],
      [3, withTexts],
    ],
  )
})

for (const [ids, line, message] of [
  ['1 2 "b"', 3, 'expected an integer in "id", but got "b"'],
  ['"a" 1', 2, 'expected a string in "id", but got 1'],
  ['1 1.5', 2, 'expected an integer in "id", but got 1.5'],
  ['0.5', 1, 'expected an integer in "id", but got 0.5'],
] as const) {
  test(`ids of both kinds are written to JSON Lines as they are, and are an error elsewhere: ${ids}`, async (t) => {
    const { at } = filesIn({
      'd.jsonl': ids
        .split(' ')
        .map((id) => `{"id":${id},"text":"a"}\n`)
        .join(''),
    })
    const { code, out } = await model2vec('embed', at('d.jsonl'), '--id-field', 'id', ...MODEL)
    const objects = out.trimEnd().split('\n')
    t.is(code, 0)
    t.deepEqual(
      objects.map((line) => (JSON.parse(line) as { id: unknown }).id),
      JSON.parse(`[${ids.replaceAll(' ', ',')}]`) as unknown[],
    )
    for (const ending of ['arrow', 'parquet']) {
      const outcome = await model2vec('embed', at('d.jsonl'), '--id-field', 'id', '-o', at(`o.${ending}`), ...MODEL)
      const rule = 'in this format ids are all integers or all strings, as the first one is'
      t.is(outcome.err, `model2vec: ${at('d.jsonl')}:${line}: ${message}: ${rule}\n`)
      t.is(outcome.code, 1)
      t.false(existsSync(at(`o.${ending}`)))
    }
  })
}

test('a file that no run made is neither replaced nor written', async (t) => {
  const content = '{"text":"a dog"}\n'
  for (const name of ['docs.jsonl.partial', 'docs.jsonl.partial.json', 'docs.jsonl.partial.lock']) {
    const { directory, at } = filesIn({ [name]: content, 'other.jsonl': content })
    const asInput = await model2vec('embed', at(name), '--format', 'jsonl', '-o', at('docs.jsonl'), ...MODEL)
    t.is(asInput.code, 2)
    t.regex(asInput.err, /--out \S+docs\.jsonl writes \S+, which is an input/)
    const beside = await model2vec('embed', at('other.jsonl'), '-o', at('docs.jsonl'), ...MODEL)
    t.is(beside.code, 1, beside.err)
    t.true(beside.err.startsWith(`model2vec: ${at(name)} is there, and `), beside.err)
    t.is(readFileSync(at(name), 'utf8'), content)
    t.deepEqual(readdirSync(directory).sort(), [name, 'other.jsonl'])
  }
})

test('an input is recognized under any name: links, and standard input', async (t) => {
  const content = '{"text":"a dog"}\n'
  const { at } = filesIn({ 'docs.jsonl': content })
  linkSync(at('docs.jsonl'), at('hard.jsonl'))
  symlinkSync(at('docs.jsonl'), at('soft.jsonl'))
  for (const name of ['docs.jsonl', 'hard.jsonl', 'soft.jsonl']) {
    t.is((await model2vec('embed', at('docs.jsonl'), '-o', at(name), ...MODEL)).code, 2)
    const args = [MAIN, 'embed', '-', '--format', 'jsonl', '-o', at(name), ...MODEL]
    const stdin = openSync(at('docs.jsonl'), 'r')
    t.is(spawnSync(process.execPath, args, { stdio: [stdin, 'pipe', 'pipe'] }).status, 2)
  }
  // The run would never end: it would read what it writes.
  const stdout = openSync(at('docs.jsonl'), 'a')
  const { status, stderr } = spawnSync(process.execPath, [MAIN, 'embed', at('docs.jsonl'), ...MODEL], {
    stdio: ['ignore', stdout, 'pipe'],
  })
  t.is(status, 2)
  t.regex(String(stderr), /standard output is an input too/)
  t.is(readFileSync(at('docs.jsonl'), 'utf8'), content)
})

test('an output that is a directory is refused before any work', async (t) => {
  const { directory, at } = filesIn({ 'a.txt': 'a\n' })
  mkdirSync(at('out.npy'))
  const { code, err } = await model2vec('embed', at('a.txt'), '-o', at('out.npy'), '--model', 'no/such')
  t.deepEqual([code, err], [1, `model2vec: ${at('out.npy')} is a directory, not a file\n`])
  t.deepEqual(readdirSync(directory).sort(), ['a.txt', 'out.npy'])
})
;(process.platform === 'win32' ? test.skip : test)(
  'an output that takes the place of another keeps its mode, and a link to it stays a link',
  async (t) => {
    const { at } = filesIn({ 'a.txt': 'a dog\n' })
    mkdirSync(at('elsewhere'))
    symlinkSync('elsewhere/real.npy', at('link.npy'))
    t.is((await model2vec('embed', at('a.txt'), '-o', at('link.npy'), ...MODEL)).code, 0)
    chmodSync(at('elsewhere/real.npy'), 0o640)
    writeFileSync(at('a.txt'), 'a cat\n')
    t.is((await model2vec('embed', at('a.txt'), '-o', at('link.npy'), ...MODEL)).code, 0)
    t.deepEqual(vectorsOf(at('elsewhere/real.npy')), ef.encodeSync(['a cat']).data)
    t.is(statSync(at('elsewhere/real.npy')).mode & 0o777, 0o640)
    t.deepEqual(readdirSync(at('.')).sort(), ['a.txt', 'elsewhere', 'link.npy'])
    t.deepEqual(readdirSync(at('elsewhere')).sort(), ['.real.npy.made-by.json', 'real.npy'])
  },
)

test('--resume refuses the output of another run: another input, option, model or maker', async (t) => {
  const { at } = filesIn({ 'a.txt': 'a dog\n', 'b.txt': 'a cat\n' })
  const [a, b, out] = [at('a.txt'), at('b.txt'), at('v.npy')]
  const embed = (...args: string[]): ReturnType<typeof model2vec> =>
    model2vec('embed', ...args, '-o', out, ...(args.includes('--model') ? [] : MODEL))
  t.is((await embed(a)).code, 0)
  const whole = readFileSync(out)
  const again = await embed(a, '--resume')
  t.deepEqual([again.code, again.err], [0, `model2vec: ${out} is whole: there is nothing to go on with\n`])
  for (const [args, what] of [
    [[b], 'input 1 was \\S+a.txt, now \\S+b.txt'],
    [[a, b], 'the inputs were 1, now 2'],
    [[a, '--dtype', 'float16'], "--dtype was 'float32', now 'float16'"],
    [[a, '--max-length', '5'], '--max-length was 512, now 5'],
    [[a, '--no-normalize'], '--normalize was on, now off'],
    [[a, '--model', path.join(SMALL, '../m8k-f16')], "--model was '\\S+m8k-f32', now '\\S+m8k-f16'"],
  ] as const) {
    const { code, err } = await embed(...args, '--resume')
    t.is(code, 1)
    t.regex(err, new RegExp(`v\\.npy is of another run: ${what}; without --resume it starts over\n$`))
    t.true(readFileSync(out).equals(whole))
  }
  // The file is not the one of the note any more: no run takes it for its own.
  writeFileSync(out, 'not ours')
  t.regex((await embed(a, '--resume')).err, /v\.npy is there, and it is not known which run made it/)
  t.is(readFileSync(out, 'utf8'), 'not ours')
  t.is((await embed(a)).code, 0)
  t.true(readFileSync(out).equals(whole))
})

test('--resume starts a run over that was killed before its first checkpoint, also where an older output is there', async (t) => {
  const { directory, at } = filesIn({ 'a.txt': 'a dog\n', 'b.txt': 'a cat\n' })
  const out = at('v.npy')
  t.is((await model2vec('embed', at('a.txt'), '-o', out, ...MODEL)).code, 0)
  const older = readFileSync(out)
  // A run over the other input that ended at its start: its note names it, and no place.
  t.is((await model2vec('embed', at('b.txt'), '-o', at('w.npy'), ...MODEL)).code, 0)
  const { madeBy, identity } = JSON.parse(readFileSync(at('.w.npy.made-by.json'), 'utf8')) as Record<string, unknown>
  writeFileSync(`${out}.partial.json`, JSON.stringify({ madeBy, identity }))
  writeFileSync(`${out}.partial`, '')
  // Of another run still an error, which leaves the output.
  t.is((await model2vec('embed', at('a.txt'), '-o', out, '--resume', ...MODEL)).code, 1)
  t.true(readFileSync(out).equals(older))
  const resumed = await model2vec('embed', at('b.txt'), '-o', out, '--resume', ...MODEL)
  t.deepEqual([resumed.code, resumed.err], [0, ''])
  t.deepEqual(vectorsOf(out), ef.encodeSync(['a cat']).data)
  t.false(readdirSync(directory).some((name) => name.includes('.partial')))
})

test('a model directory whose files were replaced is another model', async (t) => {
  const { at } = filesIn({ 'a.txt': 'a dog\n' })
  mkdirSync(at('model'))
  const put = (name: string): void => {
    for (const file of ['config.json', 'tokenizer.json', 'model.safetensors']) {
      writeFileSync(at(`model/${file}`), readFileSync(path.join(SMALL, '..', name, file)))
    }
  }
  put('m8k-f32')
  const args = ['embed', at('a.txt'), '-o', at('v.npy'), '--model', at('model'), '--resume']
  t.is((await model2vec(...args)).code, 0)
  put('m8k-f16')
  t.regex(
    (await model2vec(...args)).err,
    /v\.npy is of another run: the files of --model '\S+model' have changed since; /,
  )
})

/** Some seconds of work. */
const many = filesIn({ 'many.txt': `${manyTexts(60_000).join(' ').slice(0, 4_000_000).replaceAll(' the ', '\n')}\n` })

/** Starts a run that waits for more on standard input, once it writes. */
async function writer(
  out: string,
): Promise<{ pid: number; end: (text: string) => Promise<unknown>; kill: () => void }> {
  const child = spawn(process.execPath, [MAIN, 'embed', '-', '--format', 'lines', '-o', out, ...MODEL])
  const closed = new Promise((resolve) => child.on('close', resolve))
  child.stdin.on('error', () => undefined)
  for (let tries = 0; !existsSync(`${out}.partial`); tries++) {
    if (tries > 3000) throw new Error('the run does not write')
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
  return {
    pid: child.pid ?? 0,
    end: (text) => {
      child.stdin.end(text)
      return closed
    },
    kill: () => child.kill('SIGKILL'),
  }
}

test('a second run that writes the same output says which process writes it, and ends with 1', async (t) => {
  const { directory, at } = filesIn({ 'b.txt': 'a cat\n' })
  const out = at('out.npy')
  symlinkSync(directory, `${directory}-link`)
  const first = await writer(out)
  for (const name of [out, path.join(`${directory}-link`, 'out.npy')]) {
    const second = await model2vec('embed', at('b.txt'), '-o', name, ...MODEL)
    t.is(second.code, 1)
    t.is(second.err, `model2vec: process ${first.pid} writes ${name}: wait for its end, or choose another --out\n`)
  }
  t.is(await first.end('a dog\n'), 0)
  t.deepEqual(vectorsOf(out), ef.encodeSync(['a dog']).data)
  t.deepEqual(readdirSync(directory).sort(), ['.out.npy.made-by.json', 'b.txt', 'out.npy'])
})

test('of several runs that start at once one writes the output, and the others say so', async (t) => {
  const { directory, at } = filesIn({ 'a.txt': 'a dog\n' })
  const out = at('out.npy')
  const inputs = [at('a.txt'), many.at('many.txt'), many.at('many.txt'), at('a.txt')]
  const outcomes = await Promise.all(inputs.map((input) => model2vec('embed', input, '-o', out, ...MODEL)))
  for (const { code, err } of outcomes) {
    if (code === 0) t.is(err, '')
    else t.regex(err, /^model2vec: process \d+ writes \S+out\.npy: wait for its end, or choose another --out\n$/)
  }
  t.true(outcomes.some(({ code }) => code === 0))
  // Of one run, whichever was the last.
  const whole = await Promise.all(
    [0, 1].map(async (i) => {
      const alone = at(`alone-${i}.npy`)
      await model2vec('embed', inputs[i] ?? '', '-o', alone, ...MODEL)
      return readFileSync(alone)
    }),
  )
  t.true(whole.some((each) => each.equals(readFileSync(out))))
  t.false(readdirSync(directory).some((name) => name.includes('.partial')))
})
;(process.platform === 'linux' ? test : test.skip)(
  'a lock is taken over at once from a process that is dead, also where another one has its id now',
  async (t) => {
    const { at } = filesIn({ 'a.txt': 'a dog\n' })
    const out = at('out.npy')
    const first = await writer(out)
    first.kill()
    await first.end('')
    const lock = JSON.parse(readFileSync(`${out}.partial.lock`, 'utf8')) as { mark: string; process: number }
    const started = performance.now()
    t.is((await model2vec('embed', at('a.txt'), '-o', out, ...MODEL)).code, 0)
    // This process lives, but it started at another time.
    const mark = lock.mark.replace(`-${lock.process}-`, `-${process.pid}-`)
    writeFileSync(`${out}.partial.lock`, JSON.stringify({ ...lock, process: process.pid, mark }))
    t.is((await model2vec('embed', at('a.txt'), '-o', out, ...MODEL)).code, 0)
    t.log(`${Math.round(performance.now() - started)} ms for both`)
    t.false(existsSync(`${out}.partial.lock`))
  },
)

test('a lock of another machine or container is taken over if its holder does not touch it, and not before', async (t) => {
  const { at } = filesIn({ 'a.txt': 'a dog\n' })
  const out = at('out.npy')
  const lock = {
    madeBy: 'model2vec embed',
    process: process.pid,
    host: 'elsewhere',
    mark: `00000000-00000000-${process.pid}-1-0`,
    nonce: '0',
  }
  writeFileSync(`${out}.partial.lock`, JSON.stringify(lock))
  const touched = preloaded('lock-holder', {
    TEST_LOCK: 'touch',
    TEST_LOCK_FILE: `${realpathSync(out.replace(/out\.npy$/, ''))}/out.npy.partial.lock`,
  })
  const refused = await run(['embed', at('a.txt'), '-o', out, ...MODEL], touched)
  t.deepEqual(
    [refused.code, refused.err],
    [
      1,
      `model2vec: waiting to see whether process ${process.pid} of elsewhere still writes ${out}\n` +
        `model2vec: process ${process.pid} of elsewhere writes ${out}: wait for its end, or choose another --out\n`,
    ],
  )
  t.not(os.hostname(), 'elsewhere')
  t.is((await model2vec('embed', at('a.txt'), '-o', out, ...MODEL)).code, 0)
})

test('a run whose lock was taken away gives its output no name', async (t) => {
  const { directory, at } = filesIn({})
  const out = at('out.npy')
  const first = await writer(out)
  writeFileSync(`${out}.partial.lock`, '{"madeBy":"model2vec embed","process":1}')
  t.is(await first.end('a dog\n'), 1)
  t.false(existsSync(out))
  t.true(readdirSync(directory).includes('out.npy.partial.lock'))
})

test('a run over a pipe that fails leaves no files, as no run could go on with them', async (t) => {
  const { directory, at } = filesIn({})
  const { code } = await run(['embed', '-', '--format', 'jsonl', '-o', at('out.npy'), ...MODEL], { stdin: 'bad\n' })
  t.is(code, 1)
  t.deepEqual(readdirSync(directory), [])
})
