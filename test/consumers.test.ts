// The packed packages as applications get them: installed by each package manager from a registry
// on this machine, without a compiler and with no other network; imported, required, type-checked.

import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync, rmSync } from 'node:fs'
import path from 'node:path'

import test from 'ava'

import { MANAGERS } from './consumers/managers.js'
import { createProject, programPath } from './consumers/project.js'
import type { Project } from './consumers/project.js'
import { startRegistry } from './consumers/registry.js'
import type { Registry } from './consumers/registry.js'
import { installTools } from './consumers/tools.js'
import { corpus, reference, ROOTS } from './test-data.js'

const PACKAGES = ['model2vec-node', 'model2vec-node-potion-base-8m']
const TEXTS = corpus('edge')
const [addon = ''] = readdirSync('.').filter((file) => /^model2vec\..*\.node$/.test(file))
const PLATFORM = addon.split('.')[1] ?? ''
const TOOLS = installTools('tools')

/** Encodes the texts of texts.json with the default model, and prints the digests of the rows. */
const BODY = `
  const ef = new Model2VecEmbeddingFunction()
  const texts = JSON.parse(readFileSync('texts.json', 'utf8'))
  const rows = ef.encodeDocumentsSync(texts)
  console.log(JSON.stringify(rows.map((row) => crc32(new Uint8Array(row.buffer, row.byteOffset, row.byteLength)))))`
const IMPORT = `
  import { readFileSync } from 'node:fs'
  import { crc32 } from 'node:zlib'
  import { Model2VecEmbeddingFunction } from 'model2vec-node'
  ${BODY}`
const REQUIRE = `
  const { readFileSync } = require('node:fs')
  const { crc32 } = require('node:zlib')
  const { Model2VecEmbeddingFunction } = require('model2vec-node')
  ${BODY}`

const projects: Project[] = []
let registry: Registry
test.before(async () => {
  registry = await startRegistry()
})
test.after.always(() => {
  registry.close()
  for (const { directory } of projects) rmSync(directory, { recursive: true, force: true })
})

function emptyProject(manifest: object = {}): Project {
  const project = createProject(registry.url)
  projects.push(project)
  project.write('package.json', JSON.stringify({ name: 'application', version: '1.0.0', private: true, ...manifest }))
  project.write('texts.json', JSON.stringify(TEXTS))
  project.write('import.mjs', IMPORT)
  project.write('require.cjs', REQUIRE)
  return project
}

/** What Python makes of the texts. */
function expectedDigests(): readonly number[] {
  const [root] = ROOTS
  return (root && reference(root, 'potion-base-8M')?.digests['edge.default']?.vector_crc32) ?? []
}

function npm(project: Project, ...args: string[]): Promise<string> {
  return project.run('node', [programPath('npm'), ...args])
}

test.serial(
  'npm install gives a working embedder, and downloads the native module of this platform only',
  async (t) => {
    const project = emptyProject()
    registry.asked.length = 0
    await npm(project, 'install', ...PACKAGES)
    const tarballs = registry.asked.filter((place) => place.endsWith('.tgz')).sort()
    const native = `model2vec-node-${PLATFORM}`
    t.deepEqual(
      tarballs.map((place) => place.replace(/^-\/(.*)-\d+\.\d+\.\d+\.tgz$/, '$1')),
      ['model2vec-node', native, 'model2vec-node-potion-base-8m'].sort(),
    )
    t.deepEqual(installed(project), ['model2vec-node', native, 'model2vec-node-potion-base-8m'].sort())
    for (const script of ['import.mjs', 'require.cjs']) {
      t.deepEqual(JSON.parse(await project.run('node', [script])), expectedDigests(), script)
    }
    t.regex(await project.run('node', ['node_modules/model2vec-node/dist/cli/main.js', '--help']), /model2vec/)
  },
)

function installed(project: Project): string[] {
  return readdirSync(path.join(project.directory, 'node_modules'))
    .filter((name) => !name.startsWith('.'))
    .sort()
}

test.serial('npm install works from the tarballs alone, offline', async (t) => {
  const project = emptyProject()
  const tarballs = [...PACKAGES, `model2vec-node-${PLATFORM}`].map((name) => registry.tarball(name))
  registry.asked.length = 0
  await npm(project, 'install', '--offline', ...tarballs)
  t.deepEqual(registry.asked, [])
  t.deepEqual(JSON.parse(await project.run('node', ['import.mjs'])), expectedDigests())
})

test.serial('where npm left the native module out, the command of the error message installs it', async (t) => {
  const project = emptyProject()
  await npm(project, 'install', '--omit=optional', ...PACKAGES)
  const failure = await t.throwsAsync(project.run('node', ['require.cjs']))
  const [, command = ''] = /`npm (install [^`]*)`/.exec(failure.message) ?? []
  t.regex(failure.message, /ERR_NATIVE_NOT_FOUND/)
  await npm(project, ...command.split(' '))
  t.deepEqual(JSON.parse(await project.run('node', ['require.cjs'])), expectedDigests())
  const { optionalDependencies } = JSON.parse(
    readFileSync(path.join(project.directory, 'package.json'), 'utf8'),
  ) as Record<string, Record<string, string>>
  t.deepEqual(Object.keys(optionalDependencies ?? {}), [`model2vec-node-${PLATFORM}`])
})

for (const { name, program, files = {}, add, node = [] } of MANAGERS) {
  const title = `${name} installs a working embedder`
  if (TOOLS === null) {
    test.skip(`${title}: npm's registry can't be reached`, () => undefined)
    continue
  }
  const manager = path.join(TOOLS, program)
  test.serial(title, async (t) => {
    const project = emptyProject()
    project.write('.npmrc', `registry=${registry.url}/\n`)
    for (const [file, content] of Object.entries(files)) project.write(file, content)
    await project.run('node', [manager, ...add, ...PACKAGES])
    for (const script of ['import.mjs', 'require.cjs']) {
      const start = node.length > 0 ? [manager, ...node, script] : [script]
      t.deepEqual(JSON.parse(await project.run('node', start)), expectedDigests(), script)
    }
  })
}

test.serial('TypeScript finds the types in every way of resolving modules', async (t) => {
  const project = emptyProject()
  await npm(project, 'install', ...PACKAGES)
  const body = `
    const ef = new Model2VecEmbeddingFunction('./model', { normalize: true })
    export const dim: number = ef.dim
    export const rows: Promise<Float32Array[]> = ef.encodeDocuments(['a'])
    export const matrix: Promise<EmbeddingMatrix> = ef.encode('a', { maxLength: null })
    // @ts-expect-error: no such option
    void ef.encode('a', { maxLen: 3 })`
  const imports = `import { type EmbeddingMatrix, Model2VecEmbeddingFunction } from 'model2vec-node'\n${body}`
  for (const extension of ['ts', 'mts', 'cts']) project.write(`consumer.${extension}`, imports)
  for (const [module, moduleResolution] of [
    ['node16', 'node16'],
    ['nodenext', 'nodenext'],
    ['esnext', 'bundler'],
    ['preserve', 'bundler'],
  ]) {
    const files = moduleResolution === 'bundler' ? ['consumer.ts'] : ['consumer.ts', 'consumer.mts', 'consumer.cts']
    project.write(
      'tsconfig.json',
      JSON.stringify({
        compilerOptions: {
          module,
          moduleResolution,
          target: 'es2023',
          lib: ['es2023', 'esnext.disposable'],
          strict: true,
          noEmit: true,
          skipLibCheck: false,
          types: ['node'],
          typeRoots: [path.resolve('node_modules/@types')],
        },
        files,
      }),
    )
    await t.notThrowsAsync(project.run('node', [path.resolve('node_modules/typescript/bin/tsc'), '-p', '.']), module)
  }
})

/** Registers itself in its client, one class for each kind of module: test/adapters/chroma.test.ts. */
const NEEDS_ITS_CLIENT = './chroma'

test.serial('every entry of the package can be imported and required without the clients it serves', async (t) => {
  const project = emptyProject()
  await npm(project, 'install', ...PACKAGES)
  const { exports } = JSON.parse(readFileSync('package.json', 'utf8')) as { exports: Record<string, unknown> }
  const entries = Object.keys(exports).filter((entry) => !entry.endsWith('.json') && entry !== NEEDS_ITS_CLIENT)
  t.true(entries.includes('.'))
  for (const entry of entries) {
    const name = path.posix.join('model2vec-node', entry)
    const script = `
      const required = require('${name}')
      import('${name}').then((imported) => {
        for (const key of Object.keys(required)) {
          if (key !== '__esModule' && required[key] !== imported[key]) throw new Error(key + ' differs')
        }
        console.log(Object.keys(required).length)
      })`
    t.true(Number(await project.run('node', ['-e', script])) > 0, name)
  }
})

const checks = [
  { name: 'publint', args: (tarball: string) => ['publint/src/cli.js', 'run', tarball, '--strict'] },
  {
    name: 'arethetypeswrong',
    args: (tarball: string) => ['@arethetypeswrong/cli/dist/index.js', tarball, '--no-emoji'],
  },
]
for (const { name, args } of checks) {
  const title = `${name} finds nothing in the main package`
  if (TOOLS === null) {
    test.skip(`${title}: npm's registry can't be reached`, () => undefined)
    continue
  }
  test(title, (t) => {
    const [program = '', ...rest] = args(registry.tarball('model2vec-node'))
    t.notThrows(() =>
      execFileSync(process.execPath, [path.join(TOOLS, program), ...rest], { encoding: 'utf8', stdio: 'pipe' }),
    )
  })
}
