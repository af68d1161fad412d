// Reads what a Mach-O library says of itself: which libraries it is linked with, the oldest macOS it runs on, whether it is signed.
// Debian has no tool for that.

import { readFileSync } from 'node:fs'

const MAGIC_64 = 0xfeedfacf
const ARM64 = 0x0100000c
const DYLIB = 6
const LC_LOAD_DYLIB = 0xc
const LC_LOAD_WEAK_DYLIB = 0x80000018
const LC_CODE_SIGNATURE = 0x1d
const LC_BUILD_VERSION = 0x32
const HEADER_BYTES = 32

/** Throws when the file is not a signed library for ARM64: macOS runs no other. */
export function readMachO(file) {
  const bytes = readFileSync(file)
  const word = (at) => bytes.readUInt32LE(at)
  if (word(0) !== MAGIC_64 || word(4) !== ARM64 || ![DYLIB, 8].includes(word(12))) {
    throw new Error(`${file} is not a Mach-O library for ARM64`)
  }
  const libraries = []
  let macos
  let signed = false
  let at = HEADER_BYTES
  for (let commands = word(16); commands > 0; commands--) {
    const kind = word(at)
    const size = word(at + 4)
    if (kind === LC_LOAD_DYLIB || kind === LC_LOAD_WEAK_DYLIB) {
      const name = bytes.toString('latin1', at + word(at + 8), at + size)
      libraries.push(name.slice(0, name.indexOf('\0')))
    } else if (kind === LC_BUILD_VERSION) {
      macos = `${word(at + 12) >>> 16}.${(word(at + 12) >>> 8) & 0xff}`
    } else if (kind === LC_CODE_SIGNATURE) {
      signed = true
    }
    at += size
  }
  if (!signed) throw new Error(`${file} is not signed: macOS on ARM64 refuses it`)
  if (macos === undefined) throw new Error(`${file} does not say which macOS it is for`)
  return { libraries, macos, signed }
}
