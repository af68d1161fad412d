// Several calls that fail for the same reason: each gets its own error, with its own `index` and
// stack. The `cause` of all is one error, which says where the model was closed or why the download
// failed. Also: a call that can't succeed because of its options fails at once.

import test from 'ava'
import { isModel2VecError, Model2VecEmbeddingFunction } from 'model2vec-node'

import { manyTexts, SMALL } from './test-data.js'

const texts = manyTexts(100)

async function failureOf(call: () => Promise<unknown>): Promise<Error> {
  try {
    await call()
  } catch (error) {
    if (error instanceof Error) return error
  }
  throw new Error('expected the call to fail with an Error')
}

test('a batch that fails because the model was closed has its own index, which no later error changes', async (t) => {
  const ef = new Model2VecEmbeddingFunction(SMALL)
  const stream = ef.encodeStream(texts, { batchSize: 10 })
  const given: number[] = []
  const error = await failureOf(async () => {
    for await (const { index } of stream) {
      given.push(index)
      if (index === 10) ef.close()
    }
  })
  // Batches that were encoded ahead when the model was closed are still given out; the one after
  // them fails.
  t.deepEqual(
    given,
    given.map((_, batch) => 10 * batch),
  )
  t.like(error, { code: 'ERR_CLOSED', index: 10 * given.length })
  const later = await failureOf(() => ef.encode('a'))
  t.like(later, { code: 'ERR_CLOSED', index: undefined })
  t.like(error, { index: 10 * given.length })
})

test('each call on a closed model throws a new error whose cause says where the model was closed', async (t) => {
  const ef = new Model2VecEmbeddingFunction(SMALL)
  const closeIt = (): void => {
    ef.close()
  }
  closeIt()
  const firstCall = (): Promise<Error> => failureOf(() => ef.encode(texts))
  const secondCall = (): Promise<Error> => failureOf(() => ef.encodeDocuments(texts))
  const [first, second] = [await firstCall(), await secondCall()]
  t.not(first, second)
  t.is(first.cause, second.cause)
  t.regex(first.stack ?? '', /firstCall/)
  t.regex(second.stack ?? '', /secondCall/)
  t.regex((first.cause as Error).stack ?? '', /closeIt/)
  const sync = t.throws(() => ef.encodeSync('a'), { code: 'ERR_CLOSED' })
  t.is(sync.cause, first.cause)
})

test('calls that wait for a download that fails each get their own error', async (t) => {
  const pending = new Model2VecEmbeddingFunction('an-organization/a-model', {
    cacheDir: 'build/no-such-cache',
    endpoint: 'http://127.0.0.1:9',
    fetch: () => Promise.resolve(new Response('no such model', { status: 404 })),
  })
  const oneCaller = (): Promise<Error> => failureOf(() => pending.encode('a'))
  const otherCaller = (): Promise<Error> => failureOf(() => pending.encodeQueries(['a']))
  const [one, other] = await Promise.all([oneCaller(), otherCaller()])
  t.not(one, other)
  t.true(isModel2VecError(one) && isModel2VecError(other))
  t.is(one.message, other.message)
  t.like(one, { code: 'ERR_MODEL_NOT_FOUND' })
  t.true(one.cause instanceof Error && one.cause === other.cause)
  t.regex(one.stack ?? '', /Function\.encode /)
  t.regex(other.stack ?? '', /Function\.encodeQueries /)
})

test('options that the model cannot honor make the call of a stream method throw, not its first batch', (t) => {
  const ef = new Model2VecEmbeddingFunction(SMALL)
  const pending = new Model2VecEmbeddingFunction('an-organization/a-model', { cacheDir: 'build/no-such-cache' })
  for (const method of ['encodeStream', 'transform'] as const) {
    const call = (on: Model2VecEmbeddingFunction, options: object): unknown =>
      method === 'transform' ? on.transform(options) : on.encodeStream(texts, options)
    t.throws(() => call(ef, { dtype: 'int8', normalize: false }), { code: 'ERR_INVALID_OPTION', message: /int8/ })
    t.throws(() => call(ef, { dimensionality: 9999 }), { code: 'ERR_INVALID_OPTION', message: /dimensionality/ })
    t.throws(() => call(pending, { dtype: 'int8', normalize: false }), { code: 'ERR_INVALID_OPTION', message: /int8/ })
    t.notThrows(() => call(pending, { dtype: 'int8' }))
  }
})
