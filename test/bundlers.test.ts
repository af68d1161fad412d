// The package in applications that a bundler puts into one file: outside of the bundle, and inside
// of it, as the README says; and the files that tools collect which copy an application (Next.js,
// serverless functions).

import { spawnSync } from 'node:child_process'
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'

import test from 'ava'

import { createProject, programPath } from './consumers/project.js'
import type { Project } from './consumers/project.js'
import { installTools } from './consumers/tools.js'
import { corpus, reference, ROOTS } from './test-data.js'

const TEXTS = corpus('edge')
const tools = installTools('tools')

const APPLICATION = `
  import { readFileSync } from 'node:fs'
  import { crc32 } from 'node:zlib'
  import { Model2VecEmbeddingFunction } from 'model2vec-node'
  import { digestOf } from './digest.js'
  const ef = new Model2VecEmbeddingFunction()
  const texts = JSON.parse(readFileSync('texts.json', 'utf8'))
  console.log(JSON.stringify(ef.encodeDocumentsSync(texts).map((row) => digestOf(row, crc32))))`
const DIGEST = `
  export function digestOf(row, crc32) {
    return crc32(new Uint8Array(row.buffer, row.byteOffset, row.byteLength))
  }`

/** Each script writes bundle.cjs or bundle.mjs from application.js. */
const BUNDLERS = [
  {
    name: 'esbuild',
    script: `require('esbuild').buildSync({
      entryPoints: ['application.js'], outfile: 'bundle.cjs', bundle: true, platform: 'node', external: ['model2vec-node'],
    })`,
    bundle: 'bundle.cjs',
  },
  {
    name: 'esbuild, to a module',
    script: `require('esbuild').buildSync({
      entryPoints: ['application.js'], outfile: 'bundle.mjs', bundle: true, platform: 'node', format: 'esm',
      external: ['model2vec-node'],
    })`,
    bundle: 'bundle.mjs',
  },
  {
    name: 'webpack',
    script: `require('webpack')({
      mode: 'production', target: 'node', context: process.cwd(), entry: './application.js',
      externals: { 'model2vec-node': 'commonjs model2vec-node' },
      output: { path: process.cwd(), filename: 'bundle.cjs' },
    }, (error, stats) => {
      if (error || stats.hasErrors()) throw error || new Error(stats.toString())
    })`,
    bundle: 'bundle.cjs',
  },
  {
    name: 'Vite',
    script: `import(require.resolve('vite')).then(({ build }) => build({
      logLevel: 'error', configFile: false,
      build: { ssr: 'application.js', outDir: 'out', rollupOptions: { output: { entryFileNames: 'bundle.mjs' } } },
      ssr: { external: ['model2vec-node'] },
    }))`,
    bundle: 'out/bundle.mjs',
  },
]

/**
 * Each script writes all of the application, this package and its native module too, into the
 * folder `inside`.
 */
const WHOLE_BUNDLES = [
  ...(['copy', 'file'] as const).map((loader) => ({
    name: `esbuild, with --loader:.node=${loader}`,
    script: `require('esbuild').buildSync({
      entryPoints: ['application.js'], outfile: 'inside/bundle.cjs', bundle: true, platform: 'node', logLevel: 'error',
      loader: { '.node': '${loader}' },
    })`,
    bundle: 'bundle.cjs',
  })),
  {
    name: 'esbuild, to a module that has its own `require`',
    script: `require('esbuild').buildSync({
      entryPoints: ['application.js'], outfile: 'inside/bundle.mjs', bundle: true, platform: 'node', logLevel: 'error',
      format: 'esm', loader: { '.node': 'copy' }, banner: {
        js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url)",
      },
    })`,
    bundle: 'bundle.mjs',
  },
  {
    name: 'webpack, with .node files as resources',
    script: `require('webpack')({
      mode: 'production', target: 'node', context: process.cwd(), entry: './application.js',
      module: { rules: [{ test: /\\.node$/, type: 'asset/resource' }] },
      output: { path: process.cwd() + '/inside', filename: 'bundle.cjs' },
    }, (error, stats) => {
      if (error || stats.hasErrors()) throw error || new Error(stats.toString())
    })`,
    bundle: 'bundle.cjs',
  },
  {
    name: 'ncc',
    script: `require('node:child_process').execFileSync(process.execPath, [
      require.resolve('@vercel/ncc/dist/ncc/cli.js'), 'build', 'application.js', '-o', 'inside', '--quiet',
    ])`,
    bundle: 'index.js',
  },
] as const

let project: Project
test.before(async () => {
  project = createProject('http://127.0.0.1:9')
  project.write('package.json', '{"private":true}')
  project.write('texts.json', JSON.stringify(TEXTS))
  project.write('application.js', APPLICATION)
  project.write('digest.js', DIGEST)
  const packed = JSON.parse(readFileSync('build/packages/packed.json', 'utf8')) as Record<string, { tarball: string }>
  const tarballs = Object.values(packed).map(({ tarball }) => tarball)
  await project.run('node', [programPath('npm'), 'install', '--offline', ...tarballs])
})
test.after.always(() => {
  rmSync(project.directory, { recursive: true, force: true })
})

/** Runs a script that finds the packages of test/tools. */
async function runTool(script: string): Promise<string> {
  const file = path.join(tools ?? '', '..', 'tool.cjs')
  const resolve = `require = require('node:module').createRequire(${JSON.stringify(file)});`
  return project.run('node', ['-e', `${resolve} ${script}`])
}

/**
 * An empty folder elsewhere with what a bundler wrote, the texts, and the model's package beside
 * it.
 */
function deploy(written: string): string {
  const elsewhere = mkdtempSync(path.join(os.tmpdir(), 'model2vec-deployed-'))
  cpSync(path.join(project.directory, written), elsewhere, { recursive: true })
  cpSync(path.join(project.directory, 'texts.json'), path.join(elsewhere, 'texts.json'))
  const model = 'node_modules/model2vec-node-potion-base-8m'
  cpSync(path.join(project.directory, model), path.join(elsewhere, model), { recursive: true })
  return elsewhere
}

function runIn(cwd: string, program: string, ...args: readonly string[]): { out: string; err: string } {
  const env = { PATH: process.env.PATH, HOME: cwd, HF_HUB_OFFLINE: '1' }
  for (;;) {
    const { stdout, stderr, error } = spawnSync(program, args, { cwd, env, encoding: 'utf8' })
    if (error === undefined) return { out: stdout, err: stderr }
    // A program that is started on another thread meanwhile has the copied file open for a moment.
    if ((error as NodeJS.ErrnoException).code !== 'ETXTBSY') throw error
  }
}

function expectedDigests(): unknown {
  const [root] = ROOTS
  return (root && reference(root, 'potion-base-8M')?.digests['edge.default']?.vector_crc32) ?? []
}

for (const { name, script, bundle } of WHOLE_BUNDLES) {
  const title = `${name} makes a bundle with the package inside that runs elsewhere`
  if (tools === null) {
    test.skip(`${title}: npm's registry can't be reached`, () => undefined)
    continue
  }
  test.serial(title, async (t) => {
    // The application's own version is no concern of the package's.
    project.write('package.json', '{"private":true,"version":"1.0.0"}')
    rmSync(path.join(project.directory, 'inside'), { recursive: true, force: true })
    await runTool(script)
    const elsewhere = deploy('inside')
    const { out, err } = runIn(elsewhere, process.execPath, bundle)
    t.deepEqual(JSON.parse(out || JSON.stringify(err)), expectedDigests())

    for (const file of readdirSync(elsewhere)) if (file.endsWith('.node')) rmSync(path.join(elsewhere, file))
    const without = runIn(elsewhere, process.execPath, bundle)
    t.regex(without.err, /ERR_NATIVE_NOT_FOUND/)
    t.regex(without.err, /this is a bundle: leave `model2vec-node` outside of it, or let the bundler copy/)
    rmSync(elsewhere, { recursive: true })
  })
}

if (tools !== null) {
  test.serial('Vite puts all but the native module into a bundle', async (t) => {
    await runTool(`import(require.resolve('vite')).then(({ build }) => build({
      logLevel: 'error', configFile: false, ssr: { noExternal: ['model2vec-node'] },
      build: { ssr: 'application.js', outDir: 'inside-vite', rollupOptions: {
        external: [/^model2vec-node-/], output: { entryFileNames: 'bundle.mjs' },
      } },
    }))`)
    const bundled = readFileSync(path.join(project.directory, 'inside-vite/bundle.mjs'), 'utf8')
    t.true(bundled.includes('ERR_NATIVE_NOT_FOUND'))
    t.deepEqual(JSON.parse(await project.run('node', ['inside-vite/bundle.mjs'])), expectedDigests())
  })
}

const bun = os.platform() === 'linux' && os.arch() === 'x64' ? installTools('runtimes') : null
const withBun = bun === null ? test.skip : test.serial
withBun(
  '`bun build --compile` makes an executable that runs in an empty folder with the model beside it',
  async (t) => {
    const program = path.join(bun ?? '', '@oven/bun-linux-x64/bin/bun')
    await project.run(program, ['build', '--compile', 'application.js', '--outfile', 'inside-bun/application'])
    const elsewhere = deploy('inside-bun')
    const { out, err } = runIn(elsewhere, path.join(elsewhere, 'application'))
    t.deepEqual(JSON.parse(out || JSON.stringify(err)), expectedDigests())
    rmSync(elsewhere, { recursive: true })
  },
)

for (const { name, script, bundle } of BUNDLERS) {
  const title = `${name} bundles an application that loads the package beside it`
  if (tools === null) {
    test.skip(`${title}: npm's registry can't be reached`, () => undefined)
    continue
  }
  test.serial(title, async (t) => {
    await runTool(script)
    t.deepEqual(JSON.parse(await project.run('node', [bundle])), expectedDigests())
    const bundled = readFileSync(path.join(project.directory, bundle), 'utf8')
    t.true(bundled.includes('model2vec-node') && !bundled.includes('ERR_NATIVE_NOT_FOUND'))
  })
}

if (tools === null) {
  test.skip("a file tracer finds the native module: npm's registry can't be reached", () => undefined)
} else {
  test.serial('a file tracer finds the native module', async (t) => {
    const output = await runTool(`
      require('@vercel/nft').nodeFileTrace(['application.js'], { base: process.cwd() })
        .then(({ fileList }) => console.log(JSON.stringify([...fileList])))`)
    const files = JSON.parse(output) as string[]
    const native = files.filter((file) => file.endsWith('.node'))
    t.is(native.length, 1)
    t.true(native.every((file) => existsSync(path.join(project.directory, file))))
    t.true(files.includes('node_modules/model2vec-node/package.json'))
    // The model is data that no module imports: the README says how it is named.
    t.false(files.some((file) => file.endsWith('model.safetensors')))
  })
}
