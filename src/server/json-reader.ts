// A large JSON body, read in steps, so that others have their turns of the event loop: `JSON.parse`
// would hold it for as long as the body wants, which is a second for a few MB of small values. What
// no route reads is checked and left out, so that a body makes no more objects than it has texts.

import type { Buffer } from '../runtime/node-globals.js'
import { Fault } from './fault.js'

/** About how many bytes are read in a step, and how many a token counts for: some 0.1 ms. */
const STEP_BYTES = 1 << 16
const TOKEN_BYTES = 16
/**
 * How deep a body may be, and how long a number in it: no body that is parsed at once exceeds them.
 */
const MAX_DEPTH = 1 << 16
const MAX_NUMBER = 1 << 16
/** Of a list in a list it matters whether it has one element. */
const MAX_INNER = 2
const NO_ROOM = [0, 0] as const

const QUOTE = 0x22
const COMMA = 0x2c
const COLON = 0x3a
const OPEN_LIST = 0x5b
const BACKSLASH = 0x5c
const CLOSE_LIST = 0x5d
const LETTER_U = 0x75
const OPEN_OBJECT = 0x7b
const CLOSE_OBJECT = 0x7d

const NUMBER = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[Ee][+-]?\d+)?$/
const LITERALS: readonly (readonly [text: string, value: unknown])[] = [
  ['true', true],
  ['false', false],
  ['null', null],
]

/** What comes next. */
type Expected = 'value' | 'value or close' | 'name' | 'name or close' | 'colon' | 'comma or close' | 'end'

/** An object or a list that is open. */
interface Level {
  readonly closer: number
  /** What it has so far; of an object that nobody reads, and in full of no list, nothing. */
  readonly value: Record<string, unknown> | unknown[]
  /** How many elements of a list are kept; of an object 1 = the fields that are read, 0 = none. */
  readonly room: number
  /** How many elements a list in it may keep. */
  readonly inner: number
  /** The field of an object whose value comes next; null = one that is not kept. */
  name: string | null
}

/** A string, in the middle of it. */
interface Text {
  readonly isName: boolean
  readonly isKept: boolean
  value: string
}

export class JsonReader {
  readonly #bytes: Buffer
  readonly #fields: ReadonlySet<string>
  readonly #most: number
  readonly #levels: Level[] = []
  #at = 0
  #expected: Expected = 'value'
  #text: Text | null = null
  #result: unknown

  /**
   * @param bytes UTF-8
   * @param fields the names that are kept, in the object and in objects that are its values
   * @param most the most elements of a list that are read: one more is kept, so that it is seen
   */
  constructor(bytes: Buffer, fields: ReadonlySet<string>, most: number) {
    this.#bytes = bytes
    this.#fields = fields
    this.#most = most
  }

  /** Reads on. @returns whether all is read: then there is {@link value}. @throws Fault */
  step(): boolean {
    for (let work = 0; work < STEP_BYTES; work += TOKEN_BYTES) {
      const from = this.#at
      if (this.#text !== null) this.#readText(this.#text)
      else {
        const byte = this.#skipSpace()
        if (byte !== undefined) this.#readToken(byte)
        else if (this.#at === this.#bytes.length) {
          if (this.#expected !== 'end') throw syntax('it ends early')
          return true
        }
      }
      work += this.#at - from
    }
    return false
  }

  get value(): unknown {
    return this.#result
  }

  /** The next byte that is no white space; undefined = not within this step. */
  #skipSpace(): number | undefined {
    const end = Math.min(this.#bytes.length, this.#at + STEP_BYTES)
    for (; this.#at < end; this.#at++) {
      const byte = this.#bytes[this.#at]
      if (byte !== 0x20 && byte !== 0x0a && byte !== 0x0d && byte !== 0x09) return byte
    }
    return undefined
  }

  #readToken(byte: number): void {
    const level = this.#levels.at(-1)
    switch (this.#expected) {
      case 'value or close':
        if (byte === CLOSE_LIST) this.#close()
        else this.#readValue(byte)
        break
      case 'value':
        this.#readValue(byte)
        break
      case 'name or close':
      case 'name':
        if (byte === QUOTE) this.#openText(true, level?.room === 1)
        else if (byte === CLOSE_OBJECT && this.#expected === 'name or close') this.#close()
        else throw this.#unexpected()
        break
      case 'colon':
        if (byte !== COLON) throw this.#unexpected()
        this.#at++
        this.#expected = 'value'
        break
      case 'comma or close':
        if (byte === level?.closer) this.#close()
        else if (byte === COMMA) {
          this.#at++
          this.#expected = level?.closer === CLOSE_LIST ? 'value' : 'name'
        } else throw this.#unexpected()
        break
      default:
        throw syntax(`found something after its end at byte ${this.#at}`)
    }
  }

  #readValue(byte: number): void {
    if (byte === QUOTE) this.#openText(false, this.#isKept())
    else if (byte === OPEN_LIST || byte === OPEN_OBJECT) this.#open(byte + 2)
    else {
      const literal = LITERALS.find(([text]) => this.#has(text))
      if (literal === undefined) this.#readNumber()
      else {
        this.#at += literal[0].length
        this.#put(literal[1])
      }
    }
  }

  #has(text: string): boolean {
    return (
      this.#bytes[this.#at] === text.charCodeAt(0) &&
      this.#bytes.toString('latin1', this.#at, this.#at + text.length) === text
    )
  }

  #readNumber(): void {
    let end = this.#at
    while (end - this.#at <= MAX_NUMBER && isOfNumber(this.#bytes[end])) end++
    const text = this.#bytes.toString('latin1', this.#at, end)
    if (end - this.#at > MAX_NUMBER || !NUMBER.test(text)) throw this.#unexpected()
    this.#at = end
    this.#put(Number(text))
  }

  /** Whether the next value is kept. */
  #isKept(): boolean {
    const level = this.#levels.at(-1)
    if (level === undefined) return true
    return Array.isArray(level.value) ? level.value.length < level.room : level.name !== null
  }

  #put(value: unknown): void {
    const level = this.#levels.at(-1)
    if (level === undefined) this.#result = value
    else if (this.#isKept()) {
      if (Array.isArray(level.value)) level.value.push(value)
      else if (level.name !== null) level.value[level.name] = value
    }
    this.#expected = level === undefined ? 'end' : 'comma or close'
  }

  #open(closer: number): void {
    const parent = this.#levels.at(-1)
    if (this.#levels.length === MAX_DEPTH) throw syntax(`it is more than ${MAX_DEPTH} levels deep`)
    const isList = closer === CLOSE_LIST
    const [room, inner] = this.#isKept() ? this.#roomFor(isList, parent) : NO_ROOM
    const value = isList ? [] : (Object.create(null) as Record<string, unknown>)
    this.#put(value)
    this.#levels.push({ closer, value, room, inner, name: null })
    this.#at++
    this.#expected = isList ? 'value or close' : 'name or close'
  }

  /**
   * The body and objects that are its values keep fields; lists in these, and lists in such lists,
   * elements.
   */
  #roomFor(isList: boolean, parent: Level | undefined): readonly [room: number, inner: number] {
    if (parent === undefined) return isList ? NO_ROOM : [1, 0]
    if (!isList) return this.#levels.length === 1 && parent.closer === CLOSE_OBJECT ? [1, 0] : NO_ROOM
    return parent.closer === CLOSE_OBJECT ? [this.#most + 1, MAX_INNER] : [parent.inner, 0]
  }

  #close(): void {
    this.#levels.pop()
    this.#at++
    this.#expected = this.#levels.length === 0 ? 'end' : 'comma or close'
  }

  #openText(isName: boolean, isKept: boolean): void {
    this.#text = { isName, isKept, value: '' }
    this.#at++
  }

  /** Reads on in a string, to its end or for a step. */
  #readText(text: Text): void {
    const bytes = this.#bytes
    const start = this.#at
    const end = Math.min(bytes.length, start + STEP_BYTES)
    let at = start
    let all = 0
    let isPlain = true
    let byte = bytes[at]
    for (; at < end && byte !== QUOTE; byte = bytes[++at]) {
      if (byte === BACKSLASH) {
        isPlain = false
        at += bytes[at + 1] === LETTER_U ? 5 : 1
      } else if (byte !== undefined) {
        if (byte < 0x20) throw this.#unexpected(at)
        all |= byte
      }
    }
    const isWhole = at < end && byte === QUOTE
    // Not within a character.
    while (!isWhole && ((bytes[at] ?? 0) & 0xc0) === 0x80) at++
    if (!isWhole && at >= bytes.length) throw syntax('a string does not end')
    if (text.isKept || !isPlain) {
      const part = bytes.toString(all < 0x80 ? 'latin1' : 'utf8', start, at)
      const value = isPlain ? part : unescaped(part)
      if (text.isKept) text.value += value
    }
    this.#at = at
    if (!isWhole) return
    this.#at++
    this.#text = null
    if (!text.isName) this.#put(text.value)
    else {
      const level = this.#levels.at(-1)
      if (level !== undefined) level.name = text.isKept && this.#fields.has(text.value) ? text.value : null
      this.#expected = 'colon'
    }
  }

  #unexpected(at = this.#at): Fault {
    const character = JSON.stringify(String.fromCharCode(this.#bytes[at] ?? 0))
    return syntax(`found ${character} at byte ${at}`)
  }
}

function isOfNumber(byte: number | undefined): boolean {
  // Digits, and + - . E e.
  return (
    byte !== undefined &&
    ((byte >= 0x30 && byte <= 0x39) ||
      byte === 0x2b ||
      byte === 0x2d ||
      byte === 0x2e ||
      byte === 0x45 ||
      byte === 0x65)
  )
}

function unescaped(part: string): string {
  try {
    return JSON.parse(`"${part}"`) as string
  } catch (error) {
    throw syntax((error as Error).message.slice(0, 200))
  }
}

function syntax(message: string): Fault {
  return new Fault('syntax', `the body should be JSON: ${message}`)
}
