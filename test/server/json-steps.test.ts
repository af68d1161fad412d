// Large bodies are parsed in steps: the result is that of JSON.parse.

import test from 'ava'

import type * as jsonStepsModule from '../../build/modules/server/json-steps.js'
import { load } from '../modules.js'

const { parseObject } = load('server/json-steps') as typeof jsonStepsModule

const MOST = 10_000_000

/** The value, or null when it is refused; and how many steps it took. */
function inSteps(json: string | Buffer, most = MOST, mostItems = Infinity): { value: unknown; steps: number } {
  const steps = parseObject(Buffer.from(json as string), most, mostItems)
  for (let count = 1; ; count++) {
    try {
      const { done, value } = steps.next()
      if (done === true) return { value, steps: count }
    } catch (error) {
      if ((error as { kind?: unknown }).kind === undefined) throw error
      return { value: null, steps: count }
    }
  }
}

function atOnce(json: string): unknown {
  try {
    return JSON.parse(json)
  } catch {
    return null
  }
}

/** A generator of numbers from 0 to 1 (mulberry32). */
function random(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

const PIECES = ['a', '\\"', '\\\\', '\\u00e9', '\\ud800', 'ż', '東', '\u{1f600}', '{', '}', '[', ']', ',', ':', ' ']

function randomValue(next: () => number, depth: number): string {
  const pick = next()
  const many = (item: () => string): string => Array.from({ length: Math.floor(next() * 5) }, item).join(',')
  const space = next() < 0.2 ? ' \n' : ''
  if (pick < 0.4 || depth > 4) {
    return `"${Array.from({ length: Math.floor(next() * 8) }, () => PIECES[Math.floor(next() * PIECES.length)]).join('')}"`
  }
  if (pick < 0.5) return ['0', '-1.5e3', 'true', 'false', 'null'][Math.floor(next() * 5)] ?? '0'
  if (pick < 0.8) return `[${space}${many(() => randomValue(next, depth + 1))}]${space}`
  return `{${space}${many(() => `${space}"k${Math.floor(next() * 3)}"${space}:${randomValue(next, depth + 1)}`)}}`
}

test('objects of every shape are read as JSON.parse reads them, and broken ones are refused', (t) => {
  const next = random(1)
  let [read, refused] = [0, 0]
  for (let i = 0; i < 6000; i++) {
    let json = `{${Array.from({ length: Math.floor(next() * 4) }, () => `"k${Math.floor(next() * 3)}":${randomValue(next, 0)}`).join(',')}}`
    // Half of them with a mistake.
    if (i % 2 === 1) {
      const at = Math.floor(next() * json.length)
      const mistake = ['', ',', '"', '}', ']', '[', '{', ':', 'x', '\\'][Math.floor(next() * 10)] ?? ''
      json = json.slice(0, at) + mistake + json.slice(at + (next() < 0.5 ? 1 : 0))
    }
    // As the bytes are read: a lone surrogate that a mistake made is U+FFFD.
    const sent = Buffer.from(json).toString()
    const expected = atOnce(sent)
    const isObject = typeof expected === 'object' && expected !== null && !Array.isArray(expected)
    const { value } = inSteps(sent)
    if (isObject) {
      read++
      if (value === null) t.fail(`refused: ${sent}`)
      t.deepEqual({ ...(value as object) }, expected, sent)
    } else {
      refused++
      t.is(value, null, sent)
    }
  }
  t.true(read > 1000 && refused > 1000)
})

test('a list is parsed in steps of some 64 kB, and so is what is not ASCII decoded', (t) => {
  for (const text of ['a text of some length', 'żółw 東京 \u{1f600}', 'a "quoted" \\ text']) {
    const texts = Array.from({ length: 50_000 }, (_, i) => `${text} ${i}`)
    const json = JSON.stringify({ model: 'x', input: texts, user: 'y' })
    const { value, steps } = inSteps(json)
    t.deepEqual({ ...(value as object) }, { model: 'x', input: texts, user: 'y' })
    t.true(steps >= Math.floor(json.length / 70_000), `${steps} steps for ${json.length} bytes`)
  }
  const long = '東京'.repeat(200_000)
  const { value, steps } = inSteps(JSON.stringify({ input: [long, 'b'] }))
  t.deepEqual({ ...(value as object) }, { input: [long, 'b'] })
  t.true(steps > 15)
})

test('mistakes at the borders of steps are refused', (t) => {
  const long = `"${'x'.repeat(70_000)}"`
  const space = ' '.repeat(70_000)
  for (const json of [
    `{"a":[${long},]}`,
    `{"a":[${long},,"b"]}`,
    `{"a":[${space},"b"]}`,
    `{"a":[${space},]}`,
    `{"a":[${long}],}`,
    `{"a":[${long}]"b":1}`,
    `{"a":[${long}][1]}`,
    `{"a":[${long}]1}`,
    `{"a":[${long},"b"}`,
    `{"a":[${long}"b"]}`,
    `{"a" [${long}]}`,
    `{[${long}]}`,
    `{"a":1 [${long}]}`,
    `{"a":[${long}]} x`,
    `{"a":[${long}]}{}`,
    `{,"a":[${long}]}`,
    `{"a":[${long}]`,
    `{"a":[${long.slice(0, -1)}`,
  ]) {
    t.is(atOnce(json), null)
    t.is(inSteps(json).value, null, json.replaceAll(/x{9,}/g, '…').replaceAll(/ {9,}/g, '_'))
  }
  t.deepEqual(
    { ...(inSteps(`{"a":[${space}]${space},"b":[${long},${space}2]}`).value as object) },
    {
      a: [],
      b: [long.slice(1, -1), 2],
    },
  )
})

test('a value that can not be parsed in steps has a limit, and so have the elements of a list', (t) => {
  t.is(inSteps(`{"a":[${'1,'.repeat(100_000)}1]}`, MOST, 1000).value, null)
  t.true(inSteps(`{"a":[${'1,'.repeat(100_000)}1]}`, MOST, 1000).steps < 10)
  t.is(inSteps(`{"a":"${'x'.repeat(2000)}"}`, 1000).value, null)
  t.is(inSteps(`{"a":{"b":"${'x'.repeat(2000)}"}}`, 1000).value, null)
  t.is(inSteps(`{"a":[${'"x",'.repeat(50_000)}"y"]}`, 100_000).steps > 2, true)
})
