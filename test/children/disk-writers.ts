// Has one writer of the library write to a disk that refuses something (test/faults/disk_faults.c),
// in each way, and prints what came of it. Arguments: the writer, a folder, a model, a Hub.

import { existsSync, mkdirSync, readdirSync, readFileSync, statSync } from 'node:fs'
import path from 'node:path'

import { isModel2VecError, Model2VecEmbeddingFunction } from 'model2vec-node'

import { FAULTS } from '../faults/disk-calls.js'

const [writer = '', folder = '', model = '', endpoint = ''] = process.argv.slice(2)

/** Everything in a place: the bytes of each file by its path. */
function contents(place: string): Record<string, string> {
  if (!existsSync(place)) return {}
  if (statSync(place).isFile()) return { '': readFileSync(place, 'latin1') }
  const names = readdirSync(place, { recursive: true }).map(String)
  const files = names.filter((name) => statSync(path.join(place, name)).isFile())
  return Object.fromEntries(files.map((name) => [name, readFileSync(path.join(place, name), 'latin1')]))
}

async function main(): Promise<void> {
  const ef = new Model2VecEmbeddingFunction(model)
  const olderModel = new Model2VecEmbeddingFunction(model, { dimensionality: 8 })
  const [older, newer] = [ef.encodeSync(['an older text', 'two']), ef.encodeSync(['a newer text'])]
  const writers: Record<string, (place: string, isNew: boolean) => Promise<unknown>> = {
    'EmbeddingMatrix.save': (place, isNew) => (isNew ? newer : older).save(place),
    savePretrained: (place, isNew) => (isNew ? ef : olderModel).savePretrained(place),
    load: (cacheDir) => Model2VecEmbeddingFunction.load('org/Name', { endpoint, cacheDir }),
  }
  const write = writers[writer]
  if (write === undefined) throw new Error(writer)
  const isCache = writer === 'load'
  for (const [index, { call, code, skipped }] of FAULTS.entries()) {
    const parent = path.join(folder, String(index))
    mkdirSync(parent)
    const place = path.join(parent, writer === 'EmbeddingMatrix.save' ? 'matrix.npy' : 'place')
    if (!isCache) await write(place, false)
    const before = JSON.stringify(contents(place))
    process.env.M2V_DISK_FAULT = `${call} ${code} ${skipped} ${parent}`
    let outcome = 'written'
    try {
      await write(place, true)
    } catch (error) {
      outcome = isModel2VecError(error) ? `${error.code} ${error.message}` : `raw: ${String(error)}`
    }
    delete process.env.M2V_DISK_FAULT
    const isOld = JSON.stringify(contents(place)) === before
    const others = readdirSync(parent).filter((name) => name !== path.basename(place))
    await write(place, true)
    console.log(JSON.stringify({ call, outcome, isOld, others, place }))
  }
}
void main()
