// The arguments of the programs in examples/: a value that is none is one line, before anything is
// loaded or dropped.

import { execFile } from 'node:child_process'
import path from 'node:path'

import { nodeOf, testWithPeers } from '../adapters/peers.js'
import { install } from './recipe.js'

const WRONG: readonly (readonly [recipe: string, args: readonly string[], message: string])[] = [
  ['sqlite-vec/search.mjs', ['--dtype', 'float16'], '--dtype should be float32, int8, binary, but got float16'],
  ['sqlite-vec/search.mjs', ['--driver', 'sqlite3'], '--driver should be better-sqlite3, node:sqlite, but got sqlite3'],
  ['redis/search.mjs', ['--dtype', 'int8'], '--dtype should be float32, float16, bfloat16, but got int8'],
  ['redis/vector-set.mjs', ['--quantization', 'q4'], '--quantization should be NOQUANT, Q8, BIN, but got q4'],
  ['json-stores/search.mjs', ['toString'], 'the store should be qdrant, elastic, but got toString'],
]

for (const [recipe, args, message] of WRONG) {
  testWithPeers(`a wrong argument of a recipe is one line: ${recipe} ${args.join(' ')}`, async (t) => {
    const program = path.join(install(path.dirname(recipe), `arguments-${path.dirname(recipe)}`), recipe)
    const options = { timeout: 60_000, env: { ...process.env, NODE_ENV: undefined } }
    const { code, stderr } = await new Promise<{ code: unknown; stderr: string }>((resolve) => {
      execFile(nodeOf(22), [program, ...args], options, (error, _, text) => {
        resolve({ code: error?.code, stderr: text })
      })
    })
    t.is(stderr, `${message}\n`)
    t.is(code, 2)
  })
}
