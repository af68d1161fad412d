// Whether the metadata of Parquet (Thrift's compact protocol: footers and headers of pages) lies inside of
// its bytes. The library that decodes it believes what it says: a list of 2^25 elements would be made before
// the first of them is missing.

const [TRUE, FALSE, BYTE, I16, I32, I64, DOUBLE, BINARY, LIST, STRUCT] = [1, 2, 3, 4, 5, 6, 7, 8, 9, 12]
const STOP = 0
/** Bytes of the largest integer. */
const MOST_VARINT = 10
/** Structs in structs. */
const MOST_DEPTH = 32

/**
 * Passes over a struct.
 *
 * @returns the index after it
 * @throws Error when it is broken, or ends after the bytes
 */
export function afterStruct(bytes: Uint8Array, start: number): number {
  const walk = new Walk(bytes, start)
  walk.struct(0)
  return walk.at
}

class Walk {
  at: number
  readonly #bytes: Uint8Array

  constructor(bytes: Uint8Array, start: number) {
    this.#bytes = bytes
    this.at = start
  }

  struct(depth: number): void {
    if (depth > MOST_DEPTH) throw new Error('structs in structs without end')
    for (;;) {
      const byte = this.#byte()
      const type = byte & 0x0f
      if (type === STOP) return
      if (byte >> 4 === 0) this.#varint()
      this.#value(type, depth)
    }
  }

  #value(type: number, depth: number): void {
    switch (type) {
      // Their type is their value.
      case TRUE:
      case FALSE:
        return
      case BYTE:
        this.#skip(1)
        return
      case I16:
      case I32:
      case I64:
        this.#varint()
        return
      case DOUBLE:
        this.#skip(8)
        return
      case BINARY:
        this.#skip(this.#varint())
        return
      case LIST:
        this.#list(depth)
        return
      case STRUCT:
        this.struct(depth + 1)
        return
      default:
        throw new Error(`a value of the type ${type}, which Parquet has not`)
    }
  }

  #list(depth: number): void {
    if (depth > MOST_DEPTH) throw new Error('lists in lists without end')
    const byte = this.#byte()
    const type = byte & 0x0f
    const count = byte >> 4 === 15 ? this.#varint() : byte >> 4
    // Each element has a byte at least.
    if (count > this.#bytes.length - this.at) throw new Error(`a list of ${count} elements, which ends after its bytes`)
    for (let i = 0; i < count; i++) this.#value(type === TRUE || type === FALSE ? BYTE : type, depth + 1)
  }

  #byte(): number {
    const byte = this.#bytes[this.at++]
    if (byte === undefined) throw new Error('it ends after its bytes')
    return byte
  }

  #varint(): number {
    let value = 0
    for (let i = 0; i < MOST_VARINT; i++) {
      const byte = this.#byte()
      value += (byte & 0x7f) * 2 ** (7 * i)
      if (byte < 0x80) return value
    }
    throw new Error('an integer of too many bytes')
  }

  #skip(count: number): void {
    this.at += count
    if (!(this.at <= this.#bytes.length)) throw new Error('it ends after its bytes')
  }
}
