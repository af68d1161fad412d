// apache-arrow, for inputs and outputs.

import type * as arrowModule from 'apache-arrow'

import { optionalPackage } from './output/optional-package.js'

export type Arrow = typeof arrowModule

export const ARROW_PACKAGE = 'apache-arrow'

/** @param what what needs it, in the plural */
export function arrowLibrary(what: string): Promise<Arrow> {
  // Its files for `import`, over a hundred, take almost twice as long to load.
  // eslint-disable-next-line @typescript-eslint/no-require-imports
  const load = (): Promise<Arrow> => Promise.resolve().then(() => require('apache-arrow') as Arrow)
  return optionalPackage(ARROW_PACKAGE, load, what)
}
