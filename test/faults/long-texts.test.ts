// A call with a text of many megabytes ends within the text: by its signal, and with its worker
// thread. Units of a text: MODEL2VEC_LONG_TEXT (default: 30 million); V8's longest is 536 million.

import { execFile } from 'node:child_process'
import path from 'node:path'
import { promisify } from 'node:util'

import test from 'ava'

import type { LongTextStopped } from '../children/long-text.js'
import { modelPath } from '../test-data.js'

const units = process.env.MODEL2VEC_LONG_TEXT ?? '30000000'

/** Of each kind of pipeline. */
const MODELS = ['m8k-f32', 'ug-e5enpt-v10', 'bpe-gpt2-raw']

for (const model of MODELS) {
  for (const way of ['abort', 'terminate']) {
    test(`a long text is left soon after ${way}: ${model}`, async (t) => {
      const script = path.join(__dirname, '..', 'children', 'long-text.js')
      const { stdout } = await promisify(execFile)(process.execPath, [script, modelPath(model), units, way])
      const { whole, after, waited } = JSON.parse(stdout) as LongTextStopped
      t.log(`${waited.toFixed(1)} ms; processor time ${after.toFixed(0)} ms after it, ${whole.toFixed(0)} for the text`)
      // Nine tenths of the text were left. Processor time, as other processes take none of it.
      t.true(after < whole / 3, `${after} ms of ${whole}`)
    })
  }
}
