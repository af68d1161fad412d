// The examples of the README and of the pages in docs/: they compile, they run, and they print what
// they say. Those of docs/INTEGRATIONS.md are in test/adapters/page.test.ts, with their peers.

import { execFile, execFileSync } from 'node:child_process'
import { mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { promisify } from 'node:util'
import { gzipSync } from 'node:zlib'

import test from 'ava'
import { Model2VecEmbeddingFunction } from 'model2vec-node'

import { headPath } from './heads.js'
import { liteEnvironment, startLite } from './milvus/lite.js'

/** The README first: its examples are what a reader tries first. */
const pages = ['README.md', ...readdirSync('docs').flatMap((name) => (name.endsWith('.md') ? [`docs/${name}`] : []))]

/** The code of a page's blocks in `language`, in order. */
function blocksOf(page: string, language: string): string[] {
  const fences = new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\`$`, 'gms')
  return [...readFileSync(page, 'utf8').matchAll(fences)].map(([, code]) => code ?? '')
}

const blocks = pages.flatMap((page) => blocksOf(page, 'ts').map((code) => ({ page, code })))
/** Inside the package, so that it finds itself by its name. */
const directory = path.resolve('build/readme')

test.before(() => {
  rmSync(directory, { recursive: true, force: true })
  mkdirSync(directory, { recursive: true })
  // The pipeline that the examples name.
  symlinkSync(headPath('language'), path.join(directory, 'language'), 'junction')
  for (const [i, { code }] of blocks.entries()) writeFileSync(path.join(directory, `example${i}.mts`), code)
  const options = [
    '--module',
    'node20',
    '--target',
    'es2023',
    '--lib',
    'es2023,esnext.disposable',
    '--types',
    'node',
    '--strict',
    '--rootDir',
    '.',
  ]
  const files = blocks.map((_, i) => path.join(directory, `example${i}.mts`))
  execFileSync(process.execPath, ['node_modules/typescript/bin/tsc', '--ignoreConfig', ...options, ...files], {
    encoding: 'utf8',
  })
})

const python = liteEnvironment('2.5')

for (const [i, { page, code: block }] of blocks.entries()) {
  const [firstLine = ''] = block.split('\n').filter((line) => !line.startsWith('import') && line !== '')
  const wantsMilvus = block.includes('MILVUS_ADDRESS')
  const runs = wantsMilvus && python.command === null ? test.skip : test
  const because = wantsMilvus && python.command === null ? ` (${python.reason})` : ''
  runs(`${page}, example ${i + 1} runs: ${firstLine}${because}`, async (t) => {
    // The SDK prints every request where NODE_ENV is 'test', which ava sets.
    const env: NodeJS.ProcessEnv = { ...process.env, NODE_ENV: undefined, BULK_FOLDER: path.join(directory, 'bulk') }
    if (wantsMilvus) {
      const lite = await startLite(python.command ?? '', '2.5')
      t.teardown(() => lite.stop())
      env.MILVUS_ADDRESS = lite.address
    }
    const example = path.join(directory, `example${i}.mjs`)
    const cwd = block.includes("'./language'") ? directory : undefined
    const { stdout: output } = await promisify(execFile)(process.execPath, [example], { env, cwd })
    t.not(output, '')
    t.log(output)
    if (wantsMilvus) t.regex(output, /text: 'Born in Maida Vale, London, Turing was raised in southern England.'/)
    for (const [, line = ''] of block.matchAll(/^console\.log\(.*\) \/\/ (.+)$/gm))
      t.true(output.includes(`${line}\n`), line)
    const promised = [...block.matchAll(/^\/\/ \[(.*?)\], (\d+)$/gm)]
    if (promised.length === 0) return
    const expected = promised.flatMap(([, numbers = '']) => numbers.split(', ').map(Number))
    const found = [...output.matchAll(/-?\d\.\d+(?:e-?\d+)?/g)].map(([number]) => Number(Number(number).toFixed(8)))
    t.deepEqual(found, expected)
    for (const [, , dim = ''] of promised) t.regex(output, new RegExp(`\\] ${dim}$`, 'm'))
  })
}

/** The documents that the command line's examples name, and a `model2vec` on the PATH. */
function commandLineDirectory(): { readonly cwd: string; readonly env: NodeJS.ProcessEnv } {
  const cwd = path.join(directory, 'command-line')
  mkdirSync(cwd)
  const jsonLines = readFileSync('examples/documents.jsonl', 'utf8')
  const documents = jsonLines
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as { id: string; text: string })
  const files = {
    'docs.jsonl': jsonLines,
    'docs.jsonl.gz': gzipSync(documents.map(({ text: body }) => `${JSON.stringify({ body })}\n`).join('')),
    'docs.csv': `id,text\n${documents.map(({ id, text }) => `${id},"${text.replaceAll('"', '""')}"\n`).join('')}`,
    'docs.txt': documents.map(({ text }) => `${text.replaceAll(/\s+/g, ' ')}\n`).join(''),
  }
  for (const [name, content] of Object.entries(files)) writeFileSync(path.join(cwd, name), content)
  symlinkSync(headPath('language'), path.join(cwd, 'language'), 'junction')
  const main = path.resolve('dist/cli/main.js')
  writeFileSync(path.join(cwd, 'model2vec'), `#!/bin/sh\nexec '${process.execPath}' '${main}' "$@"\n`, { mode: 0o755 })
  execFileSync('cargo', ['build', '--locked', '--quiet', '-p', 'model2vec-verify'], { stdio: 'inherit' })
  const verify = path.resolve('target/debug/model2vec-verify')
  const env = { ...process.env, PATH: `${cwd}:${process.env.PATH ?? ''}`, MODEL2VEC_VERIFY_PATH: verify }
  return { cwd, env }
}

/** What the commands print that print something. */
const PRINTED: Readonly<Record<string, RegExp>> = {
  'cat docs.txt | model2vec embed - --format lines | head -1': /^\{"embedding":\[[^\n]+\]\}\n$/,
  'model2vec plan docs.jsonl --shards 4 --out-dir shards --manifest plan.jsonl':
    /^plan\.jsonl: 4 shards of 1 input, [\d,]+ bytes; model2vec embed --shard 'plan\.jsonl#<n>' does one, #0 to #3\n$/,
  'model2vec search "a program that plays music" docs.jsonl -k 3': /^( +\d\.\d{4} {2}docs\.jsonl:\d+ {2}[^\n]+\n){3}$/,
  'model2vec search -q music -q chess docs.jsonl --vectors vectors.npy --json':
    /^\{"query":"music","results":\[.*\]\}\n\{"query":"chess","results":\[.*chess.*\]\}\n$/,
  'model2vec dedupe docs.jsonl --threshold 0.9 --out kept.jsonl --report dropped.jsonl':
    /^500 texts: \d+ kept, \d+ left out for an equal text, \d+ for a near one\n$/,
  'model2vec bench docs.jsonl --threads 2': /^500 texts, .*\n( +[12] +[\d,]+ +[\d.]+\n){2}/s,
  'model2vec verify docs.jsonl': /^ids +500 equal, 0 differ$/m,
}

/** Without `npx`, which finds the package only where it is installed. */
const commands = pages
  .flatMap((page) => blocksOf(page, 'sh'))
  .flatMap((block) => block.trimEnd().split('\n'))
  .flatMap((line) => /^(?:npx )?((?:cat \S+ \| )?model2vec .*)$/.exec(line)?.[1] ?? [])
// A shell is what they are for.
;(process.platform === 'win32' ? test.skip : test)(
  'the commands run, one after the other, and print what they say',
  async (t) => {
    const { cwd, env } = commandLineDirectory()
    t.true(commands.length >= 7)
    for (const command of commands) {
      const { stdout, stderr } = await promisify(execFile)('sh', ['-c', command], { cwd, env, maxBuffer: 2 ** 26 })
      t.is(stderr, '', command)
      t.regex(stdout, PRINTED[command] ?? /^$/, command)
    }
    t.deepEqual(
      Object.keys(PRINTED).filter((command) => !commands.includes(command)),
      [],
    )
  },
)

test("pymilvus's example shows its numbers", (t) => {
  const [code = ''] = blocksOf('docs/PYTHON.md', 'ts')
  t.regex(code, /0\.02220882, 0\.11436888, -0\.15094341, 0\.08149259, 0\.20425692, -0\.15727402/)
})

test('docs/ERRORS.md has a row for each error code of the types, and for no other', (t) => {
  const [, union = ''] = /type ErrorCode =([^;]*);/.exec(readFileSync('index.d.ts', 'utf8')) ?? []
  const rows = [...readFileSync('docs/ERRORS.md', 'utf8').matchAll(/^\| `(ERR_\w+)` \|/gm)].map(([, code]) => code)
  t.deepEqual(rows, union.match(/ERR_\w+/g) ?? [])
})

test("pymilvus's example has the same texts and numbers in Python and here, those of pymilvus's own class", (t) => {
  const [python = ''] = blocksOf('docs/PYTHON.md', 'python')
  const [typescript = ''] = blocksOf('docs/PYTHON.md', 'ts')
  const reference = JSON.parse(readFileSync('test/expected/pymilvus_example.json', 'utf8')) as {
    dim: number
    documents: Record<string, number[]>
    queries: Record<string, number[]>
  }
  const texts = [...Object.keys(reference.documents), ...Object.keys(reference.queries)]
  const firsts = [reference.documents, reference.queries].map((rows) => Object.values(rows)[0]?.slice(0, 6) ?? [])
  for (const code of [python, typescript]) {
    const strings = [...code.matchAll(/["']([A-Z][^"'/]+ [^"'/]+)["']/g)].map(([, text]) => text)
    t.deepEqual(strings, texts)
    const lines = [...code.matchAll(/^(?:#|\/\/) \[(.*?)\],? (\d+)$/gm)]
    t.deepEqual(
      lines.map(([, numbers = '']) => numbers.trim().split(/,? +/).map(Number)),
      firsts.map((row) => row.map((value) => Number(value.toFixed(8)))),
    )
    for (const [, , dim] of lines) t.is(Number(dim), reference.dim)
  }
})

test("every element of pymilvus's example is that of pymilvus's own class", async (t) => {
  const { documents, queries } = JSON.parse(readFileSync('test/expected/pymilvus_example.json', 'utf8')) as {
    documents: Record<string, number[]>
    queries: Record<string, number[]>
  }
  const ef = new Model2VecEmbeddingFunction('minishlab/potion-base-8M')
  const rows = await ef.encodeDocuments(Object.keys(documents))
  t.deepEqual(
    rows.map((row) => [...row]),
    Object.values(documents),
  )
  const found = await ef.encodeQueries(Object.keys(queries))
  t.deepEqual(
    found.map((row) => [...row]),
    Object.values(queries),
  )
})
