// Writes tokenizer.prepared beside the default model's tokenizer.json: what the native module of this
// build makes of its vocabulary, so that the published model loads sooner. Only the engine knows what
// is in it (crates/engine/src/tokenizer/file/prepared.rs). `scripts/setup.mjs` runs this when the
// native module has changed. Usage: node scripts/prepare.mjs ADDON

import { renameSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import path from 'node:path'

const MODEL = 'npm/potion-base-8m'
const { prepareTokenizer } = createRequire(import.meta.url)(path.resolve(process.argv[2]))
const prepared = path.join(MODEL, 'tokenizer.prepared')
// Beside it and renamed, as a model that is being loaded may read it.
writeFileSync(`${prepared}.new`, prepareTokenizer(path.join(MODEL, 'tokenizer.json')))
renameSync(`${prepared}.new`, prepared)
