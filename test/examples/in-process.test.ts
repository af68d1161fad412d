// Recipes without a server or a file: usearch, Orama, Genkit, the swap in a program of
// transformers.js, and a provider of NestJS.

import { execFileSync } from 'node:child_process'
import { statSync } from 'node:fs'
import path from 'node:path'

import { nodeOf, testWithPeers } from '../adapters/peers.js'
import { DOCUMENTS, hasNearest, install, run } from './recipe.js'

testWithPeers('usearch finds the nearest with an index of the flat array, and saves it', async (t) => {
  const folder = install('usearch')
  const file = path.join(folder, 'documents.usearch')
  const output = await run(path.join(folder, 'usearch/search.mjs'), [file], { node: nodeOf(22) })
  await hasNearest(t, output, { isApproximate: true })
  t.true(statSync(file).size > DOCUMENTS.length * 256 * 4)
})

testWithPeers('Orama finds the nearest', async (t) => {
  await hasNearest(t, await run(path.join(install('orama'), 'orama/search.mjs')))
})

testWithPeers('Genkit embeds with the model, and retrieves the nearest', async (t) => {
  await hasNearest(t, await run(path.join(install('genkit'), 'genkit/search.mjs')))
})

testWithPeers('a program of transformers.js finds the nearest when its extractor is swapped', async (t) => {
  await hasNearest(t, await run(path.join(install('transformers.js'), 'transformers.js/search.mjs')))
})

testWithPeers('NestJS injects the model by its class, compiled by TypeScript', async (t) => {
  const folder = path.join(install('nestjs'), 'nestjs')
  execFileSync(process.execPath, ['node_modules/typescript/bin/tsc', '-p', folder], { encoding: 'utf8' })
  await hasNearest(t, await run(path.join(folder, 'main.js')))
})
