// What the encode methods take and give.

import v8 from 'node:v8'
import vm from 'node:vm'

import test from 'ava'
import { EmbeddingMatrix, Model2VecEmbeddingFunction } from 'model2vec-node'

import { corpus, crc, manyTexts, modelPath, POTION, reference, ROOTS, SMALL } from './test-data.js'

const ef = new Model2VecEmbeddingFunction(SMALL)

test("pymilvus's documented example gives its numbers", async (t) => {
  const potion = new Model2VecEmbeddingFunction(POTION)
  const documents = [
    'Artificial intelligence was founded as an academic discipline in 1956.',
    'Alan Turing was the first person to conduct substantial research in AI.',
    'Born in Maida Vale, London, Turing was raised in southern England.',
  ]
  const vectors = await potion.encodeDocuments(documents)
  const expected = [0.02220882, 0.11436888, -0.15094341, 0.08149259, 0.20425692, -0.15727402]
  // Python prints eight digits.
  t.deepEqual(
    Array.from(vectors[0]?.subarray(0, 6) ?? [], (value) => Number(value.toFixed(8))),
    expected,
  )
  t.is(potion.dim, 256)
  t.deepEqual(
    vectors.map((vector) => vector.length),
    [256, 256, 256],
  )
})

test('the default source is potion-base-8M', async (t) => {
  for (const each of [new Model2VecEmbeddingFunction(), await Model2VecEmbeddingFunction.load()]) {
    t.is(each.info.modelSource, 'minishlab/potion-base-8M')
    t.is(each.dim, 256)
  }
})

test('encode gives one row a text, in order, in one buffer', async (t) => {
  const matrix = await ef.encode(['a dog', 'a cat', 'a dog'])
  t.true(matrix instanceof EmbeddingMatrix)
  t.is(matrix.rows, 3)
  t.is(matrix.dim, ef.dim)
  t.is(matrix.dtype, 'float32')
  t.is(matrix.data.length, 3 * ef.dim)
  t.deepEqual(matrix.row(0), matrix.row(2))
  t.notDeepEqual(matrix.row(0), matrix.row(1))
  t.is(matrix.row(1).buffer, matrix.data.buffer)
  t.deepEqual([...matrix], [matrix.row(0), matrix.row(1), matrix.row(2)])
  t.deepEqual(
    matrix.toArray(),
    [...matrix].map((row) => Array.from(row)),
  )
  t.deepEqual(matrix.bytes(1), Buffer.from(Float32Array.from(matrix.row(1)).buffer))
})

test('a row outside the matrix is refused', async (t) => {
  const matrix = await ef.encode(['a'])
  for (const index of [-1, 1, 0.5, NaN]) {
    t.throws(() => matrix.row(index), { code: 'ERR_INVALID_OPTION' })
    t.throws(() => matrix.bytes(index), { code: 'ERR_INVALID_OPTION' })
  }
})

test('a single text is one row', async (t) => {
  const expected = await ef.encode(['a dog'])
  t.deepEqual((await ef.encode('a dog')).data, expected.data)
  t.deepEqual(ef.encodeSync('a dog').data, expected.data)
})

test('no texts give no rows', async (t) => {
  t.is((await ef.encode([])).rows, 0)
  t.is(ef.encodeSync([]).data.length, 0)
  t.deepEqual(await ef.encodeDocuments([]), [])
  t.deepEqual(ef.encodeQueriesSync([]), [])
  t.deepEqual(ef.tokenize([]), [])
  t.deepEqual(await ef.encodeAsSequence([]), [])
})

test('texts without a known token give zeros', async (t) => {
  const texts = ['', '   ', '\n\t', '\u{10ffff}\u{10fffe}']
  const matrix = await ef.encode(texts)
  t.deepEqual(matrix.data, new Float32Array(texts.length * ef.dim))
  t.deepEqual(matrix.tokens, new Uint32Array(texts.length))
  t.deepEqual((await ef.encode(texts, { normalize: true })).data, new Float32Array(texts.length * ef.dim))
})

test('documents and queries give the rows of encode, async and sync', async (t) => {
  const texts = corpus('docs_en_300')
  const rows = [...(await ef.encode(texts))]
  t.deepEqual(await ef.encodeDocuments(texts), rows)
  t.deepEqual(await ef.encodeQueries(texts), rows)
  t.deepEqual(ef.encodeDocumentsSync(texts), rows)
  t.deepEqual(ef.encodeQueriesSync(texts), rows)
})

test('a lone surrogate is U+FFFD', async (t) => {
  const lone = await ef.encode(['a\ud800b', 'a\udc00b', '\ud800', 'a\udc00'])
  const replaced = await ef.encode(['a\ufffdb', 'a\ufffdb', '\ufffd', 'a\ufffd'])
  t.deepEqual(lone.data, replaced.data)
})

test('tokens counts the pooled ids, truncated the texts that were cut', async (t) => {
  const texts = ['one two three four five', 'one', 'one two three four']
  const matrix = await ef.encode(texts, { maxLength: 3 })
  t.deepEqual(
    Array.from(matrix.tokens),
    ef.tokenize(texts, { maxLength: 3 }).map((ids) => ids.length),
  )
  t.is(matrix.truncated, 2)
  t.is((await ef.encode(texts, { maxLength: null })).truncated, 0)
})

test('maxLength 0 gives zeros, as in Python', async (t) => {
  const matrix = await ef.encode(['one two'], { maxLength: 0 })
  t.deepEqual(matrix.data, new Float32Array(ef.dim))
  t.is((await ef.encode(['one two'], { maxLength: Number.MAX_SAFE_INTEGER })).tokens[0], 2)
})

test('the options of the load hold for calls that give none', async (t) => {
  const texts = corpus('docs_en_300')
  const set = new Model2VecEmbeddingFunction(SMALL, { maxLength: 16, normalize: false })
  t.is(set.info.maxLength, 16)
  t.is(set.info.normalize, false)
  t.deepEqual((await set.encode(texts)).data, (await ef.encode(texts, { maxLength: 16, normalize: false })).data)
  t.deepEqual((await set.encode(texts, { maxLength: 512, normalize: true })).data, (await ef.encode(texts)).data)
  const none = new Model2VecEmbeddingFunction(SMALL, { maxLength: null })
  t.is(none.info.maxLength, null)
  t.deepEqual((await none.encode(texts)).data, (await ef.encode(texts, { maxLength: null })).data)
})

test('an option that is undefined is not given', async (t) => {
  const given = { maxLength: undefined, normalize: undefined, dtype: undefined, out: undefined, signal: undefined }
  t.deepEqual((await ef.encode(['a dog'], given)).data, (await ef.encode(['a dog'])).data)
})

test('options of a prototype and of a class count, and each is read once', async (t) => {
  const expected = await ef.encode('one two three', { maxLength: 1 })
  let reads = 0
  class Options {
    get maxLength(): number {
      reads++
      return reads
    }
  }
  for (const options of [Object.create({ maxLength: 1 }) as object, new Options()]) {
    t.deepEqual((await ef.encode('one two three', options)).data, expected.data)
  }
  t.is(reads, 1)
  const loaded = await Model2VecEmbeddingFunction.load(SMALL, Object.create({ maxLength: 2 }) as object)
  t.is(loaded.info.maxLength, 2)
})

test('load reads each option once', async (t) => {
  let reads = 0
  const options = {
    get maxLength(): number {
      reads++
      return reads === 1 ? 2 : -1
    },
  }
  t.is((await Model2VecEmbeddingFunction.load(SMALL, options)).info.maxLength, 2)
  t.is(reads, 1)
})

test('load without its class says how it is called', async (t) => {
  const load = Reflect.get(Model2VecEmbeddingFunction, 'load') as () => Promise<unknown>
  await t.throwsAsync(load(), { code: 'ERR_INVALID_OPTION', message: /on the class/ })
})

test('a result keeps its length when out follows the length of its buffer', async (t) => {
  // Resizable buffers: Node 20 has them, the types of this language version don't.
  const resizable = ArrayBuffer as unknown as new (
    size: number,
    options: { maxByteLength: number },
  ) => ArrayBuffer & { resize(size: number): void }
  const buffer = new resizable(ef.dim * 4, { maxByteLength: 4096 })
  const results = [
    await ef.encode('a dog', { out: new Float32Array(buffer) }),
    ef.encodeSync(['a dog'], { out: new Float32Array(buffer) }),
    ...(await ef.encodeAsSequence('dog', { out: new Float32Array(buffer) })),
  ]
  buffer.resize(4096)
  for (const { data, rows } of results) {
    t.is(data.length, rows * ef.dim)
    t.is(data.buffer, buffer)
  }
})

test('out takes the vectors, and the result is a view on its first elements', async (t) => {
  const small = ['a dog', 'a cat']
  for (const texts of [small, corpus('docs_en_300')]) {
    const expected = (await ef.encode(texts)).data
    const size = texts.length * ef.dim
    const outs = [
      new Float32Array(size),
      new Float32Array(size + 5),
      new Float32Array(new ArrayBuffer(size * 4 + 80), 40, size + 1),
      new Float32Array(new SharedArrayBuffer(size * 4 + 8)),
      vm.runInNewContext(`new Float32Array(${size + 3})`) as Float32Array,
    ]
    for (const out of outs) {
      for (const encode of ['async', 'sync']) {
        out.fill(7)
        const { data } = encode === 'async' ? await ef.encode(texts, { out }) : ef.encodeSync(texts, { out })
        t.is(data.length, size)
        t.is(data.buffer, out.buffer)
        t.is(data.byteOffset, out.byteOffset)
        t.deepEqual(Float32Array.from(data), expected)
        t.deepEqual(Array.from(out.subarray(size)), new Array(out.length - size).fill(7))
      }
    }
  }
})

test('arrays of another realm, of a subclass, and proxies of arrays are arrays', async (t) => {
  const expected = (await ef.encode(['a dog', 'a cat'])).data
  class Strings extends Array<string> {}
  const lists = [
    vm.runInNewContext("['a dog', 'a cat']") as string[],
    Strings.of('a dog', 'a cat'),
    new Proxy(['a dog', 'a cat'], {}),
    Object.freeze(['a dog', 'a cat']),
  ]
  for (const texts of lists) t.deepEqual((await ef.encode(texts)).data, expected)
})

for (const method of ['encode', 'encodeSync', 'encodeDocuments', 'tokenize', 'encodeAsSequence'] as const) {
  for (const count of [2, 100, 1000]) {
    test(`${method} of ${count} texts reads each element once`, async (t) => {
      const texts = manyTexts(count)
      const reads = new Array<number>(count).fill(0)
      const counted = new Proxy(texts, {
        get: (target, key, receiver): unknown => {
          if (typeof key === 'string' && /^\d+$/.test(key)) reads[Number(key)] = (reads[Number(key)] ?? 0) + 1
          return Reflect.get(target, key, receiver)
        },
      })
      // Some are cut and some are not: a call must not look again which.
      texts[1] = 'dog'
      await ef[method](counted, { maxLength: 16 })
      t.deepEqual(reads, new Array<number>(count).fill(1))
    })
  }
}

test('tokenize gives the ids of Python, of a text and of an array', (t) => {
  const expected = reference(ROOTS[0] ?? t.fail(), 'm8k-f32')?.digests['edge.default']?.ids_crc32
  const texts = corpus('edge')
  t.deepEqual(ef.tokenize(texts).map(crc), expected)
  t.deepEqual(ef.tokenize('a dog'), ef.tokenize(['a dog']))
  t.true(ef.tokenize('a dog')[0] instanceof Uint32Array)
})

test('a small call of tokenize gives the ids of a large one', (t) => {
  const texts = corpus('docs_en').slice(0, 300)
  const ids = ef.tokenize(texts, { maxLength: 7 })
  t.deepEqual(
    texts.flatMap((text) => ef.tokenize(text, { maxLength: 7 })),
    ids,
  )
  t.deepEqual(ef.tokenize(texts.slice(0, 100), { maxLength: 7 }), ids.slice(0, 100))
})

test('a small call of tokenize with more ids than units gives them all', (t) => {
  const bytes = new Model2VecEmbeddingFunction(modelPath('bpe-roberta-v10'))
  const text = '\u{a4d0}\u{a4d1}\u{a4d2}'.repeat(4000)
  const [alone] = bytes.tokenize(text, { maxLength: null })
  const [among] = bytes.tokenize([text, ...corpus('docs_en').slice(0, 300)], { maxLength: null })
  t.true((alone?.length ?? 0) > 17_000)
  t.deepEqual(alone, among)
})

test('texts of any length, of one-byte and two-byte strings, are read whole', async (t) => {
  const potion = new Model2VecEmbeddingFunction(POTION)
  for (const words of [255, 256, 257, 510, 511, 512, 513, 1024]) {
    // One-byte and two-byte strings, of an even and of an odd number of units.
    for (const text of [Array(words).fill('a').join(' '), `${Array(words).fill('a').join(' ')} `, '日'.repeat(words)]) {
      for (const maxLength of [null, 10_000, words, words - 1]) {
        const expected = Math.min(words, maxLength ?? Infinity)
        const matrix = potion.encodeSync(text, { maxLength })
        t.is(matrix.tokens[0], expected)
        t.is(matrix.truncated, expected < words ? 1 : 0)
        t.is(potion.tokenize(text, { maxLength })[0]?.length, expected)
        t.deepEqual(
          await potion.encode(Array<string>(300).fill(text), { maxLength }).then((all) => all.row(299)),
          matrix.data,
        )
      }
    }
  }
})

test('results of single texts share nothing, and are what they were after many more', (t) => {
  const texts = corpus('docs_en').slice(0, 300)
  const all = ef.encodeSync(texts)
  const single = texts.map((text) => ef.encodeSync(text))
  for (const [i, matrix] of single.entries()) {
    t.deepEqual(matrix.data, all.row(i))
    t.is(matrix.tokens[0], all.tokens[i])
    t.is(matrix.data.buffer.byteLength, ef.dim * 4)
  }
  t.is(new Set(single.map((matrix) => matrix.data.buffer)).size, 300)
  t.is(new Set(single.map((matrix) => matrix.tokens.buffer)).size, 300)
})

test('a closed model keeps no arrays for results to come', (t) => {
  v8.setFlagsFromString('--expose-gc')
  const collect = vm.runInNewContext('gc') as () => void
  const arrayBytes = (): number => {
    // A collection waits for the memory that the one before it gives back on another thread.
    collect()
    collect()
    return process.memoryUsage().arrayBuffers
  }
  const potion = new Model2VecEmbeddingFunction(POTION)
  for (let i = 0; i < 128; i++) potion.encodeSync('a dog')
  // The 128th call has made 127 more than it took.
  const before = arrayBytes()
  potion.close()
  let freed = 0
  for (let i = 0; i < 20 && freed < 127 * 256 * 4; i++) freed = before - arrayBytes()
  t.true(freed >= 127 * 256 * 4, `${freed} bytes`)
  t.throws(() => potion.encodeSync('a dog'), { code: 'ERR_CLOSED' })
})

test('tokens is the vocabulary, embedding one row of the table', async (t) => {
  t.is(ef.tokens.length, ef.info.vocabSize)
  const [ids] = ef.tokenize('dog')
  t.is(ids?.length, 1)
  const id = ids?.[0] ?? NaN
  t.is(ef.tokens[id], 'dog')
  t.deepEqual(ef.embedding(id), (await ef.encode('dog', { normalize: false })).row(0))
  t.throws(() => ef.embedding(ef.info.vocabSize), { code: 'ERR_INVALID_OPTION' })
  t.throws(() => ef.embedding(-1), { code: 'ERR_INVALID_OPTION' })
})

test('progress ends with all texts done, async and sync', async (t) => {
  const texts = manyTexts(5000)
  for (const encode of ['async', 'sync']) {
    const seen: number[] = []
    const onProgress = ({ done, total }: { done: number; total: number }): void => {
      t.is(total, texts.length)
      seen.push(done)
    }
    if (encode === 'async') await ef.encode(texts, { onProgress })
    else ef.encodeSync(texts, { onProgress })
    t.is(seen.at(-1), texts.length)
    t.deepEqual(
      seen,
      [...seen].sort((a, b) => a - b),
    )
  }
})

test('what onProgress throws ends the call with that error', async (t) => {
  const error = new Error('from the caller')
  const onProgress = (): never => {
    throw error
  }
  t.is(await t.throwsAsync(ef.encode(manyTexts(20_000), { onProgress })), error)
  t.is(
    t.throws(() => ef.encodeSync(['a'], { onProgress })),
    error,
  )
  t.is((await ef.encode(['a'])).rows, 1)
})

test('a subclass loads as itself', async (t) => {
  class Mine extends Model2VecEmbeddingFunction {
    readonly mine = true
  }
  const mine = await Mine.load(SMALL)
  t.true(mine instanceof Mine)
  t.true(mine.mine)
  t.is(mine.dim, ef.dim)
})
