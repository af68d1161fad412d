// The packages as they are published: what the generator writes, one version, what is in the
// tarballs that `npm run package` packed.

import { execFileSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import path from 'node:path'

import test from 'ava'
import ts from 'typescript'

const PLATFORMS = readdirSync('npm').filter((name) => name !== 'potion-base-8m')

interface Manifest {
  readonly name: string
  readonly version: string
  readonly optionalDependencies?: Readonly<Record<string, string>>
  readonly [key: string]: unknown
}

function manifest(folder: string): Manifest {
  return JSON.parse(readFileSync(path.join(folder, 'package.json'), 'utf8')) as Manifest
}

/** The files below a folder by their paths in it, and their bytes. */
function contents(folder: string): Map<string, Buffer> {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile())
  const paths = files.map(({ parentPath, name }) => path.join(parentPath, name)).sort()
  return new Map(paths.map((file) => [path.relative(folder, file), readFileSync(file)]))
}

/** The files of a tarball. */
function unpacked(name: string): Map<string, Buffer> {
  const folder = mkdtempSync(path.resolve('build/unpacked-'))
  try {
    const packed = JSON.parse(readFileSync('build/packages/packed.json', 'utf8')) as Record<string, { tarball: string }>
    execFileSync('tar', ['xzf', packed[name]?.tarball ?? '', '-C', folder])
    return contents(path.join(folder, 'package'))
  } finally {
    rmSync(folder, { recursive: true })
  }
}

test('package.json says that the files are CommonJS, which bundlers and Node would otherwise have to find out', (t) => {
  t.is(manifest('.').type, 'commonjs')
})

test('npm/ holds what napi create-npm-dirs writes', (t) => {
  const folder = mkdtempSync(path.resolve('build/npm-'))
  try {
    const cli = 'node_modules/@napi-rs/cli/dist/cli.js'
    execFileSync(process.execPath, [cli, 'create-npm-dirs', '--npm-dir', path.relative('.', folder)], { stdio: 'pipe' })
    const generated = contents(folder)
    t.is(generated.size, 16)
    for (const [file, bytes] of generated) {
      t.is(
        readFileSync(path.join('npm', file), 'utf8'),
        bytes.toString(),
        `npm/${file}: \`npm run platforms\` writes it`,
      )
    }
    t.deepEqual(PLATFORMS, readdirSync(folder))
  } finally {
    rmSync(folder, { recursive: true })
  }
})

test('the packed main package asks for every platform at its own version, and for nothing else', (t) => {
  const { version, dependencies, optionalDependencies, scripts, devDependencies } = manifest(
    'build/packages/model2vec-node',
  )
  t.is(version, manifest('.').version)
  t.deepEqual(optionalDependencies, Object.fromEntries(PLATFORMS.map((name) => [`model2vec-node-${name}`, version])))
  t.is(dependencies, undefined)
  t.is(scripts, undefined)
  t.is(devDependencies, undefined)
})

/** What adapters are for: they know it by its shape. */
const ADAPTED = ['@lancedb/lancedb', '@langchain/core', '@zilliz/milvus2-sdk-node', 'ai', 'chromadb', 'pg']

test('every package that the compiled code imports is an optional peer, and so is what adapters are for', (t) => {
  const { peerDependencies, peerDependenciesMeta } = manifest('build/packages/model2vec-node')
  const compiled = [...contents('dist')].filter(([file]) => /\.m?js$/.test(file)).map(([, bytes]) => bytes.toString())
  const imported = compiled.flatMap((code) =>
    [...code.matchAll(/\b(?:import|require)\(["']([^."'][^"']*)["']\)/g)].map(([, name = '']) => name),
  )
  const foreign = imported
    .filter((name) => !name.startsWith('node:') && !name.startsWith('model2vec-node'))
    .map((name) => /^(?:@[^/]+\/)?[^/]+/.exec(name)?.[0] ?? name)
  const wanted = [...new Set([...foreign, ...ADAPTED])].sort()
  t.true(wanted.length >= 3)
  t.deepEqual(Object.keys(peerDependencies ?? {}).sort(), wanted)
  // Any other range is a conflict (ERESOLVE) in projects that have another version for themselves:
  // npm looks at optional peers, too, and also where the entry is not used.
  t.deepEqual([...new Set(Object.values(peerDependencies ?? {}))], ['*'])
  t.deepEqual(peerDependenciesMeta, Object.fromEntries(wanted.map((name) => [name, { optional: true }])))
})

test('no key stands twice in an object of a committed manifest: the last one would win, unseen', (t) => {
  const folders = ['npm', 'test', 'benchmarks', 'cross', 'examples']
  const below = folders.flatMap((folder) =>
    readdirSync(folder, { recursive: true, encoding: 'utf8' }).map((file) => path.join(folder, file)),
  )
  const files = [...readdirSync('.'), ...below].filter(
    (file) => /(^|\/)(package|package-lock|tsconfig|record)\.json$/.test(file) && !/node_modules|fixtures/.test(file),
  )
  t.true(files.length > 10)
  for (const file of files) t.deepEqual(repeatedKeys(readFileSync(file, 'utf8')), [], file)
  t.deepEqual(repeatedKeys('{ "a": { "b": 1, "c": [{ "b": 2, "b": 3 }] }, "a": 4 }').sort(), ['a', 'b'])
})

/** The keys that an object has more than once, anywhere in a JSON text. */
function repeatedKeys(json: string): string[] {
  const repeated: string[] = []
  const visit = (node: ts.Node): void => {
    if (ts.isObjectLiteralExpression(node)) {
      const keys = node.properties.map(({ name }) => (name !== undefined && ts.isStringLiteral(name) ? name.text : ''))
      repeated.push(...keys.filter((key, i) => keys.indexOf(key) !== i))
    }
    ts.forEachChild(node, visit)
  }
  visit(ts.parseJsonText('manifest.json', json))
  return repeated
}

test('the committed package.json has no platform package in it: npm ci would refuse it', (t) => {
  t.is(manifest('.').optionalDependencies, undefined)
})

test('the main tarball has every compiled file of this build, the types, and nothing else', (t) => {
  const expected = contents('dist')
  const files = unpacked('model2vec-node')
  for (const [file, bytes] of expected) {
    if (!/\.m?js$/.test(file)) continue
    t.true(files.get(path.join('dist', file))?.equals(bytes), `dist/${file} (\`npm run package\` packs this build)`)
  }
  t.true(files.get('index.d.ts')?.equals(readFileSync('index.d.ts')))
  for (const file of files.keys()) {
    t.regex(file, /^(dist\/.*\.m?js|[\w-]+\.d\.m?ts|package\.json|README\.md|LICENSE)$/)
  }
})

test("this platform's tarball has the native module, its license, and the licenses of what is linked into it", (t) => {
  const [addon = ''] = readdirSync('.').filter((file) => /^model2vec\..*\.node$/.test(file))
  const platform = addon.split('.')[1] ?? ''
  const files = unpacked(`model2vec-node-${platform}`)
  t.deepEqual([...files.keys()].sort(), ['LICENSE', 'README.md', 'THIRD-PARTY-NOTICES.txt', addon, 'package.json'])
  t.true(files.get('THIRD-PARTY-NOTICES.txt')?.equals(readFileSync('THIRD-PARTY-NOTICES.txt')))
  t.true(files.get(addon)?.equals(readFileSync(addon)), '`npm run package` packs this build')
})

test("the model's tarball has the bytes of the model", (t) => {
  const folder = 'npm/potion-base-8m'
  const files = unpacked('model2vec-node-potion-base-8m')
  for (const [file, bytes] of contents(folder)) t.true(files.get(file)?.equals(bytes), file)
})

test("the model's tarball has the prepared tokenizer that the native module makes of its tokenizer.json", (t) => {
  const [addon = ''] = readdirSync('.').filter((file) => /^model2vec\..*\.node$/.test(file))
  const { prepareTokenizer } = createRequire(__filename)(path.resolve(addon)) as {
    prepareTokenizer: (file: string) => Buffer
  }
  const made = prepareTokenizer('npm/potion-base-8m/tokenizer.json')
  const packed = unpacked('model2vec-node-potion-base-8m').get('tokenizer.prepared')
  t.true(packed?.equals(made), '`npm run package` packs that of this build')
})
