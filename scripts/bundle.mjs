// `node scripts/bundle.mjs`: builds dist/, the JavaScript that is published, from src/. Every entry
// of package.json's `exports` and `bin` is a file; what several of them use is in files that they
// share, so that there is one class and one native module, whatever is imported.
//
// An import of the package then reads three files instead of a hundred, and what a plain encode does
// without (the Hub, search, streams, many of Node's own modules) is loaded when it is first used:
// together that is most of the time that the import took. The names of functions and classes stay as
// they are in src/, and each has a line, so that the stack of an error can be read; local variables
// have short names and spaces are left out, which makes the package a sixth smaller.

import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'

import { rolldown } from 'rolldown'
import { minifySync } from 'rolldown/utils'
import ts from 'typescript'

const DESTINATION = 'dist'
/** The file with what a plain encode needs, and every entry. */
const CORE = 'core'
/** What the entry for BullMQ and the command line have in common: reading, encoding and writing files. */
const SHARDS = 'shards'
/** The command line only finds the command that is called, which is loaded then, from a file with all. */
const COMMANDS = 'cli/commands'
const COMMAND_LINE = 'cli/main'
const IN_COMMAND_LINE = [COMMAND_LINE, 'cli/command-table', 'cli/help']
const VERSION = 'version'
/** Rooms of src/ that are loaded when they are first used, each from a file of its own. */
const LATE_ROOMS = ['hub', 'lines', 'search', 'server', 'stream']
/**
 * Entries, what `index.ts` gives out itself (it would be loaded with it in any case), and the look-up of
 * a model in the Hub's cache, which most constructors do.
 */
const NEVER_LATE = [
  'hub/cache',
  'hub/hub-environment',
  'hub/layout',
  'lines/read-lines',
  'search/neighbors',
  'server/index',
]
/** Those modules of Node that a process has loaded when it starts. */
const LOADED = ['async_hooks', 'buffer', 'fs', 'module', 'path', 'process', 'timers', 'url', 'util', 'vm']

/** Only the package's own files are joined. */
const external = (id) => !/^[./]/.test(id)
/** Node 20 has no `using`, and what the bundler makes of it needs a package. */
const compilerOptions = { target: ts.ScriptTarget.ES2023, module: ts.ModuleKind.ESNext }
const withoutUsing = {
  name: 'without-using',
  transform: (code) =>
    /^\s*using /m.test(code)
      ? { code: ts.transpileModule(code, { compilerOptions }).outputText, moduleType: 'js' }
      : null,
}
/** What `late` is in built files. */
const LATE = 'const late = (load, it) => ({ get it() { return (it ??= load()); } });\n'

const { exports, bin } = JSON.parse(readFileSync('package.json', 'utf8'))
/** The built files that package.json names. */
const targets = [
  ...Object.values(exports).flatMap((entry) =>
    typeof entry === 'string' ? [] : [entry.default, entry.require?.default, entry.import?.default],
  ),
  ...Object.values(bin),
].filter((target) => target !== undefined)
/** The name of an entry, by its built file: `adapters/milvus`. */
const nameOf = (target) => target.replace(/^\.\/dist\/(.*)\.m?js$/, '$1')
const commonjs = targets.filter((target) => target.endsWith('.js')).map(nameOf)
const modules = targets.filter((target) => target.endsWith('.mjs')).map(nameOf)

rmSync(DESTINATION, { recursive: true, force: true })
const inCore = await modulesOf('src/index.ts')
const inShards = await modulesOf('src/bullmq.ts', { treeshake: false })
write(
  await bundled(
    {
      // The class for Chroma is registered by the entries for `import` and for `require`, each in
      // its own copy of `chromadb`.
      input: Object.fromEntries([...commonjs, 'adapters/chroma-function'].map((name) => [name, `src/${name}.ts`])),
      external,
    },
    {
      format: 'cjs',
      exports: 'named',
      chunkFileNames: '[name].js',
      codeSplitting: {
        includeDependenciesRecursively: false,
        groups: [
          ...LATE_ROOMS.map((room) => ({ name: room, test: (id) => isLate(id, room) })),
          // `model2vec --version` loads nothing else.
          { name: VERSION, test: /\/src\/version\.ts$/ },
          { name: CORE, test: (id) => inCore.has(id) },
          { name: SHARDS, test: (id) => inShards.has(id) },
          {
            name: COMMANDS,
            test: isOfCommand,
          },
        ],
      },
    },
  ),
)
// What an entry for `import` re-exports is what `require` gives.
write(
  await bundled(
    {
      input: Object.fromEntries(modules.map((name) => [name, `src/${name}.mts`])),
      external: (id) => !id.endsWith('.mts'),
    },
    { format: 'esm', entryFileNames: '[name].mjs' },
  ),
)

// For scripts/setup.mjs, which looks for the native module of this platform.
write(await bundled({ input: 'src/native/platform.ts', external }, { format: 'cjs' }), 'build/setup')

async function bundled(input, output) {
  const bundle = await rolldown({
    platform: 'node',
    preserveEntrySignatures: 'allow-extension',
    plugins: [withoutUsing],
    ...input,
  })
  return (await bundle.generate({ comments: false, ...output })).output
}

function write(chunks, folder = DESTINATION) {
  for (const { fileName, code } of chunks) {
    const file = path.join(folder, fileName)
    mkdirSync(path.dirname(file), { recursive: true })
    writeFileSync(file, compact(fileName, loadedLate(fileName, code)))
  }
}

/**
 * The source files that an entry is made of, without its own. With `treeshake: false` also those of
 * which it uses nothing, where another entry may.
 */
async function modulesOf(entry, options = {}) {
  const chunks = await bundled({ input: entry, external, ...options }, { format: 'cjs' })
  return new Set(chunks.flatMap(({ moduleIds }) => moduleIds).filter((id) => !id.endsWith(entry)))
}

function isOfCommand(id) {
  return id.includes('/src/cli/') && !IN_COMMAND_LINE.some((file) => id.endsWith(`/src/${file}.ts`))
}

function isLate(id, room) {
  return id.includes(`/src/${room}/`) && !NEVER_LATE.some((file) => id.endsWith(`/src/${file}.ts`))
}

/**
 * Code that loads other files, and modules of Node, when something of them is first used: each
 * `let fs = require('fs')` becomes `fs = late(() => require('fs'))`, and each `fs.name` `fs.it.name`.
 * The default export of a module of Node is that module.
 */
function loadedLate(fileName, code) {
  const required = /^(?:const|let) (\w+) = require\("([^"]+)"\);\n(?:\1 = (?:\w+\.)?__toESM\(\1\);\n)?/gm
  // What is only loaded is re-exported elsewhere.
  code = code.replaceAll(/^require\("node:.*"\);\n/gm, '')
  let hasLate = false
  // From the last to the first: those of packages use the bundler's own file, which is the first.
  for (const [statement, name, from] of [...code.matchAll(required)].reverse()) {
    if (statement.includes('__toESM') && !from.startsWith('node:')) throw new Error(`a default import of ${from}`)
    const at = code.indexOf(statement)
    if (at === -1) throw new Error(`${statement} is gone`)
    const [before, after] = [code.slice(0, at), code.slice(at + statement.length)]
    if (new RegExp(`\\b${name}\\b(?!\\.)`).test(before + after)) throw new Error(`${name} is used as a whole`)
    if (from.startsWith('.') && !new RegExp(`\\b${name}\\b`).test(before + after)) {
      // Constants are in their places already, and no default import is left.
      if (!/\/(?:version|rolldown-runtime)\.js$/.test(from)) throw new Error(`${fileName} uses nothing of ${from}`)
      code = before + after
      continue
    }
    const waits = isLoadedLate(from) || (fileName === `${COMMAND_LINE}.js` && from.startsWith('.'))
    hasLate ||= waits
    const used = new RegExp(`\\b${name}\\b(?:\\.default\\b)?`, 'g')
    const uses = (part) => part.replaceAll(used, waits ? `${name}.it` : name)
    const required = waits ? `late(() => require("${from}"))` : `require("${from}")`
    code = `${uses(before)}const ${name} = ${required};\n${uses(after)}`
  }
  return hasLate ? code.replace(/^(?:#!.*\n)?/, (start) => start + LATE) : code
}

function isLoadedLate(from) {
  if (from.startsWith('node:')) return !LOADED.includes(from.slice('node:'.length))
  return LATE_ROOMS.some((room) => from.endsWith(`/${room}.js`))
}

/** Code with short names of local variables, and a line for each statement of the file. */
function compact(name, code) {
  const keepNames = { function: true, class: true }
  const options = {
    compress: { keepNames, joinVars: false, sequences: false },
    mangle: { toplevel: true, keepNames },
    codegen: { removeWhitespace: true },
  }
  const { code: made, errors } = minifySync(name, code, options)
  if (errors.length > 0) throw new Error(`${name}: ${errors.map(({ message }) => message).join('; ')}`)
  const source = ts.createSourceFile(name, made, ts.ScriptTarget.Latest, true, ts.ScriptKind.JS)
  return source.statements.map((statement) => `${withQuotes(statement, source).trim()}\n`).join('')
}

/**
 * A statement whose strings are in quotes: the minifier has them in backticks, in which not every tool
 * finds what is imported.
 */
function withQuotes(statement, source) {
  let [text, at] = ['', statement.pos]
  const visit = (node) => {
    if (ts.isNoSubstitutionTemplateLiteral(node) && !ts.isTaggedTemplateExpression(node.parent)) {
      text += source.text.slice(at, node.getStart(source)) + JSON.stringify(node.text)
      at = node.end
    }
    ts.forEachChild(node, visit)
  }
  visit(statement)
  return text + source.text.slice(at, statement.end)
}
