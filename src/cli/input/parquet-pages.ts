// The pages of one column of a Parquet file, one at a time: a row group may be larger than the
// memory.

import type { ColumnMetaData, DecodedArray } from 'hyparquet'
import type * as columnModule from 'hyparquet/src/column.js'
import type * as convertModule from 'hyparquet/src/convert.js'
import type * as dataPageModule from 'hyparquet/src/datapage.js'

import { messageOf } from '../file-error.js'
import type { Utf8Values } from '../column.js'
import { plainTexts } from './parquet-plain.js'
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
  /** The most bytes of a page. */
  readonly #most: number

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
    this.#most = Math.max(Number(meta.total_uncompressed_size), Number(meta.total_compressed_size))
  }

  /**
   * The values of the next page, one per row; of strings as they are in the page, where they can be used so.
   *
   * @param skip rows that are not wanted: where they are the whole page, it is only counted
   * @throws Error about what is broken
   */
  async next(skip: number, isText: boolean): Promise<DecodedArray | Utf8Values | number> {
    for (;;) {
      const header = await this.#header()
      const { compressed_page_size: packed, uncompressed_page_size: unpacked } = header
      const values = header.data_page_header?.num_values ?? header.data_page_header_v2?.num_values ?? 0
      if (!(packed >= 0 && unpacked >= 0 && unpacked <= this.#most && values >= 0 && values <= this.#rows)) {
        throw new Error(`broken page header: ${packed} bytes, ${unpacked} unpacked, ${values} values`)
      }
      await this.#fill(packed)
      const page = { view: new DataView(this.#window.buffer, this.#window.byteOffset + this.#at, packed), offset: 0 }
      this.#at += packed
      if (header.type === 'INDEX_PAGE') continue
      const { readPage, convert } = this.#reading
      if (header.type === 'DICTIONARY_PAGE') {
        const { data } = readPage(page, header, this.#decoder, undefined, undefined, 0)
        this.#dictionary = data && convert(data, this.#decoder)
        continue
      }
      if (values === 0) continue
      const texts = isText && skip < values ? this.#plainTexts(page.view, header) : null
      if (texts !== null) {
        this.#rows -= values
        return texts
      }
      // A page of as many rows as are skipped would be read: the library skips longer runs only.
      const { data, skipped } = readPage(page, header, this.#decoder, this.#dictionary, undefined, skip)
      const count = data?.length ?? skipped
      if (count !== values) throw new Error(`broken page: expected ${values} values, but got ${count}`)
      this.#rows -= count
      return data ?? count
    }
  }

  #plainTexts({ buffer, byteOffset, byteLength }: DataView<ArrayBuffer>, header: PageHeader): Utf8Values | null {
    const { schemaPath, codec, compressors } = this.#decoder
    return plainTexts(new Uint8Array(buffer, byteOffset, byteLength), header, schemaPath, (bytes, length) =>
      this.#reading.decompressPage(bytes, length, codec, compressors),
    )
  }

  async #header(): Promise<PageHeader> {
    for (let length = HEADER_BYTES; ; length *= 8) {
      const wanted = Math.min(length, this.#left)
      if (wanted === 0) throw new Error(`expected ${this.#rows} more rows in its row group`)
      await this.#fill(wanted)
      const view = new DataView(this.#window.buffer, this.#window.byteOffset + this.#at, this.#window.length - this.#at)
      const reader = { view, offset: 0 }
      try {
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
