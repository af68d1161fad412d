// Loads packages that only some outputs need: optional peer dependencies.

/** @throws Error that says what to install */
export async function optionalPackage<T>(name: string, load: () => Promise<T>, ending: string): Promise<T> {
  try {
    return await load()
  } catch (cause) {
    const { code } = cause as { code?: unknown }
    if (code !== 'ERR_MODULE_NOT_FOUND' && code !== 'MODULE_NOT_FOUND') throw cause
    throw new Error(
      `${ending} files need a package that is not installed: run \`npm install ${name}\` (with -g where model2vec is global)`,
      {
        cause,
      },
    )
  }
}
