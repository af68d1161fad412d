// The module of `--sink`: its default export is a sink, or a function that makes one for each shard.

import { stat } from 'node:fs/promises'
import path from 'node:path'
import { pathToFileURL } from 'node:url'

import { describe } from '../../errors.js'
import { naming } from '../file-error.js'
import type { SinkSource } from './sink.js'

type Exports = Readonly<Record<string, unknown>>

export interface SinkModule {
  readonly sink: SinkSource
  /** Its export `close`, called when the worker ends. */
  readonly close: () => Promise<void>
}

/** @throws FileError; Error where the module has no sink; what the module throws */
export async function loadSink(file: string): Promise<SinkModule> {
  const absolute = path.resolve(file)
  await naming(file, stat(absolute))
  const module = (await import(pathToFileURL(absolute).href)) as Exports
  // Of a module that was compiled to CommonJS, `import` gives all exports as the default.
  const { default: sink, close } =
    (module.default as Exports | undefined)?.__esModule === true ? (module.default as Exports) : module
  if (typeof sink !== 'function' && typeof (sink as { write?: unknown } | null | undefined)?.write !== 'function') {
    const expected = 'expected a default export with a function `write`, or a function that returns such an object'
    throw new Error(`${file}: ${expected}, but got ${describe(sink)}`)
  }
  return {
    sink: sink as SinkSource,
    close: async () => {
      if (typeof close === 'function') await (close as () => unknown)()
    },
  }
}
