// Things without a use: dependencies that no file imports (and imports that no package.json
// declares), files that no entry reaches, exports that no other file takes, Cargo dependencies that
// no Rust file names. Read from the sources alone.

import { readFileSync } from 'node:fs'
import path from 'node:path'

import ts from 'typescript'

import { root } from './setup.mjs'
import { report, sourceFiles } from './source-files.mjs'

process.chdir(root)
const SCRIPT = /\.(m?ts|mjs|js)$/
const published = JSON.parse(readFileSync('package.json', 'utf8'))
/** Where the package and its command begin: what these export is for others. */
const ENTRIES = ['src/index.ts', 'src/index.mts', 'src/cli/main.ts', ...adapters()]

const faults = [...npmFaults(), ...toolFaults(), ...exportFaults(), ...cargoFaults()]
report(faults, 'every dependency, file and export is used')

/** The modules of package.json's `exports`, in src/. */
function adapters() {
  const targets = Object.values(published.exports).flatMap((each) => [
    each.default,
    each.require?.default,
    each.import?.default,
  ])
  return targets.flatMap((target) => (target === undefined ? [] : [sourceOf(target)]))
}

function sourceOf(built) {
  return built.replace(/^(?:\.\/dist|build\/modules)\//, 'src/').replace(/\.(m?)js$/, '.$1ts')
}

/**
 * What a file imports: each specifier with the names that it takes, '*' for all, and whether they
 * are types only.
 */
function importsOf(file) {
  const source = ts.createSourceFile(file, readFileSync(file, 'utf8'), ts.ScriptTarget.Latest)
  const found = []
  const visit = (node) => {
    if (ts.isImportDeclaration(node) || ts.isExportDeclaration(node)) {
      const isType = node.importClause?.isTypeOnly === true
      if (node.moduleSpecifier !== undefined)
        found.push({ from: node.moduleSpecifier.text, names: namesOf(node), isType })
    } else if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument)) {
      found.push({ from: node.argument.literal.text, names: ['*'] })
    } else if (ts.isCallExpression(node) && node.arguments[0] !== undefined && isImport(node)) {
      found.push({ from: node.arguments[0].text, names: ['*'] })
    }
    ts.forEachChild(node, visit)
  }
  visit(source)
  return found
}

/** `import()`, `require()` and `require.resolve()` of a literal. */
function isImport({ expression, arguments: [first] }) {
  if (!ts.isStringLiteralLike(first)) return false
  if (expression.kind === ts.SyntaxKind.ImportKeyword) return true
  const name = ts.isPropertyAccessExpression(expression) ? expression.expression : expression
  return ts.isIdentifier(name) && /^require/.test(name.text)
}

function namesOf(node) {
  const named = ts.isImportDeclaration(node) ? node.importClause?.namedBindings : node.exportClause
  const one = ts.isImportDeclaration(node) && node.importClause?.name !== undefined ? ['default'] : []
  if (named === undefined) return ts.isExportDeclaration(node) ? ['*'] : one
  if (named.elements === undefined) return ['*']
  return [...one, ...named.elements.map(({ name, propertyName }) => (propertyName ?? name).text)]
}

/** The package that a specifier names; null for a path and for what is Node's own. */
function packageOf(specifier) {
  if (/^(\.|\/|node:)/.test(specifier)) return null
  return specifier.split('/', specifier.startsWith('@') ? 2 : 1).join('/')
}

function npmFaults() {
  const files = sourceFiles(SCRIPT).filter(
    (file) => !/^(benchmarks\/peers|test\/types|test\/adapters\/types)\//.test(file),
  )
  const imported = new Map(
    files
      .flatMap((file) => importsOf(file).map(({ from }) => [packageOf(from), file]))
      .filter(([name]) => name !== null),
  )
  const scripts = `${Object.values(published.scripts).join('\n')}\n${files.map((file) => readFileSync(file, 'utf8')).join('\n')}`
  const { compilerOptions } = JSON.parse(readFileSync('tsconfig.json', 'utf8'))
  // Run as a program, by its folder or by its command; or types that tsconfig.json names.
  const isRun = (name) =>
    scripts.includes(`node_modules/${name}/`) || (name === '@napi-rs/cli' && /"?napi /.test(scripts))
  const isTypes = (name) => compilerOptions.types.includes(name.replace('@types/', ''))
  // A type that only the compiler sees needs no package where the code runs.
  const inSource = new Set(
    sourceFiles(SCRIPT, 'src')
      .flatMap(importsOf)
      .filter(({ isType }) => isType !== true)
      .map(({ from }) => packageOf(from)),
  )
  const { devDependencies, peerDependencies } = published
  const isOwn = (name) => name.startsWith(published.name)
  const declared = new Set([...Object.keys(devDependencies), ...toolNames(), ...integrationNames()])
  return [
    ...Object.keys(devDependencies)
      .filter((name) => !imported.has(name) && !isRun(name) && !isTypes(name))
      .map((name) => `package.json: nothing uses the development dependency ${name}`),
    ...Object.keys(peerDependencies)
      .filter((name) => !imported.has(name) && !integrationNames().includes(name))
      .map((name) => `package.json: nothing uses the peer dependency ${name}`),
    ...[...imported]
      .filter(([name, file]) => !declared.has(name) && !isOwn(name) && !isOfSdk(name) && !isBenchmark(file))
      .map(([name, file]) => `${file} imports ${name}, which package.json does not declare`),
    ...[...inSource]
      .filter((name) => name !== null && !(name in peerDependencies) && !isOwn(name))
      .map((name) => `src/ imports ${name}, which is no peer dependency`),
  ]
}

/** Packages that a test takes from the copy of a development dependency: types alone. */
function isOfSdk(name) {
  return ['@grpc/grpc-js', '@grpc/proto-loader', 'protobufjs'].includes(name)
}

/** The benchmarks install what they compare with. */
function isBenchmark(file) {
  return file.startsWith('benchmarks/')
}

function toolNames() {
  return Object.keys(JSON.parse(readFileSync('test/tools/package.json', 'utf8')).dependencies)
}

/** What the adapters are tested with, by the names that applications know: `ai-6` is `ai`. */
function integrationNames() {
  const { dependencies } = JSON.parse(readFileSync('test/integrations/package.json', 'utf8'))
  return Object.entries(dependencies).map(([name, version]) => /^npm:(.+)@/.exec(version)?.[1] ?? name)
}

/**
 * The tools that tests install beside the development dependencies: named by a test, or in a path.
 */
function toolFaults() {
  const tests = sourceFiles(/\.m?ts$/, 'test')
    .map((file) => readFileSync(file, 'utf8'))
    .join('\n')
  return toolNames()
    .filter((name) => !tests.includes(name) && !tests.includes(`${name.replace(/-[\d.]+$/, '')}-\${`))
    .map((name) => `test/tools/package.json: no test uses ${name}`)
}

function exportFaults() {
  const files = sourceFiles(/(?<!\.d)\.m?ts$/, 'src')
  const taken = new Map(files.map((file) => [file, new Set()]))
  const reached = new Set(ENTRIES)
  const imports = new Map(
    files.map((file) => [
      file,
      importsOf(file).flatMap(({ from, names }) => {
        const target = path.posix.join(path.posix.dirname(file), from.replace(/\.(m?)js$/, '.$1ts'))
        return from.startsWith('.') && taken.has(target) ? [{ target, names }] : []
      }),
    ]),
  )
  for (const each of imports.values()) {
    for (const { target, names } of each) for (const name of names) taken.get(target).add(name)
  }
  for (const { target, names } of takenByTests(taken)) for (const name of names) taken.get(target).add(name)
  // A set that grows is walked to its end.
  for (const file of reached) for (const { target } of imports.get(file) ?? []) reached.add(target)
  const unreached = files.filter((file) => !reached.has(file))
  return [
    ...unreached.map((file) => `${file}: no entry of the package imports it`),
    ...files
      .filter((file) => !ENTRIES.includes(file) && reached.has(file) && !taken.get(file).has('*'))
      .flatMap((file) =>
        exportsOf(file)
          .filter((name) => !taken.get(file).has(name))
          .map((name) => `${file}: nothing imports ${name}`),
      ),
  ]
}

/**
 * What tests take from single modules, build/modules/…: they load them at run time, and name what
 * they take.
 */
function takenByTests(modules) {
  return sourceFiles(/\.ts$/, 'test').flatMap((test) =>
    importsOf(test).flatMap(({ from }) => {
      const built = path.posix.join(path.posix.dirname(test), from)
      const target = built.startsWith('build/modules/') ? sourceOf(built) : null
      if (!modules.has(target)) return []
      const text = readFileSync(test, 'utf8')
      return [{ target, names: exportsOf(target).filter((name) => new RegExp(`\\b${name}\\b`).test(text)) }]
    }),
  )
}

/**
 * The names that a file declares and exports, without the types that its own declarations mention.
 */
function exportsOf(file) {
  const source = ts.createSourceFile(file, readFileSync(file, 'utf8'), ts.ScriptTarget.Latest)
  return source.statements.flatMap((statement) => {
    if (ts.isExportDeclaration(statement)) return (statement.exportClause?.elements ?? []).map(({ name }) => name.text)
    if (!statement.modifiers?.some(({ kind }) => kind === ts.SyntaxKind.ExportKeyword)) return []
    if (ts.isInterfaceDeclaration(statement) || ts.isTypeAliasDeclaration(statement)) {
      const mentions = source.text.match(new RegExp(`\\b${statement.name.text}\\b`, 'g')) ?? []
      return mentions.length > 1 ? [] : [statement.name.text]
    }
    if (!ts.isVariableStatement(statement)) return statement.name === undefined ? [] : [statement.name.text]
    return statement.declarationList.declarations.flatMap(({ name }) => (ts.isIdentifier(name) ? [name.text] : []))
  })
}

/**
 * Dependencies of each Cargo.toml that no file of its crate names: `name::`, `use name`, `name!`.
 */
function cargoFaults() {
  return sourceFiles(/^Cargo\.toml$/).flatMap((manifest) => {
    const folder = path.posix.dirname(manifest)
    const inCrate = (...parts) =>
      sourceFiles(/\.rs$/, folder)
        .filter((file) =>
          file === path.posix.join(folder, 'build.rs') ? parts.includes('build') : !parts.includes('build'),
        )
        .map((file) => readFileSync(file, 'utf8').replace(/^\s*\/\/.*$/gm, ''))
        .join('\n')
    return cargoDependencies(readFileSync(manifest, 'utf8'))
      .filter(({ name, isBuild }) => {
        const crate = name.replaceAll('-', '_')
        const uses = new RegExp(`\\b${crate}(::|!)|\\buse ${crate}\\b|extern crate ${crate}\\b`)
        return !uses.test(isBuild ? inCrate('build') : inCrate())
      })
      .map(({ name }) => `${manifest}: no file of the crate names ${name}`)
  })
}

function cargoDependencies(manifest) {
  return manifest.split(/^(?=\[)/m).flatMap((table) => {
    const [, title] = /^\[+(.*?)\]+/.exec(table) ?? []
    if (title === undefined || title.startsWith('workspace.') || !/dependencies$/.test(title)) return []
    const names = [...table.matchAll(/^([\w-]+)(?:\.workspace)? *=/gm)].map(([, name]) => name)
    return names.map((name) => ({ name, isBuild: title.includes('build-') }))
  })
}
