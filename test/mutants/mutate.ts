// One random change to a model's directory: to bits, lengths, JSON, a safetensors file, or a file as a
// whole. Text is handled as Latin-1, so that no byte of another encoding changes.

import type { Random } from './random.js'

/** The files of a model by their names; 'folder' and 'loop' (a link to itself) in the place of a file. */
export type Directory = Map<string, Buffer | 'folder' | 'loop'>

/** Changes one file, and says how. */
export function mutate(directory: Directory, random: Random): string {
  const hasHead = directory.has('head.safetensors')
  const wanted = hasHead
    ? random.pick(['head.safetensors', 'head.safetensors', 'config', 'config', 'tokenizer', 'model.safetensors'])
    : random.pick(['tokenizer', 'tokenizer', 'tokenizer', 'model.safetensors', 'model.safetensors', 'config'])
  const name = [...directory.keys()].find((each) => each.includes(wanted))
  const bytes = directory.get(name ?? '')
  if (name === undefined || !Buffer.isBuffer(bytes)) return `no ${wanted}`
  if (random.below(40) === 0) return `${name}: ${replace(directory, name, random)}`
  const kind = random.below(6)
  const [changed, how] = wanted.endsWith('safetensors')
    ? kind < 2
      ? changedContainer(bytes, random)
      : kind < 4
        ? changedHeader(bytes, random)
        : changedBytes(bytes, random)
    : kind === 0
      ? changedBytes(bytes, random)
      : changedJson(bytes, random)
  directory.set(name, changed)
  return `${name}: ${how}`
}

type Change = readonly [changed: Buffer, how: string]

function replace(directory: Directory, name: string, random: Random): string {
  switch (random.below(5)) {
    case 0:
      directory.delete(name)
      return 'removed'
    case 1:
      directory.set(name, 'folder')
      return 'became a folder'
    case 2:
      directory.set(name, 'loop')
      return 'became a link to itself'
    case 3:
      directory.set(name, Buffer.alloc(0))
      return 'emptied'
    default: {
      const [first = Buffer.alloc(0), ...others] = directory.values()
      directory.set(name, random.pick([first, ...others]))
      return 'got the content of a file of the directory'
    }
  }
}

function changedBytes(bytes: Buffer, random: Random): Change {
  const place = random.place(Math.max(0, bytes.length - 1))
  const length = random.below(Math.min(bytes.length - place, 64)) + 1
  const [before, part, after] = [
    bytes.subarray(0, place),
    bytes.subarray(place, place + length),
    bytes.subarray(place + length),
  ]
  const randomBytes = (count: number): Buffer => Buffer.from(Array.from({ length: count }, () => random.below(256)))
  switch (random.below(6)) {
    case 0: {
      const flipped = Buffer.from(bytes)
      for (let i = random.below(8); i >= 0 && flipped.length > 0; i--) {
        const at = random.place(flipped.length - 1)
        flipped[at] = (flipped[at] ?? 0) ^ (1 << random.below(8))
      }
      return [flipped, 'bits flipped']
    }
    case 1:
      return [before, `cut to ${place} bytes`]
    case 2:
      return [Buffer.concat([before, randomBytes(length), after]), `random bytes at ${place}`]
    case 3:
      return [
        Buffer.concat([before, ...Array.from({ length: random.below(20) + 2 }, () => part), after]),
        `bytes at ${place} repeated`,
      ]
    case 4:
      return [Buffer.concat([before, after]), `${length} bytes at ${place} removed`]
    default:
      return [Buffer.concat([bytes, randomBytes(random.below(100))]), 'bytes appended']
  }
}

const VALUES = [
  ...['-1', '0', '-0', '1', '2', '7', '8', '255', '65536', '2147483647', '2147483648', '4294967295', '4294967296'],
  ...[
    '4611686018427387904',
    '9223372036854775807',
    '9223372036854775808',
    '18446744073709551616',
    '0.5',
    '1e3',
    '-1e308',
  ],
  ...[
    '1e999',
    '1e-400',
    'NaN',
    'Infinity',
    'null',
    'true',
    'false',
    '[]',
    '{}',
    '[0]',
    '""',
    '"\\ud800"',
    '"\\u0000"',
    '"(a+)+$"',
  ],
] as unknown as readonly [string, ...string[]]

/** Strings with a meaning in some component of a tokenizer. */
const STRINGS = [
  ...['\u0120', '\u2581', ' ', '##', 'a', 'hello world', '[UNK]', '<0xFF>', 'always', 'first', 'Removed', 'Isolated'],
  ...[
    'MergedWithPrevious',
    'ByteLevel',
    'Lowercase',
    'NFKD',
    '(a+)+$|(?=b)',
    '(((((((((a{99}){99}){99}){99}){99}){99}){99}){99}){99})',
  ],
].map((text) => Buffer.from(text).toString('latin1')) as unknown as readonly [string, ...string[]]

const STRING = /"(?:[^"\\]|\\[^])*"/
const WORD = /[\dA-Za-z.+-]+/
const PUNCTUATION = /[{}[\],:]/

interface Token {
  readonly kind: 'string' | 'word' | 'punctuation'
  readonly text: string
  readonly at: number
}

/** The values and names of a JSON text, also of a broken one. */
function tokensOf(json: string): Token[] {
  const pattern = new RegExp(`(${STRING.source})|(${WORD.source})|${PUNCTUATION.source}`, 'g')
  return Array.from(json.matchAll(pattern), ({ 0: text, 1: string, 2: word, index: at }) => {
    return { kind: string !== undefined ? 'string' : word !== undefined ? 'word' : 'punctuation', text, at }
  })
}

function changedJson(bytes: Buffer, random: Random): Change {
  const json = bytes.toString('latin1')
  const tokens = tokensOf(json)
  const oneOf = (...kinds: Token['kind'][]): Token => {
    const [first, ...others] = tokens.filter(({ kind }) => kinds.includes(kind))
    return first === undefined ? { kind: 'word', text: '', at: json.length } : random.pick([first, ...others])
  }
  const set = ({ text, at }: Token, replacement: string): Change => {
    const changed = Buffer.from(json.slice(0, at) + replacement + json.slice(at + text.length), 'latin1')
    return [changed, `${text.slice(0, 30)} at ${at} became ${replacement.slice(0, 30)} (${replacement.length} bytes)`]
  }
  switch (random.below(14)) {
    case 0:
    case 1:
      return set(oneOf('word'), random.pick(VALUES))
    case 2:
      return set(oneOf('string', 'word'), random.pick(VALUES))
    case 3:
      return set(oneOf('string'), oneOf('string').text)
    case 4:
      return set(oneOf('punctuation'), random.pick(['', '{', '}', '[', ']', ',', ':', '[[', ']]', ',,']))
    case 5:
      return set(oneOf('word', 'string'), nested(random))
    case 6:
      return set(oneOf('string'), `"${'long '.repeat(random.below(200_000))}"`)
    case 7: {
      // A second member of the same name, in the object that opens last before it.
      const name = oneOf('string')
      const brace = json.lastIndexOf('{', name.at) + 1
      return set({ kind: 'punctuation', text: '', at: brace }, `${name.text}:${random.pick(VALUES)},`)
    }
    case 8:
      return set(oneOf('string'), `"${random.pick(STRINGS)}"`)
    default: {
      // A similar value: most of these files still load.
      const word = oneOf('word')
      const number = Number(word.text)
      const other = { true: 'false', false: 'true', null: random.pick(['0', 'true', '"a"']) }[word.text]
      return set(
        word,
        other ?? (Number.isInteger(number) ? String(number + random.below(5) - 2) : `${random.below(20)}.5`),
      )
    }
  }
}

function nested(random: Random): string {
  const depth = random.pick([2, 64, 120, 127, 128, 129, 1000, 100_000, 1_000_000])
  return random.below(2) === 0
    ? '['.repeat(depth) + ']'.repeat(depth)
    : `${'{"type":'.repeat(depth)}0${'}'.repeat(depth)}`
}

/** Where the header of a safetensors file ends; null = it has none. */
function headerEnd(bytes: Buffer): number | null {
  const end = bytes.length < 8 ? Infinity : 8 + Number(bytes.readBigUInt64LE())
  return end <= bytes.length ? end : null
}

const DTYPES = ['F64', 'F32', 'F16', 'BF16', 'I8', 'I16', 'I32', 'I64', 'U8', 'F9'] as const

/** Changes the header of a safetensors file, and corrects its length. */
function changedHeader(bytes: Buffer, random: Random): Change {
  const end = headerEnd(bytes)
  if (end === null) return [bytes, 'no header']
  let [header, how] = changedJson(bytes.subarray(8, end), random)
  if (random.below(4) === 0) {
    const [from, to] = [random.pick(DTYPES), random.pick(DTYPES)]
    const text = bytes.toString('latin1', 8, end).replace(`"${from}"`, `"${to}"`)
    header = Buffer.from(random.below(2) === 0 ? text : text.replace('[4,2]', '[4,4]').replace('[8]', '[16]'), 'latin1')
    how = `${from} became ${to}`
  }
  const length = Buffer.alloc(8)
  length.writeBigUInt64LE(BigInt(header.length))
  return [Buffer.concat([length, header, bytes.subarray(end)]), how]
}

/** Changes the length of the header, or numbers in the data. */
function changedContainer(bytes: Buffer, random: Random): Change {
  const end = headerEnd(bytes)
  if (end === null) return [bytes, 'no header']
  const changed = Buffer.from(bytes)
  const [all, header] = [BigInt(bytes.length), BigInt(end - 8)]
  if (random.below(2) === 0) {
    const claim = random.pick([
      ...([
        0n,
        1n,
        header - 1n,
        header + 1n,
        header + 8n,
        all,
        all - 8n,
        all - 7n,
        100_000_000n,
        100_000_001n,
      ] as const),
      ...([1n << 31n, 1n << 32n, 1n << 63n, (1n << 64n) - 8n, (1n << 64n) - 1n] as const),
    ])
    changed.writeBigUInt64LE(BigInt.asUintN(64, claim))
    return [changed, `a header length of ${claim}`]
  }
  if (bytes.length - end < 8) return [bytes, 'no data']
  for (let i = random.below(4); i >= 0; i--) {
    const number = random.pick([-1n, 3n, 4n, 255n, 8000n, -(1n << 31n), -(1n << 63n), (1n << 63n) - 1n, 0x7fc00000n])
    changed.writeBigInt64LE(number, end + 8 * random.below(Math.floor((bytes.length - end) / 8)))
  }
  return [changed, 'extreme numbers in the data']
}
