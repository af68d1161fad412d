// What Parquet and Arrow files are packed with, unpacked by the native module: as pyarrow packs it.

import { execFileSync } from 'node:child_process'

import test from 'ava'

import type * as loadModule from '../../build/modules/native/load.js'
import { load } from '../modules.js'
import { pythonEnvironment } from '../python-environment.js'

const { native } = load('native/load') as typeof loadModule
const python = pythonEnvironment('test/cli/columns-requirements.txt', 'duckdb, pandas, polars, pyarrow')
const pythonTest = python.command === null ? test.skip : test

type Unpack = (packed: Uint8Array, length: number) => Uint8Array | null

const CODECS: Readonly<Record<string, Unpack>> = {
  zstd: (packed, length) => native().unpackZstd(packed, length),
  snappy: (packed, length) => native().unpackSnappy(packed, length),
  lz4: (packed, length) => native().unpackLz4(packed, length),
  lz4_raw: (packed, length) => native().unpackLz4Blocks(packed, length, false),
}

/** More than a block of zstd, of words that repeat and of some that don't. */
const TEXT = Array.from({ length: 20_000 }, (_, i) => `text ${i} ${(i * i * 7919) % 100_003}\n`).join('')

const PACK = `
import base64, json, sys, pyarrow
data = sys.stdin.buffer.read()
names = ["zstd", "snappy", "lz4", "lz4_raw"]
print(json.dumps({name: base64.b64encode(pyarrow.compress(data, name, asbytes=True)).decode() for name in names}))
`

function packed(bytes: Uint8Array): Readonly<Record<string, Buffer>> {
  const found = execFileSync(python.command ?? '', ['-c', PACK], { input: bytes, encoding: 'utf8', maxBuffer: 1 << 28 })
  return Object.fromEntries(
    Object.entries(JSON.parse(found) as Record<string, string>).map(([name, text]) => [
      name,
      Buffer.from(text, 'base64'),
    ]),
  )
}

function packings(bytes: Uint8Array): (readonly [name: string, unpack: Unpack, packed: Buffer])[] {
  const all = packed(bytes)
  return Object.entries(CODECS).map(([name, unpack]) => [name, unpack, all[name] ?? Buffer.alloc(0)])
}

pythonTest('what pyarrow packs is unpacked, and nothing that is cut off or of another length', (t) => {
  const bytes = Buffer.from(TEXT)
  for (const [name, unpack, block] of packings(bytes)) {
    t.true(bytes.equals(unpack(block, bytes.length) ?? Buffer.alloc(0)), name)
    for (const length of [0, 1, bytes.length - 1, bytes.length + 1, 2 ** 31, 2 ** 32 - 1]) {
      t.is(unpack(block, length), null, `${name}: ${length}`)
    }
    // The last bytes of an LZ4 frame, four zeros, say that there are no more.
    for (let cut = 5; cut < block.length; cut += Math.ceil(block.length / 50)) {
      t.is(unpack(block.subarray(0, block.length - cut), bytes.length), null, `${name}: ${cut} fewer`)
    }
  }
})

pythonTest('bytes that were changed are unpacked to as many bytes, or not at all', (t) => {
  const bytes = Buffer.from(TEXT)
  let state = 11
  const next = (limit: number): number => (state = (state * 48_271) % 0x7fff_ffff) % limit
  for (const [name, unpack, block] of packings(bytes)) {
    for (let i = 0; i < 300; i++) {
      const broken = Buffer.from(block)
      const place = next(i % 2 === 0 ? 64 : block.length)
      broken[place] = next(256)
      const found = unpack(broken, bytes.length)
      t.true(found === null || found.length === bytes.length, `${name}: byte ${place}`)
    }
  }
})

pythonTest('blocks of LZ4 with lengths before them, as Hadoop writes them, are unpacked, and one without', (t) => {
  const parts = ['first', TEXT, ''].map((text) => Buffer.from(text))
  const blocks = parts.flatMap((part) => {
    const block = packed(part).lz4_raw ?? Buffer.alloc(0)
    const lengths = Buffer.alloc(8)
    lengths.writeUInt32BE(part.length, 0)
    lengths.writeUInt32BE(block.length, 4)
    return [lengths, block]
  })
  const bytes = Buffer.concat(parts)
  const all = Buffer.concat(blocks)
  const unpack = (packed: Uint8Array, length: number): Uint8Array | null =>
    native().unpackLz4Blocks(packed, length, true)
  t.true(bytes.equals(unpack(all, bytes.length) ?? Buffer.alloc(0)))
  t.is(unpack(all.subarray(0, -1), bytes.length), null)
  t.is(unpack(all, bytes.length - 1), null)
  t.true(Buffer.from(TEXT).equals(unpack(packed(Buffer.from(TEXT)).lz4_raw ?? all, TEXT.length) ?? all))
})

// Of RFC 8878: a magic number, a descriptor (one segment, a checksum), the length, one raw block, and
// the low half of XXH64, which is d24ec4f1a98c6e5b of "a".
const FRAME_OF_A = '28b52ffd' + '24' + '01' + '090000' + '61' + '5b6e8ca9'
const SKIPPED_FRAME = '502a4d18' + '03000000' + 'ffffff'

test('frames of zstd follow each other, some are skipped, and a wrong checksum is an error', (t) => {
  const unpack = (hex: string, length: number): string | null => {
    const bytes = native().unpackZstd(Buffer.from(hex, 'hex'), length)
    return bytes && Buffer.from(bytes).toString()
  }
  t.is(unpack(FRAME_OF_A, 1), 'a')
  t.is(unpack(SKIPPED_FRAME + FRAME_OF_A + SKIPPED_FRAME + FRAME_OF_A, 2), 'aa')
  t.is(unpack(FRAME_OF_A.replace('5b6e', '5b6f'), 1), null)
  t.is(unpack(SKIPPED_FRAME.slice(0, -2), 0), null)
  t.is(unpack(`${FRAME_OF_A}00`, 1), null)
  t.is(unpack('', 1), null)
  t.is(unpack('', 0), '')
})
