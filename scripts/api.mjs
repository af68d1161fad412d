// index.d.ts: the whole public API of the main entry in one file, made from src/. `--write` writes it; without, a difference
// is printed and fails.

import { readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

import { generateDtsBundle } from 'dts-bundle-generator'

const target = fileURLToPath(new URL('../index.d.ts', import.meta.url))
const HEADER = '// Generated from src/ by `npm run api`: the whole public API.\n\n'

const [bundle] = generateDtsBundle(
  [{ filePath: 'src/index.ts', output: { noBanner: true, exportReferencedTypes: false } }],
  { preferredConfigPath: 'tsconfig.json' },
)
const expected = HEADER + bundle.replace(/\n*export \{\};\s*$/, '\n').replaceAll('\t', '  ')

if (process.argv.includes('--write')) {
  writeFileSync(target, expected)
} else if (readFileSync(target, 'utf8') !== expected) {
  const found = readFileSync(target, 'utf8').split('\n')
  const line = expected.split('\n').findIndex((text, index) => text !== found[index])
  console.error(`index.d.ts is out of date from line ${line + 1} on: run \`npm run api\``)
  process.exitCode = 1
} else {
  console.log('index.d.ts is what src/ gives')
}
