// What Jest runs before a test file: assertions.ts hands its tests to Jest.

import type { DeclareTest } from './assertions.js'

declare const test: (title: string, run: () => Promise<void>, timeout: number) => void

const declareTest: DeclareTest = (title, _isSerial, run) => {
  test(title, run, 600_000)
}
Object.assign(globalThis, { declareTest })
// Node 20 has them in its own realm only, and Jest gives them to its Node environment.
for (const name of ['dispose', 'asyncDispose'] as const) {
  if (!(name in Symbol)) Object.defineProperty(Symbol, name, { value: Symbol.for(`nodejs.${name}`) })
}
