// Loads packages that only some inputs, outputs and commands need: optional peer dependencies.

import { Model2VecError } from '../../errors.js'

/**
 * @param name what is to be installed: one package, or several with spaces between them
 * @param what what needs it, in the plural
 * @throws Model2VecError ERR_NOT_INSTALLED, which says what to install
 */
export async function optionalPackage<T>(name: string, load: () => Promise<T>, what: string): Promise<T> {
  try {
    return await load()
  } catch (cause) {
    const { code } = cause as { code?: unknown }
    if (code !== 'ERR_MODULE_NOT_FOUND' && code !== 'MODULE_NOT_FOUND') throw cause
    throw new Model2VecError(
      'ERR_NOT_INSTALLED',
      `${what} need a package that is not installed: run \`npm install ${name}\` (with -g where model2vec is global)`,
      { cause },
    )
  }
}

/**
 * Checks what is used of the inner parts of a package, which may change from version to version.
 *
 * @throws Model2VecError ERR_NOT_INSTALLED where one is missing
 */
export function assertHas(name: string, part: object, members: readonly string[]): void {
  const missing = members.find((member) => (part as Record<string, unknown>)[member] === undefined)
  if (missing === undefined) return
  const message = `${name} is of a version that this model2vec-node does not know: it has no ${missing}`
  throw new Model2VecError('ERR_NOT_INSTALLED', message)
}
