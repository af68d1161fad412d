// Numbers and names that TypeScript and the native module must agree on, each in two places for a
// reason that its file gives.

import test from 'ava'

import type * as layoutModule from '../build/modules/hub/layout.js'
import { load } from './modules.js'

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

const { native } = load('native/load') as { native: () => { constants: () => Constants } }

test('the numbers that small calls pass mean the same to the native module', (t) => {
  const ours = load('native/interface') as Interface
  const theirs = native().constants()
  t.is(theirs.maxTexts, ours.MAX_TEXTS)
  t.is(theirs.noLimit, ours.NO_LIMIT)
  t.deepEqual(theirs.jobModes, ours.JOB_MODE)
  t.deepEqual(theirs.dtypes, ours.NATIVE_DTYPE)
  t.deepEqual(theirs.metrics, ours.NATIVE_METRIC)
  t.deepEqual(theirs.headOutputs, ours.NATIVE_HEAD_OUTPUT)
})

test('a download looks for the files of the same layouts, in the same order, and of the same heads, as a load', (t) => {
  const { HEAD_FILE, LAYOUTS, LEGACY_HEAD_FILE } = load('hub/layout') as typeof layoutModule
  t.deepEqual(native().constants().headFiles, [HEAD_FILE, LEGACY_HEAD_FILE])
  t.deepEqual(native().constants().layouts, LAYOUTS)
})
