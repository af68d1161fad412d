// Reads what a Mach-O library says of itself: which libraries it is linked with, the oldest macOS it runs on, and whether its signature is
// that of its bytes, as macOS checks before it runs any of them. Debian has no tool for that.

import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'

const MAGIC_64 = 0xfeedfacf
const ARM64 = 0x0100000c
const DYLIB = 6
const LC_LOAD_DYLIB = 0xc
const LC_LOAD_WEAK_DYLIB = 0x80000018
const LC_CODE_SIGNATURE = 0x1d
const LC_BUILD_VERSION = 0x32
const HEADER_BYTES = 32
/** The signature's parts: these numbers, and all in it, have their highest byte first. */
const SIGNATURE = 0xfade0cc0
const CODE_DIRECTORY = 0xfade0c02
const SHA_256 = 2

/** Throws when the file is not a rightly signed library for ARM64: macOS runs no other. */
export function readMachO(file) {
  const bytes = readFileSync(file)
  const word = (at) => bytes.readUInt32LE(at)
  if (word(0) !== MAGIC_64 || word(4) !== ARM64 || ![DYLIB, 8].includes(word(12))) {
    throw new Error(`${file} is not a Mach-O library for ARM64`)
  }
  // What Node looks for in a native module.
  if (!bytes.includes('_napi_register_module_v1\0')) throw new Error(`${file} is no native module for Node`)
  const libraries = []
  let macos
  let signedPages = 0
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
      signedPages = checkSignature(file, bytes, word(at + 8))
    }
    at += size
  }
  if (signedPages === 0) throw new Error(`${file} is not signed: macOS on ARM64 refuses it`)
  if (macos === undefined) throw new Error(`${file} does not say which macOS it is for`)
  return { libraries, macos, signedPages }
}

/** Compares the hash of every page with the one in the signature at `start`. Returns how many there are. */
function checkSignature(file, bytes, start) {
  const word = (at) => bytes.readUInt32BE(at)
  if (word(start) !== SIGNATURE) throw new Error(`${file} has something else where its signature should be`)
  const parts = Array.from({ length: word(start + 8) }, (_, i) => start + word(start + 16 + 8 * i))
  const directory = parts.find((at) => word(at) === CODE_DIRECTORY)
  if (directory === undefined || bytes[directory + 37] !== SHA_256) throw new Error(`${file} is not signed by SHA-256`)
  const [hashes, pages, end] = [word(directory + 16), word(directory + 28), word(directory + 32)]
  const [hashBytes, pageBytes] = [bytes[directory + 36], 2 ** bytes[directory + 39]]
  if (end !== start || pages !== Math.ceil(end / pageBytes))
    throw new Error(`${file} is not signed up to its signature`)
  for (let page = 0; page < pages; page++) {
    const content = bytes.subarray(page * pageBytes, Math.min((page + 1) * pageBytes, end))
    const at = directory + hashes + page * hashBytes
    const expected = bytes.subarray(at, at + hashBytes)
    if (!createHash('sha256').update(content).digest().equals(expected)) {
      throw new Error(`${file}, page ${page}: its bytes are not the signed ones`)
    }
  }
  return pages
}
