// The README's examples: they compile, they run, and they give what they say.

import { execFileSync } from 'node:child_process'
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'

import test from 'ava'

const blocks = [...readFileSync('README.md', 'utf8').matchAll(/^```ts\n(.*?)^```$/gms)].map(([, code]) => code ?? '')
/** Inside the package, so that it finds itself by its name. */
const directory = path.resolve('build/readme')

test.before(() => {
  rmSync(directory, { recursive: true, force: true })
  mkdirSync(directory, { recursive: true })
  for (const [i, block] of blocks.entries()) writeFileSync(path.join(directory, `example${i}.mts`), block)
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

for (const [i, block] of blocks.entries()) {
  const [firstLine = ''] = block.split('\n').filter((line) => !line.startsWith('import') && line !== '')
  test(`example ${i + 1} runs: ${firstLine}`, (t) => {
    const output = execFileSync(process.execPath, [path.join(directory, `example${i}.mjs`)], { encoding: 'utf8' })
    t.not(output, '')
    t.log(output)
    const promised = /^\/\/ \[(.*?)\], (\d+)$/m.exec(block)
    if (promised === null) return
    const [, numbers = '', dim = ''] = promised
    const expected = numbers.split(', ').map(Number)
    const found = [...output.matchAll(/-?\d\.\d+(?:e-?\d+)?/g)].map(([number]) => Number(Number(number).toFixed(8)))
    t.deepEqual(found, expected)
    t.true(output.trimEnd().endsWith(dim))
  })
}

test('the first example is the one with numbers', (t) => {
  t.true(blocks.length >= 3)
  t.regex(blocks[0] ?? '', /0\.02220882, 0\.11436888, -0\.15094341, 0\.08149259, 0\.20425692, -0\.15727402/)
})
