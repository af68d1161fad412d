// Whether the metadata of Arrow is whole: its tables, vectors and strings (flat buffers) lie inside of its
// bytes. The library that decodes them believes what they say: of a broken one it would make lists of 2^31
// elements, or read the same table for ever. The tables are those of Arrow's format/{File,Message,Schema}.fbs.

/** What a member of a table refers to; numbers are read where they stand, and refer to nothing. */
type Member =
  | { readonly kind: 'string' }
  | { readonly kind: 'table'; readonly table: () => Table }
  | { readonly kind: 'tables'; readonly table: () => Table }
  | { readonly kind: 'structs'; readonly bytes: number }
  /** `type` = the slot of the byte that says which of the tables it is; others have no members that matter. */
  | { readonly kind: 'union'; readonly type: number; readonly tables: Readonly<Record<number, () => Table>> }

/** The members of a table by their slots. */
type Table = Readonly<Record<number, Member>>

const STRING: Member = { kind: 'string' }
const tables = (table: () => Table): Member => ({ kind: 'tables', table })
const one = (table: () => Table): Member => ({ kind: 'table', table })
const structs = (bytes: number): Member => ({ kind: 'structs', bytes })

const NO_MEMBERS: Table = {}
const KEY_VALUE: Table = { 0: STRING, 1: STRING }
/** Union has type ids, Timestamp a time zone. */
const TYPES = { 10: (): Table => ({ 1: STRING }), 14: (): Table => ({ 1: structs(4) }) }
const DICTIONARY_ENCODING: Table = { 1: one(() => NO_MEMBERS) }
const FIELD: Table = {
  0: STRING,
  3: { kind: 'union', type: 2, tables: TYPES },
  4: one(() => DICTIONARY_ENCODING),
  5: tables(() => FIELD),
  6: tables(() => KEY_VALUE),
}
const SCHEMA: Table = { 1: tables(() => FIELD), 2: tables(() => KEY_VALUE), 3: structs(8) }
const [LENGTH, NODES, BUFFERS, COMPRESSION, VARIADIC_COUNTS] = [0, 1, 2, 3, 4]
const NODE_BYTES = 16
/** A value takes a bit at least, and packed ones that repeat next to nothing. */
const [VALUES_IN_BYTE, MOST_FROM_LZ4, MOST_REPEATED] = [8, 255, 1 << 20]
const RECORD_BATCH: Table = {
  [NODES]: structs(NODE_BYTES),
  [BUFFERS]: structs(16),
  [COMPRESSION]: one(() => NO_MEMBERS),
  [VARIADIC_COUNTS]: structs(8),
}
const BATCH_OF_DICTIONARY = 1
const DICTIONARY_BATCH: Table = { [BATCH_OF_DICTIONARY]: one(() => RECORD_BATCH) }
const [HEADER_TYPE, HEADER, BODY_LENGTH] = [1, 2, 3]
const [OF_DICTIONARY, OF_RECORDS] = [2, 3]
const MESSAGE: Table = {
  [HEADER]: {
    kind: 'union',
    type: HEADER_TYPE,
    tables: { 1: () => SCHEMA, [OF_DICTIONARY]: () => DICTIONARY_BATCH, [OF_RECORDS]: () => RECORD_BATCH },
  },
  4: tables(() => KEY_VALUE),
}
const [DICTIONARIES, RECORD_BATCHES] = [2, 3]
const BLOCK_BYTES = 24
const FOOTER: Table = {
  1: one(() => SCHEMA),
  [DICTIONARIES]: structs(BLOCK_BYTES),
  [RECORD_BATCHES]: structs(BLOCK_BYTES),
  4: tables(() => KEY_VALUE),
}

/** Fields in fields. */
const MOST_DEPTH = 64

/** Where a batch is in a file. */
export interface Block {
  /** Where its message starts. */
  readonly start: number
  /** The type that its message should have. */
  readonly type: number
}

/** The batches that a footer lists. @throws Error when it is none */
export function blocksOf(footer: Uint8Array): Block[] {
  const bytes = new FlatBuffer(footer)
  const root = bytes.check(FOOTER)
  const lists = [
    [DICTIONARIES, OF_DICTIONARY],
    [RECORD_BATCHES, OF_RECORDS],
  ] as const
  return lists.flatMap(([slot, type]) => {
    const { start, count } = bytes.vectorAt(root, slot)
    return Array.from({ length: count }, (_, i) => ({ start: bytes.long(start + i * BLOCK_BYTES), type }))
  })
}

/** A message, and the bytes of the body after it. @throws Error when it is none */
export function messageOf(message: Uint8Array): { readonly type: number; readonly bodyLength: number } {
  const bytes = new FlatBuffer(message)
  const root = bytes.check(MESSAGE)
  const at = bytes.member(root, HEADER_TYPE)
  const type = at === 0 ? 0 : (message[at] ?? 0)
  const length = bytes.member(root, BODY_LENGTH)
  const bodyLength = length === 0 ? 0 : bytes.long(length)
  if (!(Number.isSafeInteger(bodyLength) && bodyLength >= 0)) {
    throw new Error(`broken metadata: a body of ${bodyLength} bytes`)
  }
  if (type === OF_RECORDS || type === OF_DICTIONARY) {
    const header = bytes.tableAt(root, HEADER)
    const batch = type === OF_RECORDS ? header : bytes.tableAt(header, BATCH_OF_DICTIONARY)
    bytes.checkCounts(batch)
    bytes.checkLengths(batch, bodyLength, type === OF_DICTIONARY)
  }
  return { type, bodyLength }
}

/** Flat buffers: https://flatbuffers.dev/internals */
class FlatBuffer {
  readonly #bytes: Uint8Array
  readonly #view: DataView
  /** Tables that may still be looked at: several may refer to one, and each takes at least four bytes. */
  #left: number

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
    this.#left = bytes.length / 4
  }

  /** @returns where the root is. @throws Error when the bytes are none */
  check(table: Table): number {
    this.#assertInside(0, 4)
    const root = this.#view.getUint32(0, true)
    this.#checkTable(root, table, 0)
    return root
  }

  /** Of views, which batches count themselves: no more than there are buffers. */
  checkCounts(batch: number): void {
    const [counts, buffers] = [this.vectorAt(batch, VARIADIC_COUNTS), this.vectorAt(batch, BUFFERS)]
    let all = 0
    for (let i = 0; i < counts.count; i++) {
      const count = this.long(counts.start + 8 * i)
      all += count
      if (!(count >= 0 && all <= buffers.count))
        throw new Error('broken metadata: more buffers of views than there are')
    }
  }

  /** The library makes room for the rows of a batch, and the values of a dictionary, before it reads them. */
  checkLengths(batch: number, body: number, isDictionary: boolean): void {
    const isPacked = this.member(batch, COMPRESSION) !== 0
    const most = MOST_REPEATED + (isPacked ? MOST_FROM_LZ4 : 1) * VALUES_IN_BYTE * body
    const nodes = this.vectorAt(batch, NODES)
    const rows = this.member(batch, LENGTH)
    const places = isDictionary ? Array.from({ length: nodes.count }, (_, i) => nodes.start + NODE_BYTES * i) : []
    for (const at of rows === 0 ? places : [rows, ...places]) {
      const length = this.long(at)
      if (!(length >= 0 && length <= most)) throw new Error(`broken metadata: a batch of ${length} values`)
    }
  }

  /** Where a member of a table that was checked is; 0 = it is not there. */
  member(table: number, slot: number): number {
    const vtable = table - this.#view.getInt32(table, true)
    const entry = 4 + 2 * slot
    const offset = entry < this.#view.getUint16(vtable, true) ? this.#view.getUint16(vtable + entry, true) : 0
    return offset === 0 ? 0 : table + offset
  }

  tableAt(table: number, slot: number): number {
    const at = this.member(table, slot)
    if (at === 0) throw new Error('broken metadata: a table is missing')
    return at + this.#view.getUint32(at, true)
  }

  vectorAt(table: number, slot: number): { readonly start: number; readonly count: number } {
    const at = this.member(table, slot)
    if (at === 0) return { start: 0, count: 0 }
    const vector = at + this.#view.getUint32(at, true)
    return { start: vector + 4, count: this.#view.getUint32(vector, true) }
  }

  long(at: number): number {
    this.#assertInside(at, 8)
    return Number(this.#view.getBigInt64(at, true))
  }

  #checkTable(at: number, table: Table, depth: number): void {
    if (depth > MOST_DEPTH || this.#left-- <= 0) throw new Error('broken metadata: tables in tables without end')
    this.#assertInside(at, 4)
    const vtable = at - this.#view.getInt32(at, true)
    this.#assertInside(vtable, 4)
    const size = this.#view.getUint16(vtable, true)
    this.#assertInside(vtable, size)
    // The library reads them as numbers with a sign.
    if (size < 4 || size >= 1 << 15) throw broken()
    for (let entry = 4; entry + 2 <= size; entry += 2) {
      const offset = this.#view.getUint16(vtable + entry, true)
      if (offset >= 1 << 15) throw broken()
      // Of a number that ends after the buffer the library reads zeros.
      if (offset !== 0) this.#assertInside(at + offset, 1)
    }
    for (const [slot, member] of Object.entries(table)) this.#checkMember(at, Number(slot), member, depth)
  }

  #checkMember(table: number, slot: number, member: Member, depth: number): void {
    const at = this.member(table, slot)
    if (at === 0) return
    this.#assertInside(at, 4)
    const target = at + this.#view.getUint32(at, true)
    if (member.kind === 'table') {
      this.#checkTable(target, member.table(), depth + 1)
      return
    }
    if (member.kind === 'union') {
      const type = this.member(table, member.type)
      const inner = member.tables[type === 0 ? 0 : (this.#bytes[type] ?? 0)]
      this.#checkTable(target, inner?.() ?? NO_MEMBERS, depth + 1)
      return
    }
    this.#assertInside(target, 4)
    const count = this.#view.getUint32(target, true)
    this.#assertInside(
      target + 4,
      count * (member.kind === 'string' ? 1 : member.kind === 'structs' ? member.bytes : 4),
    )
    if (member.kind !== 'tables') return
    for (let i = 0; i < count; i++) {
      const element = target + 4 + 4 * i
      this.#checkTable(element + this.#view.getUint32(element, true), member.table(), depth + 1)
    }
  }

  #assertInside(at: number, length: number): void {
    if (!(at >= 0 && at + length <= this.#bytes.length)) throw broken()
  }
}

function broken(): Error {
  return new Error('broken metadata: it refers to what is outside of it')
}
