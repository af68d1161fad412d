// The pages of one column of a Parquet file, one at a time: a row group may be larger than the
// memory.

import type { ColumnMetaData, DecodedArray } from 'hyparquet'
import type * as columnModule from 'hyparquet/src/column.js'
import type * as convertModule from 'hyparquet/src/convert.js'
import type * as dataPageModule from 'hyparquet/src/datapage.js'

import { messageOf } from '../file-error.js'
import type { Utf8Values } from '../column.js'
import { checkPage } from './parquet-page.js'
import type { Page } from './parquet-page.js'
import { plainTexts } from './parquet-plain.js'
import { afterStruct } from './parquet-thrift.js'
import type { RandomAccess } from './random-access.js'

/** What hyparquet reads a page with. */
export interface PageReading extends Pick<typeof columnModule, 'parquetHeader' | 'readPage'> {
  readonly convert: typeof convertModule.convert
  readonly decompressPage: typeof dataPageModule.decompressPage
}

export type PageDecoder = Parameters<typeof columnModule.readPage>[2]
type PageHeader = ReturnType<typeof columnModule.parquetHeader>

/** Read at once. A page of most writers has 1 MB before it is packed. */
const WINDOW_BYTES = 1 << 20
/** A header is at most this long, unless it has statistics of long values. */
const HEADER_BYTES = 1 << 14

/** What a page may claim to be. */
interface PageLimits {
  /** Unpacked. */
  readonly bytes: number
  readonly values: number
}

/**
 * Of a column whose values repeat a page takes next to nothing: a million of them are read nevertheless,
 * and as many more as the file has bytes.
 */
const REPEATED_VALUES = 1 << 20

function limitsOf({ size }: RandomAccess, meta: ColumnMetaData): PageLimits {
  return {
    bytes: Math.max(Number(meta.total_uncompressed_size), Number(meta.total_compressed_size)),
    values: REPEATED_VALUES + size,
  }
}

/** How many values a page has. @throws Error when its header says what can't be: memory is made by it */
function valuesIn(header: PageHeader, limits: PageLimits): number {
  const { compressed_page_size: packed, uncompressed_page_size: unpacked, data_page_header_v2: second } = header
  const counts = header.data_page_header ?? second ?? header.dictionary_page_header
  const values = counts?.num_values ?? 0
  const isFit = packed >= 0 && unpacked >= 0 && unpacked <= limits.bytes && values >= 0 && values <= limits.values
  if (!isFit) throw new Error(`broken page header: ${packed} bytes, ${unpacked} unpacked, ${values} values`)
  if (second !== undefined) {
    const {
      num_nulls: nulls,
      definition_levels_byte_length: ofDefinition,
      repetition_levels_byte_length: ofRepetition,
    } = second
    const areFit = nulls >= 0 && nulls <= values && ofDefinition >= 0 && ofRepetition >= 0
    if (!areFit || ofDefinition + ofRepetition > Math.min(packed, unpacked)) {
      throw new Error(`broken page header: ${nulls} nulls, ${ofDefinition} and ${ofRepetition} bytes of levels`)
    }
  }
  return values
}

export class ColumnPages {
  readonly #file: RandomAccess
  readonly #reading: PageReading
  readonly #decoder: PageDecoder
  /** Rows of the group that no page was read for. */
  #rows: number
  #dictionary: DecodedArray | undefined = undefined
  /** Bytes that were read and not used yet: those from `#at` on. */
  #window: Uint8Array<ArrayBuffer> = new Uint8Array(0)
  #at = 0
  /** The offset in the file of the end of the window, and of the column's bytes. */
  #next: number
  readonly #end: number
  readonly #limits: PageLimits

  /** @param rows how many the row group has */
  constructor(file: RandomAccess, reading: PageReading, decoder: PageDecoder, meta: ColumnMetaData, rows: number) {
    this.#file = file
    this.#reading = reading
    this.#decoder = decoder
    this.#rows = rows
    // Some writers note 0 where there is no dictionary.
    const dictionary = Number(meta.dictionary_page_offset ?? 0n)
    this.#next = dictionary > 0 ? dictionary : Number(meta.data_page_offset)
    this.#end = this.#next + Number(meta.total_compressed_size)
    this.#limits = limitsOf(file, meta)
  }

  /**
   * The values of the next page, one per row; of strings as they are in the page, where they can be used so.
   *
   * @param skip rows that are not wanted: where they are the whole page, it is only counted
   * @throws Error about what is broken
   */
  async next(skip: number, isText: boolean): Promise<DecodedArray | Utf8Values | number> {
    for (;;) {
      const { header, packed, values } = await this.#nextPage()
      const isDictionary = header.type === 'DICTIONARY_PAGE'
      if (!isDictionary && values > this.#rows) {
        throw new Error(`broken page header: ${values} values, but ${this.#rows} rows are left`)
      }
      if (header.type === 'INDEX_PAGE' || (!isDictionary && values === 0)) continue
      if (!isDictionary && skip > values) {
        this.#rows -= values
        return values
      }
      const page = this.#checked(header, packed)
      if (isDictionary) {
        const { data } = this.#read(page, undefined)
        this.#dictionary = data && this.#reading.convert(data, this.#decoder)
        continue
      }
      const texts = isText && skip < values ? plainTexts(page, this.#decoder.schemaPath) : null
      if (texts !== null) {
        this.#rows -= values
        return texts
      }
      const { data } = this.#read(page, this.#dictionary)
      const count = data?.length ?? 0
      if (data === undefined || count !== values) {
        throw new Error(`broken page: expected ${values} values, but got ${count}`)
      }
      this.#rows -= count
      return data
    }
  }

  /** Looks at all pages, for a reader that does not. @returns how many values they have. @throws Error about what is broken */
  async check(): Promise<number> {
    let count = 0
    while (this.#left > 0) {
      const { header, packed, values } = await this.#nextPage()
      if (header.type === 'INDEX_PAGE') continue
      this.#checked(header, packed)
      if (header.type !== 'DICTIONARY_PAGE') count += values
    }
    return count
  }

  async #nextPage(): Promise<{ readonly header: PageHeader; readonly packed: Uint8Array; readonly values: number }> {
    const header = await this.#header()
    const values = valuesIn(header, this.#limits)
    const { compressed_page_size: length } = header
    await this.#fill(length)
    const packed = this.#window.subarray(this.#at, this.#at + length)
    this.#at += length
    return { header, packed, values }
  }

  /** Unpacks a page, and looks at its values. @throws Error about what is broken */
  #checked(header: PageHeader, packed: Uint8Array): Page {
    const { codec, compressors, schemaPath, type } = this.#decoder
    const { data_page_header_v2: second, uncompressed_page_size: length } = header
    // In pages of the second version the levels are not packed.
    const levels =
      second === undefined ? 0 : second.definition_levels_byte_length + second.repetition_levels_byte_length
    const values = levels === 0 ? packed : packed.subarray(levels)
    const isPacked = second?.is_compressed !== false
    const unpacked = isPacked ? this.#reading.decompressPage(values, length - levels, codec, compressors) : values
    const page = { header, packed, unpacked }
    checkPage(page, schemaPath, type)
    return page
  }

  #read({ header, packed, unpacked }: Page, dictionary: DecodedArray | undefined): ReturnType<PageReading['readPage']> {
    const view = new DataView(packed.buffer, packed.byteOffset, packed.length)
    const decoder = { ...this.#decoder, compressors: { [this.#decoder.codec]: () => unpacked } }
    return this.#reading.readPage({ view, offset: 0 }, header, decoder, dictionary, undefined, 0)
  }

  async #header(): Promise<PageHeader> {
    for (let length = HEADER_BYTES; ; length *= 8) {
      const wanted = Math.min(length, this.#left)
      if (wanted === 0) throw new Error(`expected ${this.#rows} more rows in its row group`)
      await this.#fill(wanted)
      const view = new DataView(this.#window.buffer, this.#window.byteOffset + this.#at, this.#window.length - this.#at)
      const reader = { view, offset: 0 }
      try {
        afterStruct(this.#window, this.#at)
        const header = this.#reading.parquetHeader(reader)
        this.#at += reader.offset
        return header
      } catch (error) {
        if (wanted === this.#left) throw new Error(`broken page header: ${messageOf(error)}`, { cause: error })
      }
    }
  }

  /** Bytes of the column that were not used yet. */
  get #left(): number {
    return this.#window.length - this.#at + this.#end - this.#next
  }

  /** Reads on until the window has this many bytes. */
  async #fill(length: number): Promise<void> {
    const have = this.#window.length - this.#at
    if (have >= length) return
    if (length > this.#left) throw new Error('a page ends after its column')
    const more = Math.min(Math.max(length - have, WINDOW_BYTES), this.#end - this.#next)
    const bytes = await this.#file.bytes(this.#next, more)
    // Values may be parts of the window: it is never written again.
    const window = have === 0 ? bytes : new Uint8Array(have + more)
    if (have > 0) {
      window.set(this.#window.subarray(this.#at))
      window.set(bytes, have)
    }
    this.#window = window
    this.#at = 0
    this.#next += more
  }
}
