// How many machines, hours, bytes and how much money many documents take, from your own numbers.
// `node reckon.mjs --documents 10e9 --hours 24`; each option of OPTIONS may be given. The formulas are
// those of docs/scaling.md.

import { parseArgs } from 'node:util'

/** The default, the unit, and where the default comes from. */
const OPTIONS = {
  documents: [10e9, 'documents'],
  bytes: [450, 'bytes of a document in the inputs'],
  dim: [256, 'dimensions of a vector'],
  'element-bytes': [4, 'bytes of an element: 4 float32, 2 float16, 1 int8'],
  rate: [30_000, 'documents a second and core, from file to file: measure it with `model2vec embed`'],
  cores: [8, 'cores of a machine'],
  hours: [24, 'hours that it may take'],
  network: [0.6, 'GB a second that a machine reads and writes together'],
  'sink-rate': [
    Infinity,
    'documents a second that the store takes, of all machines together; files have no such limit',
  ],
  'shard-seconds': [60, 'seconds of one core that a shard takes'],
  price: [0.36, 'dollars for an hour of a machine'],
  'storage-price': [0.023, 'dollars for a month of a GB'],
}

const options = Object.fromEntries(Object.keys(OPTIONS).map((name) => [name, { type: 'string' }]))
const { values } = parseArgs({ options })
const of = Object.fromEntries(Object.entries(OPTIONS).map(([name, [value]]) => [name, Number(values[name] ?? value)]))
for (const [name, value] of Object.entries(of)) {
  if (!(value > 0)) throw new Error(`--${name} should be a number above 0, but is ${values[name]}`)
}

const coreHours = of.documents / of.rate / 3600
const inputGb = (of.documents * of.bytes) / 1e9
const outputGb = (of.documents * of.dim * of['element-bytes']) / 1e9
const networkHours = (inputGb + outputGb) / of.network / 3600
/** Hours of one machine: whichever of its cores and its network takes longer. */
const machineHours = Math.max(coreHours / of.cores, networkHours)
const sinkHours = of.documents / of['sink-rate'] / 3600
const hours = Math.max(of.hours, sinkHours)
const machines = Math.ceil(machineHours / hours)
const took = Math.max(machineHours / machines, sinkHours)
const shards = Math.ceil((coreHours * 3600) / of['shard-seconds'])
const limit = sinkHours > of.hours ? 'the store' : networkHours > coreHours / of.cores ? 'the network' : 'the cores'

const rounded = (value) => (value < 100 ? Number(value.toPrecision(3)) : Math.round(value)).toLocaleString('en-US')
const rows = [
  ['hours of one core', rounded(coreHours)],
  ['read, GB', rounded(inputGb)],
  ['written, GB', rounded(outputGb)],
  ['machines', rounded(machines)],
  ['hours', rounded(took)],
  ['what limits it', limit],
  ['shards', rounded(shards)],
  ['bytes of a shard, MB', rounded((inputGb * 1000) / shards)],
  ['a queue of them in Redis, MB', rounded((shards * 1.7) / 1000)],
  ['machines, dollars', rounded(machines * took * of.price)],
  ['vectors at rest, dollars a month', rounded(outputGb * of['storage-price'])],
]
for (const [name, value] of rows) console.log(`${name.padEnd(34)}${value}`)
