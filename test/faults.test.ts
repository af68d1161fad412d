// A bug in the engine is an error, not the end: ERR_INTERNAL, and later calls work. And every
// instruction set gives the same bits.

import { execFile } from 'node:child_process'
import path from 'node:path'
import { promisify } from 'node:util'

import test from 'ava'
import { Model2VecEmbeddingFunction } from 'model2vec-node'

import { corpus, crc, SMALL } from './test-data.js'

async function child(script: string, args: string[], environment: NodeJS.ProcessEnv): Promise<unknown> {
  const file = path.join(__dirname, 'children', script)
  const { stdout } = await promisify(execFile)(process.execPath, [file, ...args], {
    env: { ...process.env, ...environment },
  })
  return JSON.parse(stdout)
}

/**
 * Whether the native module has the Cargo feature `fault-injection`: `npm run test:native` builds
 * such a one, and runs these tests with it.
 */
const INJECTS_FAULTS = process.env.MODEL2VEC_TEST_FAULTS === '1'

const METHODS = ['encode', 'encodeSync', 'encodeDocuments', 'tokenize', 'encodeAsSequence', 'encodeAsSequenceSync']

if (INJECTS_FAULTS) {
  for (const method of METHODS) {
    for (const count of [3, 5000]) {
      test(`a panic in ${method} of ${count} texts is ERR_INTERNAL, and the next call works`, async (t) => {
        const outcomes = await child('panic.js', [SMALL, method, String(count)], { M2V_FAULT: 'panic' })
        t.deepEqual(outcomes, ['ERR_INTERNAL', count])
      })
    }
  }

  for (const form of ['new', 'load']) {
    test(`a panic in the loader is ERR_INTERNAL, and the next load works: ${form}`, async (t) => {
      t.deepEqual(await child('panic-load.js', [SMALL, form], { M2V_FAULT: 'panic-load' }), ['ERR_INTERNAL', 32])
    })
  }
} else {
  test('a native module without the Cargo feature for tests injects no faults', async (t) => {
    t.deepEqual(await child('panic.js', [SMALL, 'encode', '3'], { M2V_FAULT: 'panic' }), [3, 3])
    t.deepEqual(await child('panic-load.js', [SMALL, 'load'], { M2V_FAULT: 'panic-load' }), [32, 32])
  })
}

for (const kernel of ['scalar', 'avx2', 'avx512', 'neon']) {
  test(`the kernels of ${kernel} give the bits of those that are chosen, or the CPU lacks them`, async (t) => {
    const ef = new Model2VecEmbeddingFunction(SMALL)
    const expected = Array.from(await ef.encode(corpus('edge')), crc)
    const forced = (await child('digests.js', [SMALL], { M2V_ISA: kernel })) as { kernel: string; crc32: number[] }
    if (forced.kernel !== kernel) t.log(`this CPU lacks ${kernel}: ${forced.kernel} was used`)
    t.true([kernel, ef.info.kernel].includes(forced.kernel))
    if (kernel === 'scalar' || kernel === process.env.M2V_REQUIRE_ISA) t.is(forced.kernel, kernel)
    t.deepEqual(forced.crc32, expected)
  })
}
