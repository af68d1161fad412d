// index.d.ts and milvus.d.ts: the whole public API of each entry in one file, made from src/. `--write` writes them; without, a
// difference is printed and fails.

import { readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'

import { generateDtsBundle } from 'dts-bundle-generator'

const HEADER = '// Generated from src/ by `npm run api`: the whole public API.\n\n'
// The types stand alone: without the lib `esnext.disposable`, which TypeScript has from 5.2 on, and without @types/node.
const DISPOSE = `declare global {
  interface SymbolConstructor {
    readonly dispose: unique symbol;
  }
}

`
const entries = ['index', 'adapters/milvus']

const bundles = generateDtsBundle(
  entries.map((entry) => ({
    filePath: `src/${entry}.ts`,
    output: { noBanner: true, exportReferencedTypes: false },
  })),
  { preferredConfigPath: 'tsconfig.json' },
)
for (const [i, entry] of entries.entries()) check(`${path.basename(entry)}.d.ts`, bundles[i])

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
  const found = readFileSync(target, 'utf8')
  if (found === expected) {
    console.log(`${file} is what src/ gives`)
    return
  }
  const lines = found.split('\n')
  const line = expected.split('\n').findIndex((text, index) => text !== lines[index])
  console.error(`${file} is out of date from line ${line + 1} on: run \`npm run api\``)
  process.exitCode = 1
}
