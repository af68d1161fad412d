// Large bodies are read in steps: the result is what JSON.parse gives of the fields that are read.

import test from 'ava'

import type * as jsonReaderModule from '../../build/modules/server/json-reader.js'
import { load } from '../modules.js'

const { JsonReader } = load('server/json-reader') as typeof jsonReaderModule

const FIELDS = new Set(['k0', 'k1', 'é"'])
/** The most elements of a list. */
const MOST = 3

/** The value, or null when it is refused; and how many steps it took. */
function inSteps(json: string | Buffer, fields = FIELDS, most = MOST): { value: unknown; steps: number } {
  const reader = new JsonReader(Buffer.from(json as string), fields, most)
  for (let steps = 1; ; steps++) {
    try {
      if (reader.step()) return { value: reader.value, steps }
    } catch (error) {
      if ((error as { kind?: unknown }).kind !== 'syntax') throw error
      return { value: null, steps }
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

type Place = 'top' | 'field' | 'list' | 'other'

/** What a reader keeps of a value. */
function kept(value: unknown, place: Place = 'top'): unknown {
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) {
    const most = { top: 0, field: MOST + 1, list: 2, other: 0 }[place]
    return value.slice(0, most).map((each) => kept(each, place === 'field' ? 'list' : 'other'))
  }
  if (place === 'list' || place === 'other') return {}
  return Object.fromEntries(
    Object.entries(value)
      .filter(([name]) => FIELDS.has(name))
      .map(([name, each]) => [name, place === 'top' ? kept(each, 'field') : keptInObject(each)]),
  )
}

/** Of a field of an object that is a field's value: a list, but no further object. */
function keptInObject(value: unknown): unknown {
  return Array.isArray(value) ? kept(value, 'field') : kept(value, 'other')
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
const NAMES = ['"k0"', '"k1"', '"k2"', '"\\u006b0"', '"é\\""', '"__proto__"']
const SCALARS = ['0', '-1.5e3', '-0', '1E+2', '0.25', '1e999', 'true', 'false', 'null']
const MISTAKES = ['', ',', '"', '}', ']', '[', '{', ':', 'x', '\\', '0', '-', '\n', 'e', '\\u12']

function pick<T>(next: () => number, list: readonly T[]): T {
  return list[Math.floor(next() * list.length)] as T
}

function randomValue(next: () => number, depth: number): string {
  const kind = next()
  const many = (item: () => string): string => Array.from({ length: Math.floor(next() * 5) }, item).join(',')
  const space = next() < 0.2 ? ' \n' : ''
  if (kind < 0.4 || depth > 4) {
    return `"${Array.from({ length: Math.floor(next() * 8) }, () => pick(next, PIECES)).join('')}"`
  }
  if (kind < 0.5) return pick(next, SCALARS)
  if (kind < 0.8) return `[${space}${many(() => randomValue(next, depth + 1))}]${space}`
  return `{${space}${many(() => `${space}${pick(next, NAMES)}${space}:${randomValue(next, depth + 1)}`)}}`
}

test('values of every shape are read as JSON.parse reads them, and broken ones are refused', (t) => {
  const next = random(1)
  let [read, refused] = [0, 0]
  for (let i = 0; i < 8000; i++) {
    const length = Math.floor(next() * 4)
    const fields = Array.from({ length }, () => `${pick(next, NAMES)}:${randomValue(next, 0)}`)
    let json = next() < 0.1 ? randomValue(next, 0) : `{${fields.join(',')}}`
    // Half of them with a mistake.
    if (i % 2 === 1) {
      const at = Math.floor(next() * json.length)
      json = json.slice(0, at) + pick(next, MISTAKES) + json.slice(at + (next() < 0.5 ? 1 : 0))
    }
    // As the bytes are read: a lone surrogate that a mistake made is U+FFFD.
    const sent = Buffer.from(json).toString()
    const expected = atOnce(sent)
    const { value } = inSteps(sent)
    if (expected !== null || sent.trim() === 'null') read++
    else refused++
    // Objects without a prototype are objects with one.
    t.deepEqual(JSON.stringify(value), JSON.stringify(kept(expected)), sent)
  }
  t.true(read > 1000 && refused > 1000)
})

test('every number and escape is read or refused as JSON.parse does', (t) => {
  const numbers = [
    '01',
    '1.',
    '.5',
    '+1',
    '1e',
    '1e+',
    '--1',
    '-',
    '0x1',
    '1_0',
    '1e5',
    '-0.0',
    '1.5E-7',
    '9'.repeat(400),
  ]
  const strings = ['\\x', '\\u12g4', '\\', '\\"', '\\/\\b\\f\\n\\r\\t', '\t', '\u007f', '\u2028', '\\ud83d\\ude00']
  const words = ['tru', 'True', 'nullx', 'NaN', 'Infinity', 'undefined', "'a'"]
  for (const value of [...numbers, ...words, ...strings.map((each) => `"${each}"`)]) {
    for (const json of [`{"k0":${value}}`, `{"k0":[${value}]}`, value]) {
      t.is(JSON.stringify(inSteps(json).value), JSON.stringify(kept(atOnce(json))), json)
    }
  }
})

test('texts are read in steps of some 64 kB, wherever these are cut', (t) => {
  const names = new Set(['model', 'input', 'user'])
  for (const text of ['a text of some length', 'żółw 東京 \u{1f600}', 'a "quoted" \\ text']) {
    const texts = Array.from({ length: 50_000 }, (_, i) => `${text} ${i}`)
    const json = JSON.stringify({ model: 'x', input: texts, user: 'y' })
    const { value, steps } = inSteps(json, names, 50_000)
    t.deepEqual({ ...(value as object) }, { model: 'x', input: texts, user: 'y' })
    t.true(steps >= Math.floor(json.length / 70_000), `${steps} steps for ${json.length} bytes`)
  }
  for (const piece of ['東京', '\\u00e9', '\\\\', '\\"', 'x\\ud83d\\ude00é', 'żółw\\n"'.replace('"', '\\"')]) {
    for (const before of ['', 'a', 'ab', 'abc', 'abcd', 'abcde']) {
      const json = `{"input":["${before}${piece.repeat(100_000)}","b"]}`
      const { value, steps } = inSteps(json, names, 5)
      t.is(JSON.stringify(value), JSON.stringify(atOnce(json)))
      t.true(steps >= Math.floor(json.length / 100_000))
    }
  }
})

test('mistakes at the borders of steps are refused', (t) => {
  const long = `"${'x'.repeat(70_000)}"`
  const space = ' '.repeat(70_000)
  for (const json of [
    `{"k0":[${long},]}`,
    `{"k0":[${long},,"b"]}`,
    `{"k0":[${space},"b"]}`,
    `{"k0":[${space},]}`,
    `{"k0":[${long}],}`,
    `{"k0":[${long}]"b":1}`,
    `{"k0":[${long}][1]}`,
    `{"k0":[${long}]1}`,
    `{"k0":[${long},"b"}`,
    `{"k0":[${long}"b"]}`,
    `{"k0" [${long}]}`,
    `{[${long}]}`,
    `{"k0":1 [${long}]}`,
    `{"k0":[${long}]} x`,
    `{"k0":[${long}]}{}`,
    `{,"k0":[${long}]}`,
    `{"k0":[${long}]`,
    `{"k0":[${long.slice(0, -1)}`,
    `{"k2":"${'x'.repeat(70_000)}\n"}`,
    `{"k2":"${'x'.repeat(70_000)}\\x"}`,
  ]) {
    t.is(atOnce(json), null)
    t.is(inSteps(json).value, null, json.replaceAll(/x{9,}/g, '…').replaceAll(/ {9,}/g, '_'))
  }
  t.is(
    JSON.stringify(inSteps(`{"k0":[${space}]${space},"k1":[${long},${space}2]}`).value),
    JSON.stringify({ k0: [], k1: [long.slice(1, -1), 2] }),
  )
})

/** Bodies of some MB of which `JSON.parse` would make up to a million objects. */
const SMALL_VALUES = {
  lists: `{"x":{"a":[${'[],'.repeat(600_000)}0]},"k0":"a"}`,
  objects: `{"x":[${'{"a":1},'.repeat(200_000)}0],"k0":"a"}`,
  names: `{"x":{${Array.from({ length: 100_000 }, (_, i) => `"k${i}":1`).join(',')}},"k0":"a"}`,
  fields: `{${Array.from({ length: 100_000 }, (_, i) => `"f${i}":1`).join(',')},"k0":"a"}`,
  elements: `{"x":[${'1,'.repeat(500_000)}1],"k0":"a"}`,
  depth: `{"x":${'['.repeat(60_000)}${']'.repeat(60_000)},"k0":"a"}`,
} as const

for (const [name, json] of Object.entries(SMALL_VALUES)) {
  test(`a body of many small values that nobody reads is read in steps, and none is kept: ${name}`, (t) => {
    const { value, steps } = inSteps(json)
    t.is(JSON.stringify(value), '{"k0":"a"}')
    // A token counts for 16 bytes of a step at least.
    const tokens = json.match(/[[\]{},:]|"[^"]*"|\d/g)?.length ?? 0
    t.true(steps >= Math.floor((tokens * 16) / 80_000), `${steps} steps of ${tokens} tokens`)
  })
}

test('a list that is read keeps one element more than the limit', (t) => {
  const { value } = inSteps(`{"k0":[${'"x",'.repeat(50_000)}"y"]}`)
  t.is((value as { k0: unknown[] }).k0.length, MOST + 1)
})
