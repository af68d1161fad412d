// index.d.ts, milvus.d.ts and so on: the whole public API of each entry of package.json's `exports`
// in one file, made from src/. `--write` writes them; without, a difference is printed and fails.

import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

import { generateDtsBundle } from 'dts-bundle-generator'

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
for (const [i, { types }] of entries.entries()) check(types, bundles[i])

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
