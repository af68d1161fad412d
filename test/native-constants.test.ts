// Numbers and names that TypeScript and the native module must agree on, each in two places for a
// reason that its file gives.

import { createRequire } from 'node:module'
import path from 'node:path'

import test from 'ava'

import type * as layoutModule from '../dist/hub/layout.js'

const requireFile = createRequire(path.resolve('package.json'))

interface Interface {
  readonly MAX_TEXTS: number
  readonly NO_LIMIT: number
  readonly JOB_MODE: unknown
  readonly NATIVE_DTYPE: unknown
  readonly NATIVE_METRIC: unknown
  readonly NATIVE_HEAD_OUTPUT: unknown
}

interface Constants {
  readonly maxTexts: number
  readonly noLimit: number
  readonly jobModes: unknown
  readonly dtypes: unknown
  readonly metrics: unknown
  readonly headOutputs: unknown
  readonly headFiles: unknown
  readonly layouts: unknown
}

const { native } = requireFile('./dist/native/load.js') as { native: () => { constants: () => Constants } }

test('the numbers that small calls pass mean the same to the native module', (t) => {
  const ours = requireFile('./dist/native/interface.js') as Interface
  const theirs = native().constants()
  t.is(theirs.maxTexts, ours.MAX_TEXTS)
  t.is(theirs.noLimit, ours.NO_LIMIT)
  t.deepEqual(theirs.jobModes, ours.JOB_MODE)
  t.deepEqual(theirs.dtypes, ours.NATIVE_DTYPE)
  t.deepEqual(theirs.metrics, ours.NATIVE_METRIC)
  t.deepEqual(theirs.headOutputs, ours.NATIVE_HEAD_OUTPUT)
})

test('a download looks for the files of the same layouts, in the same order, and of the same heads, as a load', (t) => {
  const { HEAD_FILE, LAYOUTS, LEGACY_HEAD_FILE } = requireFile('./dist/hub/layout.js') as typeof layoutModule
  t.deepEqual(native().constants().headFiles, [HEAD_FILE, LEGACY_HEAD_FILE])
  t.deepEqual(native().constants().layouts, LAYOUTS)
})
