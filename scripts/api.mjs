// index.d.ts, milvus.d.ts and so on: the whole public API of each entry of package.json's `exports`
// in one file, made from src/. What an entry has in common with index.d.ts it imports from there.
// `--write` writes them; without, a difference is printed and fails.

import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

import { generateDtsBundle } from 'dts-bundle-generator'
import ts from 'typescript'

const HEADER = '// Generated from src/ by `npm run api`: the whole public API.\n\n'
// The types stand alone: without the lib `esnext.disposable`, which TypeScript has from 5.2 on, and
// without @types/node.
const DISPOSE = `declare global {
  interface SymbolConstructor {
    readonly dispose: unique symbol;
  }
}

`
const { exports } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'))
/** The source of each entry, and the file of its types. */
const entries = Object.values(exports).flatMap((entry) => {
  const { types, default: compiled } = entry.require ?? entry
  return types === undefined
    ? []
    : [{ source: compiled.replace(/^\.\/dist\/(.*)\.js$/, 'src/$1.ts'), types: types.slice(2) }]
})

const bundles = generateDtsBundle(
  entries.map(({ source }) => ({ filePath: source, output: { noBanner: true, exportReferencedTypes: false } })),
  { preferredConfigPath: 'tsconfig.json' },
)
const inIndex = exportedTypes(bundles[entries.findIndex(({ types }) => types === 'index.d.ts')])
for (const [i, { types }] of entries.entries()) {
  check(types, types === 'index.d.ts' ? bundles[i] : withoutCommonTypes(bundles[i], inIndex))
}

/** The statements of a bundle: the text of each, what it declares, and whether that is exported. */
function statementsOf(bundle) {
  const source = ts.createSourceFile('bundle.d.ts', bundle, ts.ScriptTarget.Latest)
  return source.statements.map((statement) => ({
    text: statement.getFullText(source).trim(),
    name: statement.name?.text,
    isType: ts.isInterfaceDeclaration(statement) || ts.isTypeAliasDeclaration(statement),
    isClass: ts.isClassDeclaration(statement),
    isExported: statement.modifiers?.some(({ kind }) => kind === ts.SyntaxKind.ExportKeyword) ?? false,
  }))
}

/** What a statement declares, without the comment before it, which only exported types have. */
function declarationOf(text) {
  return text.replace(/^(?:\/\*\*[^]*?\*\/\s*)?(?:export )?/, '')
}

/** The texts of the types and classes that a bundle exports, by their names. */
function exportedTypes(bundle) {
  const types = statementsOf(bundle).filter(({ isType, isClass, isExported }) => (isType || isClass) && isExported)
  return new Map(types.map(({ name, text }) => [name, declarationOf(text)]))
}

/** A bundle that imports those of its types that index.d.ts exports. */
function withoutCommonTypes(bundle, common) {
  // A class that the entry itself exports is a value. Any other is only named as a type: as a second
  // declaration it would be another type than that of index.d.ts.
  const isCommon = ({ name, text, isClass, isExported }) =>
    !(isClass && isExported) && common.get(name) === declarationOf(text)
  const all = statementsOf(bundle)
  const shared = all.filter(isCommon)
  let kept = all.filter((each) => !isCommon(each))
  const isUsed = (name, by) =>
    by.some(({ text }) => new RegExp(`\\b${name}\\b`).test(text.replace(/\/\*[^]*?\*\//g, '')))
  // What only a common type has used is used no more.
  for (let before = Infinity; before > kept.length;) {
    before = kept.length
    kept = kept.filter(
      (each) =>
        !each.isType ||
        each.isExported ||
        isUsed(
          each.name,
          kept.filter((other) => other !== each),
        ),
    )
  }
  const named = (list) =>
    list
      .map(({ name }) => name)
      .sort()
      .join(', ')
  const used = shared.filter(({ name }) => isUsed(name, kept))
  const exported = shared.filter(({ isExported }) => isExported)
  return [
    ...(used.length > 0 ? [`import type { ${named(used)} } from './index.js';`] : []),
    ...(exported.length > 0 ? [`export type { ${named(exported)} } from './index.js';`] : []),
    ...kept.map(({ text }) => text),
    '',
  ].join('\n')
}

function check(file, bundle) {
  const target = fileURLToPath(new URL(`../${file}`, import.meta.url))
  const expected =
    HEADER +
    (bundle.includes('[Symbol.dispose]') ? DISPOSE : '') +
    bundle.replace(/\n*export \{\};\s*$/, '\n').replaceAll('\t', '  ')
  if (process.argv.includes('--write')) {
    writeFileSync(target, expected)
    return
  }
  const found = existsSync(target) ? readFileSync(target, 'utf8') : ''
  if (found === expected) {
    console.log(`${file} is what src/ gives`)
    return
  }
  const lines = found.split('\n')
  const line = expected.split('\n').findIndex((text, index) => text !== lines[index])
  console.error(`${file} is out of date from line ${line + 1} on: run \`npm run api\``)
  process.exitCode = 1
}
