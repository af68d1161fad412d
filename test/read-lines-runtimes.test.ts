// `readLines` in every runtime that the package is for: Node 20, 22, 24 and 26, Bun and Deno.

import { execFileSync } from 'node:child_process'
import { mkdtempSync, writeFileSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { gzipSync } from 'node:zlib'

import test from 'ava'

import { installTools } from './consumers/tools.js'

const runtimes = os.platform() === 'linux' && os.arch() === 'x64' ? installTools('runtimes') : null

const RUNTIMES = [
  ...['20', '22', '24', '26'].map((line) => ({ name: `Node ${line}`, program: `node-${line}/bin/node`, args: [] })),
  { name: 'Bun', program: '@oven/bun-linux-x64/bin/bun', args: [] },
  { name: 'Deno', program: '.bin/deno', args: ['run', '-A'] },
]

const LINES = ['{"text":"one\u2028two"}', '{"text":"three\u2029four"}', '', '漢字 😀 \u0085']
const directory = mkdtempSync(path.join(os.tmpdir(), 'model2vec-runtimes-'))
const content = Buffer.from(`\ufeff${LINES.join('\r\n')}\n`)
const [plain, packed, bad] = ['lines.txt', 'lines.gz', 'bad.txt'].map((name) => path.join(directory, name)) as [
  string,
  string,
  string,
]
writeFileSync(plain, content)
writeFileSync(packed, gzipSync(content))
writeFileSync(bad, Buffer.from('a\ncaf\xe9\n', 'latin1'))
const script = path.join(directory, 'lines.cjs')
writeFileSync(
  script,
  `const { createReadStream } = require('node:fs')
  const zlib = require('node:zlib')
  const { readLines } = require(${JSON.stringify(path.resolve('build/modules/lines/read-lines.js'))})
  const all = async (source) => { const lines = []; for await (const line of readLines(source)) lines.push(line); return lines }
  const error = async (source) => all(source).then(() => null, ({ code, message }) => [code, message])
  const [plain, packed, bad] = ${JSON.stringify([plain, packed, bad])}
  const run = async () => {
    const bytes = require('node:fs').readFileSync(plain)
    const pieces = new ReadableStream({
      start(controller) { for (const byte of bytes) controller.enqueue(Uint8Array.of(byte)); controller.close() },
    })
    // The start of a frame says what it is.
    const zst = Uint8Array.from([0x28, 0xb5, 0x2f, 0xfd, 0x04, 0x00, 0x09, 0x00, 0x00, 0x61, 0x99, 0xe9, 0xd8, 0x51])
    const hasZstd = typeof zlib.zstdCompressSync === 'function'
    // Several frames of several blocks, and between them what is to be skipped.
    const numbers = Array.from({ length: 100_000 }, (_, i) => 'line ' + i * 7919)
    const frame = hasZstd ? zlib.zstdCompressSync(numbers.join('\\n') + '\\n') : zst
    const skippable = Uint8Array.from([0x53, 0x2a, 0x4d, 0x18, 3, 0, 0, 0, 1, 2, 3])
    const several = hasZstd ? await all(new Blob([skippable, frame, skippable, frame]).stream()) : []
    // Members of gzip with zeros between and after them, at the bounds of chunks and within.
    const member = zlib.gzipSync(numbers.join('\\n') + '\\n')
    const members = Buffer.concat([member, Buffer.alloc(1), member, Buffer.alloc(70_000), member, member, Buffer.alloc(3)])
    const inPieces = async function* (length) { for (let i = 0; i < members.length; i += length) yield members.subarray(i, i + length) }
    const padded = await Promise.all([1000, 65_536, member.length, members.length].map((length) => all(inPieces(length))))
    console.log(JSON.stringify({
      padded: padded.map((lines) => lines.length === 400_000 && lines.every((line, i) => line === numbers[i % 100_000])),
      sources: await Promise.all([plain, packed, createReadStream(packed), pieces].map(all)),
      bad: await error(bad),
      hasZstd,
      several: several.length === 200_000 && several.every((line, i) => line === numbers[i % 100_000]),
      cut: hasZstd ? await Promise.all([1, 3, 2000, frame.length - 10].map((length) => error(new Blob([frame.subarray(0, -length)]).stream()))) : [],
      zstd: hasZstd
        ? await all(new Blob([zlib.zstdCompressSync(bytes)]).stream())
        : await error(new Blob([zst]).stream()),
    }))
  }
  run()`,
)

for (const { name, program, args } of RUNTIMES) {
  const run = runtimes === null ? test.skip : test
  run(`${name} reads the same lines`, (t) => {
    const file = path.join(runtimes ?? '', program)
    const found = JSON.parse(execFileSync(file, [...args, script], { encoding: 'utf8' })) as {
      padded: boolean[]
      sources: string[][]
      bad: unknown
      hasZstd: boolean
      several: boolean
      cut: unknown[]
      zstd: unknown
    }
    t.deepEqual(found.padded, [true, true, true, true])
    for (const lines of found.sources) t.deepEqual(lines, LINES)
    t.deepEqual(found.bad, ['ERR_INVALID_TEXT', `${bad}:2: expected UTF-8, but got other bytes`])
    if (found.hasZstd) {
      t.deepEqual(found.zstd, LINES)
      t.true(found.several, 'frames')
      const cut = ['ERR_INVALID_TEXT', "<stream>: can't be unpacked: unexpected end of file"]
      t.deepEqual(found.cut, [cut, cut, cut, cut])
    } else t.is((found.zstd as string[])[0], 'ERR_NOT_INSTALLED')
    t.log(found.hasZstd ? 'zstd too' : 'no zstd')
  })
}
