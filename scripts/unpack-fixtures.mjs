// Writes test/fixtures/unpacked from the committed, compressed material of test/fixtures: models/,
// heads/, corpora/ and references, laid out so that tests read it and a folder named by MODEL2VEC_TEST_DATA
// in the same way. Does nothing when it is up to date. Usage: node scripts/unpack-fixtures.mjs
import { createHash } from 'node:crypto'
import {
  cpSync,
  existsSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { brotliDecompressSync, constants, gunzipSync, gzipSync } from 'node:zlib'

const script = fileURLToPath(import.meta.url)
const fixtures = fileURLToPath(new URL('../test/fixtures/', import.meta.url))
const defaultModel = fileURLToPath(new URL('../npm/potion-base-8m/', import.meta.url))
const unpacked = join(fixtures, 'unpacked')
const BYTES_PER_VALUE = { F64: 8, F32: 4, F16: 2, I8: 1 }

if (realpathSync(process.argv[1]) === realpathSync(script)) {
  const digest = digestOfMaterial()
  const stamp = join(unpacked, '.digest')
  if (!existsSync(stamp) || readFileSync(stamp, 'utf8') !== digest) unpack(digest)
}

/**
 * Everything that decides what is written: this script, the default model's table, and the
 * committed files.
 */
function digestOfMaterial() {
  const files = readdirSync(fixtures, { recursive: true, withFileTypes: true })
    .map((entry) => ({ entry, path: join(entry.parentPath ?? entry.path, entry.name) }))
    .filter(({ entry, path }) => entry.isFile() && !path.startsWith(unpacked) && entry.name !== 'README.md')
    .map(({ path }) => path)
    .sort()
  const digest = createHash('sha256')
  for (const path of [script, join(defaultModel, 'model.safetensors'), ...files]) {
    const bytes = readFileSync(path)
    digest.update(`${relative(fixtures, path)} ${bytes.length}\n`).update(bytes)
  }
  return digest.digest('hex')
}

function unpack(digest) {
  const started = performance.now()
  // Written beside and renamed, so that an interrupted run leaves no half of it behind.
  const target = `${unpacked}.${process.pid}`
  const write = (path, bytes) => {
    mkdirSync(dirname(join(target, path)), { recursive: true })
    writeFileSync(join(target, path), bytes)
  }
  const { files, tables } = JSON.parse(readFileSync(join(fixtures, 'manifest.json'), 'utf8'))
  for (const [path, source] of Object.entries(files)) {
    const bytes = read(source)
    if (!path.endsWith('.gz')) write(path, bytes)
    else {
      write(path, gzipSync(bytes, { level: 1 }))
      write(path.slice(0, -'.gz'.length), bytes)
    }
  }
  for (const [path, table] of Object.entries(tables)) write(path, safetensors(table))
  cpSync(join(fixtures, 'reference'), join(target, 'reference'), { recursive: true })
  for (const model of readdirSync(join(target, 'reference'))) {
    const path = `reference/${model}/digests.json`
    write(path, gunzipSync(readFileSync(join(target, `${path}.gz`))))
  }
  linkDefaultModel(join(target, 'models', 'potion-base-8M'))
  for (const [name, head] of Object.entries(JSON.parse(readFileSync(join(fixtures, 'heads.json'), 'utf8')))) {
    unpackHead(target, name, head, write)
  }
  write('.digest', digest)
  rmSync(unpacked, { recursive: true, force: true })
  renameSync(target, unpacked)
  console.log(`unpacked the test fixtures in ${((performance.now() - started) / 1000).toFixed(1)} s`)
}

function read(source) {
  const bytes = readFileSync(join(fixtures, source))
  return source.endsWith('.br')
    ? brotliDecompressSync(bytes, { params: { [constants.BROTLI_DECODER_PARAM_LARGE_WINDOW]: 1 } })
    : bytes
}

function linkDefaultModel(link) {
  try {
    symlinkSync(
      process.platform === 'win32' ? defaultModel : relative(join(unpacked, 'models'), defaultModel),
      link,
      'junction',
    )
  } catch {
    cpSync(defaultModel, link, { recursive: true })
  }
}

/**
 * A head on the files of its model, some values of whose table may be changed to NaN and infinity,
 * and apart from them what Python makes of it.
 */
function unpackHead(target, name, { model, changes = [] }, write) {
  const from = join(target, 'models', model)
  const to = join(target, 'heads', name)
  mkdirSync(to, { recursive: true })
  for (const file of ['tokenizer.json', 'model.safetensors']) linkOrCopy(realpathSync(join(from, file)), join(to, file))
  if (changes.length > 0) {
    const table = readFileSync(join(from, 'model.safetensors'))
    for (const change of changes) changeValue(table, change)
    rmSync(join(to, 'model.safetensors'))
    write(`heads/${name}/model.safetensors`, table)
  }
  const packed = (file) => readFileSync(join(fixtures, 'heads', name, file))
  write(`heads/${name}/config.json`, packed('config.json'))
  write(`heads/${name}/head.safetensors`, gunzipSync(packed('head.safetensors.gz')))
  for (const file of ['reference.json', 'reference.safetensors']) {
    write(`head-references/${name}/${file}`, gunzipSync(packed(`${file}.gz`)))
  }
}

function linkOrCopy(from, to) {
  try {
    linkSync(from, to)
  } catch {
    cpSync(from, to)
  }
}

/** Sets a value of the table, of float32 or float16, to "nan", "inf" or "-inf". */
function changeValue(bytes, [row, column, value]) {
  const start = 8 + Number(bytes.readBigUInt64LE())
  const { dtype, shape, data_offsets } = JSON.parse(bytes.toString('utf8', 8, start)).embeddings
  const at = start + data_offsets[0] + (row * shape[1] + column) * BYTES_PER_VALUE[dtype]
  if (dtype === 'F32') bytes.writeFloatLE(Number(value.replace('nan', 'NaN').replace('inf', 'Infinity')), at)
  else bytes.writeUInt16LE({ nan: 0x7e00, inf: 0x7c00, '-inf': 0xfc00 }[value], at)
}

function safetensors({ header, tensors }) {
  const entries = JSON.parse(header)
  const start = 8 + Buffer.byteLength(header)
  const bytes = Buffer.alloc(start + Math.max(...Object.values(entries).map((entry) => entry.data_offsets[1])))
  bytes.writeBigUInt64LE(BigInt(start - 8))
  bytes.write(header, 8)
  for (const [
    name,
    {
      dtype,
      shape,
      data_offsets: [offset],
    },
  ] of Object.entries(entries)) {
    tensor(tensors[name], dtype, shape).copy(bytes, start + offset)
  }
  return bytes
}

function tensor(source, dtype, shape) {
  if (source === 'potion-base-8M') return potionColumns(dtype, shape)
  return typeof source === 'string' ? read(source) : seededValues(source.seed, dtype, shape[0] * shape[1])
}

/**
 * The first `rows` rows of potion-base-8M's table, the first `columns` columns of each, as float32
 * or widened to float64.
 */
export function potionColumns(dtype, [rows, columns]) {
  const file = readFileSync(join(defaultModel, 'model.safetensors'))
  const start = 8 + Number(file.readBigUInt64LE())
  const dim = JSON.parse(file.toString('utf8', 8, start)).embeddings.shape[1]
  const bytes = Buffer.alloc(rows * columns * BYTES_PER_VALUE[dtype])
  let to = 0
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      const from = start + (row * dim + column) * 4
      to =
        dtype === 'F64'
          ? bytes.writeDoubleLE(file.readFloatLE(from), to)
          : bytes.writeUInt32LE(file.readUInt32LE(from), to)
    }
  }
  return bytes
}

/**
 * Values made from a seed, the same as `seeded_values` of scripts/fixtures/make_references.py:
 * MurmurHash3's 32-bit finalizer over a Weyl sequence, its bits taken as a float's sign, mantissa
 * and the low three bits of the exponent (2^-7 to 2), or as an int8.
 */
function seededValues(seed, dtype, count) {
  const bytes = Buffer.alloc(count * BYTES_PER_VALUE[dtype])
  for (let i = 0, to = 0; i < count; i++) {
    let h = Math.imul(i, 0x9e3779b9) + seed
    h = Math.imul(h ^ (h >>> 16), 0x85ebca6b)
    h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35)
    h ^= h >>> 16
    if (dtype === 'F32') to = bytes.writeInt32LE((h & 0x83ffffff) | 0x3c000000, to)
    else if (dtype === 'F16') to = bytes.writeUInt16LE((h & 0x9fff) | 0x2000, to)
    else to = bytes.writeInt8((h << 24) >> 24, to)
  }
  return bytes
}
