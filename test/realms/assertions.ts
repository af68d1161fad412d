// What test files import in place of ava in another realm: the few of ava's assertions that they
// use. ava itself can't be there, as it asks `instanceof RegExp` of what it is given, and as Jest
// runs Jest's tests only.

import assert from 'node:assert'

/** Hands a test to the runner: ava's or Jest's. */
export type DeclareTest = (title: string, isSerial: boolean, run: () => Promise<void>) => void
declare const declareTest: DeclareTest

interface Expectations {
  readonly code?: unknown
  readonly message?: RegExp | string
  readonly instanceOf?: new (...args: never[]) => unknown
  readonly is?: unknown
  readonly any?: boolean
}

/** Fails unless `thrown` is an error of this realm as expected. */
function checkThrown(thrown: unknown, expected: Expectations, note?: string): unknown {
  if (expected.any !== true) assert.ok(thrown instanceof Error, note ?? `no Error of this realm: ${String(thrown)}`)
  const { code, message } = thrown as { code?: unknown; message?: string }
  if ('code' in expected) assert.strictEqual(code, expected.code, `${note ?? ''} ${String(message)}`)
  if ('is' in expected) assert.strictEqual(thrown, expected.is, note)
  if (expected.instanceOf !== undefined) assert.ok(thrown instanceof expected.instanceOf, note)
  if (expected.message instanceof RegExp) assert.match(String(message), expected.message, note)
  else if (expected.message !== undefined) assert.strictEqual(message, expected.message, note)
  return thrown
}

const assertions = {
  is: (actual: unknown, expected: unknown, note?: string) => {
    assert.strictEqual(actual, expected, note)
  },
  true: (actual: unknown, note?: string) => {
    assert.strictEqual(actual, true, note)
  },
  false: (actual: unknown, note?: string) => {
    assert.strictEqual(actual, false, note)
  },
  deepEqual: (actual: unknown, expected: unknown, note?: string) => {
    assert.deepStrictEqual(actual, expected, note)
  },
  regex: (actual: string, expected: RegExp, note?: string) => {
    assert.match(actual, expected, note)
  },
  notRegex: (actual: string, expected: RegExp, note?: string) => {
    assert.doesNotMatch(actual, expected, note)
  },
  throws: (run: () => unknown, expected: Expectations = {}, note?: string) => {
    let thrown: unknown
    try {
      run()
    } catch (error) {
      thrown = error
      return checkThrown(thrown, expected, note)
    }
    return assert.fail(note ?? 'nothing was thrown')
  },
  throwsAsync: async (promise: Promise<unknown>, expected: Expectations = {}, note?: string) => {
    // An error of the realm's own: a promise of another realm rejects with it all the same.
    const outcome = await promise.then(
      () => null,
      (thrown: unknown) => ({ thrown }),
    )
    if (outcome === null) assert.fail(note ?? 'the promise was not rejected')
    return checkThrown(outcome.thrown, expected, note)
  },
}

type Run = (t: typeof assertions) => unknown
const declare = (title: string, isSerial: boolean, run: Run): void => {
  declareTest(title, isSerial, async () => {
    await run(assertions)
  })
}
const test = (title: string, run: Run): void => {
  declare(title, false, run)
}
test.serial = (title: string, run: Run): void => {
  declare(title, true, run)
}
export default test
