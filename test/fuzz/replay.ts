// A process that runs a target over files: `node replay.js TARGET FILE…`. It prints a line before each
// file and one after it, as whoever started it has to know which one doesn't end.

import { readFileSync } from 'node:fs'
import path from 'node:path'

import { load } from '../modules.js'

interface Target {
  readonly fuzz: (data: Buffer) => Promise<void>
}

async function main([name = '', ...files]: readonly string[]): Promise<void> {
  const { fuzz } = load(`../test/fuzz/targets/${name}`) as Target
  // What a target sets up at its first input is none of that input's.
  await fuzz(Buffer.alloc(0)).catch(() => undefined)
  for (const file of files) {
    console.log(JSON.stringify({ starts: path.basename(file) }))
    const fault = await fuzz(readFileSync(file)).then(
      () => null,
      (error: unknown) => textOf(error),
    )
    console.log(JSON.stringify({ fault }))
  }
}

function textOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  return error.cause === undefined ? String(error.stack) : `${error.message}: ${textOf(error.cause)}`
}

void main(process.argv.slice(2))
