// The encodings of Parquet in which few bytes say what many values are: whether they say no more than
// their page holds. The library that decodes them makes as many values as a run says that it has, up to
// 2^31. https://parquet.apache.org/docs/file-format/data-pages/encodings/

/** The hybrid of runs and packed bits packs groups of so many values. */
const GROUP = 8
/** How many values more than are left the last groups may have: some writers fill them up. */
const MOST_FILL = 512
/** Bytes of the largest integer. */
const MOST_VARINT = 10

/** A place in bytes, that moves on. */
export interface Cursor {
  readonly bytes: Uint8Array
  at: number
}

/**
 * Passes over runs of levels or indexes of so many bits, and counts those that are `wanted`; with -1, none.
 *
 * @throws Error when they end before there are `count`, or one of them has more than are left
 */
export function countInRuns({ bytes, at }: Cursor, end: number, width: number, count: number, wanted: number): number {
  if (!(width <= 32 && end <= bytes.length)) throw new Error(`broken runs: of ${width} bits, up to byte ${end}`)
  const cursor = { bytes: bytes.subarray(0, end), at }
  const valueBytes = (width + 7) >> 3
  let [left, found] = [count, 0]
  while (left > 0) {
    const header = varint(cursor)
    const isPacked = header % 2 === 1
    const values = Math.floor(header / 2) * (isPacked ? GROUP : 1)
    if (values > left + (isPacked ? MOST_FILL : 0))
      throw new Error(`broken runs: one of ${values}, but ${left} are left`)
    if (isPacked) {
      if (wanted !== -1) found += countInBits(cursor, width, Math.min(values, left), wanted)
      // The last ones may be left out.
      cursor.at += (values / GROUP) * width
    } else {
      let value = 0
      for (let i = 0; i < valueBytes; i++) value += byteAt(cursor) * 2 ** (8 * i)
      if (value === wanted) found += values
    }
    left -= values
  }
  return found
}

function countInBits({ bytes, at }: Cursor, width: number, count: number, wanted: number): number {
  let found = 0
  for (let i = 0; i < count; i++) {
    let value = 0
    for (let bit = 0; bit < width; bit++) {
      const place = i * width + bit
      value += (((bytes[at + (place >> 3)] ?? 0) >> (place & 7)) & 1) * 2 ** bit
    }
    if (value === wanted) found++
  }
  return found
}

/**
 * Passes over integers that are written as differences.
 *
 * @returns the integers, where they are lengths, of 32 bits
 * @throws Error when they end before there are `count`
 */
export function passDeltas(cursor: Cursor, count: number, areLengths: boolean): Int32Array {
  const values = new Int32Array(areLengths ? count : 0)
  const [block, miniblocks] = [varint(cursor), varint(cursor)]
  const perMiniblock = block / miniblocks
  // As the format says, and no more than there may be in a page.
  const isFit = perMiniblock >= 32 && perMiniblock % 32 === 0 && miniblocks >= 1 && miniblocks <= 1 << 12
  if (!isFit) throw new Error(`broken differences: ${miniblocks} parts of ${block}`)
  varint(cursor)
  let value = signed(varint(cursor))
  if (count > 0 && areLengths) values[0] = value
  for (let seen = 1; seen < count;) {
    const least = signed(varint(cursor))
    const widths = cursor.bytes.subarray(cursor.at, (cursor.at += miniblocks))
    if (widths.length < miniblocks) throw new Error('broken differences: they end after their page')
    for (const width of widths) {
      if (seen >= count) break
      if (width > 64) throw new Error(`broken differences: of ${width} bits`)
      const more = Math.min(perMiniblock, count - seen)
      if (areLengths)
        for (let i = 0; i < more; i++) values[seen + i] = value = (value + least + bitsAt(cursor, i, width)) | 0
      seen += more
      // The library passes over the whole part.
      cursor.at += (perMiniblock * width) / 8
    }
  }
  if (cursor.at > cursor.bytes.length + MOST_FILL) throw new Error('broken differences: they end after their page')
  return values
}

/** The value `index` of those of `width` bits that start at the cursor, its lowest 32 bits. */
function bitsAt({ bytes, at }: Cursor, index: number, width: number): number {
  let value = 0
  for (let bit = 0; bit < width && bit < 32; bit++) {
    const place = index * width + bit
    value |= (((bytes[at + (place >> 3)] ?? 0) >> (place & 7)) & 1) << bit
  }
  return value
}

function byteAt(cursor: Cursor): number {
  const byte = cursor.bytes[cursor.at++]
  if (byte === undefined) throw new Error('broken runs: they end before their values')
  return byte
}

function varint(cursor: Cursor): number {
  let value = 0
  for (let i = 0; i < MOST_VARINT; i++) {
    const byte = byteAt(cursor)
    value += (byte & 0x7f) * 2 ** (7 * i)
    if (byte < 0x80) return value
  }
  throw new Error('broken runs: an integer of too many bytes')
}

/** What the zigzag form is of; exact up to 2^53, of which lengths have the lowest bits. */
function signed(zigzag: number): number {
  return zigzag % 2 === 0 ? zigzag / 2 : -(zigzag + 1) / 2
}
