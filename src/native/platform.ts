// This platform's name in package and file names, as @napi-rs/cli writes it.

import { readFileSync } from 'node:fs'

import { process } from '../runtime/node-globals.js'

function readLddScript(): string {
  try {
    // Node reads text in UTF-8 by one native call, Latin-1 by half a millisecond of JavaScript.
    return readFileSync('/usr/bin/ldd', 'utf8')
  } catch {
    return ''
  }
}

/** The `ldd` script names its library; the process report is exact but can take a network look-up. */
function linuxLibc(): 'glibc' | 'musl' {
  const ldd = readLddScript()
  if (ldd.includes('musl')) return 'musl'
  if (ldd.includes('GNU C Library') || ldd.includes('GLIBC')) return 'glibc'
  const { report } = process as { report?: NodeJS.ProcessReport & { excludeNetwork?: boolean } }
  if (report === undefined) return 'glibc'
  const before = report.excludeNetwork
  report.excludeNetwork = true
  try {
    const { header } = report.getReport() as { header?: { glibcVersionRuntime?: string } }
    return header?.glibcVersionRuntime === undefined ? 'musl' : 'glibc'
  } catch {
    return 'glibc'
  } finally {
    if (before !== undefined) report.excludeNetwork = before
  }
}

/** The C library that the process is linked with; null where a platform has only one. */
export function libc(): 'glibc' | 'musl' | null {
  return process.platform === 'linux' ? linuxLibc() : null
}

/** `linux-x64-gnu`, `darwin-arm64`, `win32-x64-msvc`, … */
export function platformName(): string {
  const base = `${process.platform}-${process.arch}`
  if (process.platform === 'linux') return `${base}-${libc() === 'musl' ? 'musl' : 'gnu'}`
  return process.platform === 'win32' ? `${base}-msvc` : base
}
