// Every committed model in the Node that runs this, with the native module that MODEL2VEC_NATIVE_PATH names: ids and vectors against
// Python's digests, from a copied and from a mapped table; and one digest of all that came out, which is the same on every
// platform. Plain files in and out: it runs in any Node, under emulators too.
//
//   node cross/parity.mjs RESULT.json      after `npm test` or `node scripts/compile-tests.mjs`, which compiles test/

import { createHash } from 'node:crypto'
import { writeFileSync } from 'node:fs'

import { Model2VecEmbeddingFunction } from 'model2vec-node'

import testData from '../build/test/test-data.js'

const { committedModels, corpus, crc, modelPath, reference, ROOTS } = testData
/** Texts that are encoded one by one as well: a call's way for few texts is another than for many. */
const SINGLE = 40

const OPTIONS = {
  default: () => ({}),
  nomax: () => ({ maxLength: null }),
  max16: () => ({ maxLength: 16 }),
  flipnorm: (normalize) => ({ normalize: !normalize }),
}
/** The other element types have no reference of Python for every model: they are in the digest only. */
const DTYPES = ['float16', 'bfloat16', 'int8', 'binary']

/** What a platform gives. `different` names what is not Python's. */
async function parity() {
  const result = { models: 0, vectors: 0, ids: 0, kernel: '', different: [], digest: '' }
  const digest = createHash('sha256')
  for (const model of committedModels()) {
    const digests = []
    for (const memory of ['copy', 'map']) digests.push(await checkModel(model, memory, result))
    if (digests[0] !== digests[1]) result.different.push(`${model}: mapped is not what copied is`)
    digest.update(`${model} ${digests[0]}\n`)
    result.models++
  }
  result.digest = digest.digest('hex')
  return result
}

async function checkModel(model, memory, result) {
  const expected = reference(ROOTS[0], model)
  const options = { memory, ...(model === 'm8k-subfolder' ? { subfolder: 'sub' } : {}) }
  const ef = await Model2VecEmbeddingFunction.load(modelPath(model), options)
  result.kernel = ef.info.kernel
  const digest = createHash('sha256')
  for (const [run, { rows, vector_crc32, ids_crc32 }] of Object.entries(expected.digests)) {
    const [name, set] = run.split('.')
    const texts = corpus(name)
    const encodeOptions = OPTIONS[set](expected.meta.normalize)
    const matrix = await ef.encode(texts, encodeOptions)
    digest.update(bytes(matrix.data))
    const wrong = texts.filter((_, i) => crc(matrix.row(i)) !== vector_crc32[i])
    if (wrong.length > 0 || matrix.rows !== rows) {
      result.different.push(`${model}, ${memory}, ${run}: ${wrong.length} of ${rows} vectors`)
    }
    const single = texts.slice(0, SINGLE).filter((text, i) => {
      return crc(ef.encodeSync(text, encodeOptions).data) !== vector_crc32[i]
    })
    if (single.length > 0)
      result.different.push(`${model}, ${memory}, ${run}: ${single.length} vectors of single texts`)
    result.vectors += rows
    if (ids_crc32 === undefined) continue
    const tokens = ef.tokenize(texts, 'maxLength' in encodeOptions ? { maxLength: encodeOptions.maxLength } : {})
    const wrongIds = tokens.filter((ids, i) => crc(ids) !== ids_crc32[i])
    if (wrongIds.length > 0) result.different.push(`${model}, ${memory}, ${run}: the ids of ${wrongIds.length} texts`)
    result.ids += tokens.length
  }
  const edge = corpus('edge')
  for (const dtype of DTYPES) digest.update(bytes(ef.encodeSync(edge, { dtype, normalize: true }).data))
  ef.close()
  return digest.digest('hex')
}

function bytes({ buffer, byteOffset, byteLength }) {
  return new Uint8Array(buffer, byteOffset, byteLength)
}

const { version, platform, arch } = process
const [, , file] = process.argv
if (file === undefined) throw new Error('expected a file for the result')
const result = await parity()
writeFileSync(file, `${JSON.stringify({ node: version, platform, arch, ...result }, null, 2)}\n`)
for (const line of result.different) console.error(`not Python's: ${line}`)
process.exitCode = result.different.length === 0 ? 0 : 1
