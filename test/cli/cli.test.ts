// The command line: what it prints, and its exit codes.

import { readFileSync } from 'node:fs'
import path from 'node:path'

import test from 'ava'
import { Model2VecEmbeddingFunction } from 'model2vec-node'

import type * as commandTableModule from '../../build/modules/cli/command-table.js'
import { emptyCache, forgetEnvironment } from '../hub/cache-folder.js'
import { filesOf, repository } from '../hub/content.js'
import { HubServer } from '../hub/server.js'
import { INPUT_FORMATS, OUTPUT_FORMATS } from './modules.js'
import { load } from '../modules.js'
import { model2vec, run } from './run.js'
import { SMALL } from '../test-data.js'

forgetEnvironment()

const { COMMANDS } = load('cli/command-table') as typeof commandTableModule
const NAMES = Object.keys(COMMANDS)

test('--help lists the commands, and each command has its own help', async (t) => {
  const { code, out, err } = await model2vec('--help')
  t.is(code, 0)
  t.is(err, '')
  const commands = [...out.matchAll(/^ {2}([a-z]+) {2}/gm)].map(([, name]) => name ?? '')
  t.deepEqual(commands, NAMES)
  for (const command of commands) {
    const own = await model2vec(command, '--help')
    t.is(own.code, 0)
    t.regex(
      own.out,
      new RegExp(`^Usage: model2vec ${command} .*\n(.*\n)+Options:\n(.*\n)+Example: model2vec ${command} `),
    )
  }
})

test('a help text names every option of its command, and is no wider than a terminal', async (t) => {
  for (const [name, row] of Object.entries(COMMANDS)) {
    const { options } = await row.load()
    const { out } = await model2vec(name, '--help')
    for (const option of Object.keys(options)) t.regex(out, new RegExp(`^  (-\\w, )?--${option}( <\\w+>)?( |$)`, 'm'))
    t.deepEqual(
      out.split('\n').filter((line) => line.length > 80),
      [],
    )
  }
})

test('the version and the list of commands are printed without loading a command or the engine', async (t) => {
  const node = ['--require', path.join(__dirname, 'preload', 'loaded-files.js')]
  for (const [option, files] of [
    ['--help', 'cli/main.js'],
    ['--version', 'cli/main.js version.js'],
  ] as const) {
    const { err } = await run([option], { node })
    t.is(err.replaceAll(path.sep, '/'), files)
  }
})

test('the help and docs/CLI.md name every format and every command', async (t) => {
  const { out } = await model2vec('embed', '--help')
  const manual = readFileSync('docs/CLI.md', 'utf8').replaceAll(/\s+/g, ' ')
  for (const { title, endings, name } of INPUT_FORMATS) {
    for (const each of [title, name, ...endings]) t.true(out.includes(each), each)
    t.true(manual.includes(title), title)
  }
  for (const { title, ending } of OUTPUT_FORMATS) {
    t.regex(out, new RegExp(`^  \\${ending} +\\S`, 'm'))
    t.true(manual.includes(title), title)
  }
  for (const command of NAMES) t.true(manual.includes(`| \`${command}\` |`), command)
})

test('no two formats have an ending in common, and an ending that none has is an error with all', async (t) => {
  for (const endings of [
    INPUT_FORMATS.flatMap((format) => format.endings),
    OUTPUT_FORMATS.map(({ ending }) => ending),
  ]) {
    t.is(new Set(endings).size, endings.length)
  }
  const { code, err } = await model2vec('embed', 'examples/documents.jsonl', '--out', 'out.txt')
  t.is(code, 2)
  t.true(
    err.includes(`--out should end with ${OUTPUT_FORMATS.map(({ ending }) => ending).join(', ')}, but got out.txt`),
  )
})

test('without a native module --help, --version and pull work, and a command that needs it ends with one line', async (t) => {
  const env = { MODEL2VEC_NATIVE_PATH: '/no/such/module.node' }
  for (const args of [['--help'], ['--version'], ['embed', '--help']]) {
    const { code, out, err } = await run(args, { env })
    t.is(code, 0, err)
    t.not(out, '')
  }
  const server = await HubServer.start(repository('org/Name', filesOf(SMALL)))
  const pulled = await run(['pull', 'org/Name', '--cache-dir', emptyCache(), '--endpoint', server.endpoint], { env })
  t.is(pulled.code, 0, pulled.err)
  t.is(new Model2VecEmbeddingFunction(pulled.out.trim()).dim, 32)

  const { code, out, err } = await run(['info', SMALL], { env })
  t.is(code, 1)
  t.is(out, '')
  t.regex(err, /^model2vec: [^\n]*\/no\/such\/module\.node[^\n]* \(ERR_NATIVE_NOT_FOUND\)\n$/)
})

test('info prints what the model is, also as JSON', async (t) => {
  const expected = new Model2VecEmbeddingFunction(SMALL).info
  const { code, out } = await model2vec('info', SMALL)
  t.is(code, 0)
  t.regex(out, /^dim +32$/m)
  t.regex(out, /^tokenizer +native$/m)
  const json = await model2vec('info', SMALL, '--json')
  // A table is mapped before it is copied.
  t.deepEqual({ ...(JSON.parse(json.out) as object), memory: 'copy' }, { ...expected, memory: 'copy' })
})

test('pull downloads a model once and prints its directory, where info and a load find it', async (t) => {
  const server = await HubServer.start(repository('org/Name', filesOf(SMALL)))
  const cacheDir = emptyCache()
  const args = ['org/Name', '--cache-dir', cacheDir, '--endpoint', server.endpoint]
  const first = await model2vec('pull', ...args)
  t.is(first.code, 0, first.err)
  t.is(first.err, '')
  const texts = ['a dog in the park']
  const pulled = new Model2VecEmbeddingFunction(first.out.trim())
  t.deepEqual(pulled.encodeSync(texts).data, new Model2VecEmbeddingFunction(SMALL).encodeSync(texts).data)
  const asked = server.requests.length
  t.is((await model2vec('pull', ...args)).out, first.out)
  t.regex((await model2vec('info', ...args)).out, /^modelSource +org\/Name$/m)
  t.is(server.requests.length, asked)
  t.is((await model2vec('pull', ...args, '--force')).code, 0)
  t.true(server.requests.length > asked)
})

test('pull fails where the cache was not filled, also when an installed package has the model', async (t) => {
  const cacheDir = emptyCache()
  const args = ['minishlab/potion-base-8M', '--cache-dir', cacheDir, '--endpoint', 'http://127.0.0.1:9']
  for (const more of [[], ['--force']]) {
    const { out, err, code } = await model2vec('pull', ...args, ...more)
    t.is(code, 1)
    t.is(out, '')
    t.regex(
      err,
      /`minishlab\/potion-base-8M` was not downloaded: the Hub at \S+ can't be reached .* \(ERR_HUB_OFFLINE\)/,
    )
  }
  const offline = await run(['pull', ...args], { env: { HF_HUB_OFFLINE: '1' } })
  t.is(offline.code, 1)
  t.regex(offline.err, /was not downloaded: HF_HUB_OFFLINE forbids asking the Hub/)
})

test('pull --force fails when the Hub can not be asked, whatever the cache has', async (t) => {
  const server = await HubServer.start(repository('org/Name', filesOf(SMALL)))
  const args = ['org/Name', '--cache-dir', emptyCache(), '--endpoint', server.endpoint]
  t.is((await model2vec('pull', ...args)).code, 0)
  server.stop()
  t.is((await model2vec('pull', ...args)).code, 0)
  t.is((await model2vec('pull', ...args, '--force')).code, 1)
})

test('pull fills the cache also where an installed package carries the model', async (t) => {
  const server = await HubServer.start(repository('minishlab/potion-base-8M', filesOf(SMALL)))
  const cacheDir = emptyCache()
  const args = ['minishlab/potion-base-8M', '--cache-dir', cacheDir, '--endpoint', server.endpoint]
  const { out, code } = await model2vec('pull', ...args)
  t.is(code, 0)
  t.true(out.startsWith(cacheDir), out)
  t.is(new Model2VecEmbeddingFunction(out.trim()).dim, 32)
})

for (const [args, code, message] of [
  [
    ['info', 'nope/x'],
    1,
    /`nope\/x` is not on this machine, and `info` never asks the Hub \(`model2vec pull nope\/x` downloads it\)/,
  ],
  [['pull', SMALL], 1, /is a directory, not a model of the Hub \(ERR_INVALID_OPTION\)/],
  [['pull', 'org/nothing', '--endpoint', 'http://127.0.0.1:9'], 1, /org\/nothing.* \(ERR_HUB_OFFLINE\)/],
  [['info', './no-such-model'], 1, /no-such-model: no such directory \(ERR_MODEL_NOT_FOUND\)/],
  [['info', 'org/nothing'], 1, /`org\/nothing` is not on this machine/],
  [['info'], 2, /expected the id of a model or a directory; see `model2vec info --help`/],
  [['info', 'a', 'b'], 2, /but got another: b; see/],
  [['info', SMALL, '--colour'], 2, /Unknown option '--colour'.*; see `model2vec info --help`/],
  [
    ['embedd'],
    2,
    /no command embedd; there are embed, plan, gather, classify, search, dedupe, serve, worker, verify, bench, info, pull; see `model2vec --help`/,
  ],
  [
    [],
    2,
    /expected a command: embed, plan, gather, classify, search, dedupe, serve, worker, verify, bench, info, pull; see `model2vec --help`/,
  ],
  [['constructor'], 2, /no command constructor/],
] as const) {
  test(`an error is one line and exit code ${code}: ${args.map((arg) => path.basename(arg)).join(' ')}`, async (t) => {
    const outcome = await model2vec(...args)
    t.is(outcome.code, code, outcome.err)
    t.is(outcome.out, '')
    t.regex(outcome.err, /^model2vec: [^\n]+\n$/)
    t.regex(outcome.err, message)
  })
}
