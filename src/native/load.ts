// Finds and loads the native module, when the first call needs it: importing the package needs
// none.

import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import path from 'node:path'

import { messageOf, Model2VecError } from '../errors.js'
import { absolutePath } from '../runtime/local-path.js'
import { process, setImmediate } from '../runtime/node-globals.js'
import { packageRoot } from '../runtime/package-root.js'
import type { Native } from './interface.js'
import { libc, platformName } from './platform.js'
import { VERSION } from '../version.js'

/** The platforms whose packages hold a native module; one of them is installed. */
const PLATFORMS = [
  'darwin-arm64',
  'darwin-x64',
  'linux-arm64-gnu',
  'linux-arm64-musl',
  'linux-x64-gnu',
  'linux-x64-musl',
  'win32-arm64-msvc',
  'win32-x64-msvc',
] as const

/* eslint-disable @typescript-eslint/no-require-imports -- an addon can only be required */
/**
 * Loads a platform's package. Each name stands in a `require` of its own: tools that collect an
 * application's files (Next.js, serverless bundles, Electron packagers) follow only those. And each
 * stands in a `try`: bundlers (esbuild, Bun, webpack) then let the packages be missing that are for
 * other platforms.
 */
function requirePackage(platform: (typeof PLATFORMS)[number]): unknown {
  try {
    switch (platform) {
      case 'darwin-arm64':
        return require('model2vec-node-darwin-arm64') as unknown
      case 'darwin-x64':
        return require('model2vec-node-darwin-x64') as unknown
      case 'linux-arm64-gnu':
        return require('model2vec-node-linux-arm64-gnu') as unknown
      case 'linux-arm64-musl':
        return require('model2vec-node-linux-arm64-musl') as unknown
      case 'linux-x64-gnu':
        return require('model2vec-node-linux-x64-gnu') as unknown
      case 'linux-x64-musl':
        return require('model2vec-node-linux-x64-musl') as unknown
      case 'win32-arm64-msvc':
        return require('model2vec-node-win32-arm64-msvc') as unknown
      case 'win32-x64-msvc':
        return require('model2vec-node-win32-x64-msvc') as unknown
    }
  } catch (error) {
    return { failure: error } satisfies FailedPackage
  }
}
/* eslint-enable @typescript-eslint/no-require-imports */

/** What came of a `require` that threw. */
interface FailedPackage {
  readonly failure: unknown
}

/** Loads a native module from a file. Not `require`: bundlers would look for the file. */
function requireFile(file: string): unknown {
  return createRequire(file)(file)
}

/**
 * Loads the module where a bundler has copied it and gives its name (esbuild: --loader:.node=file),
 * a path from the bundle.
 */
function requireNamedFile(loaded: unknown): unknown {
  if (typeof loaded !== 'string') return loaded
  const bundle = typeof __filename === 'string' ? __filename : (process.argv[1] ?? '')
  return requireFile(path.resolve(path.dirname(bundle), loaded))
}

/** One way to the native module. */
interface Candidate {
  /** For messages. */
  readonly place: string
  readonly open: () => unknown
  /** What helps when it isn't there, or is another version's. */
  readonly remedy: string
}

/** The file that MODEL2VEC_NATIVE_PATH names, else a local build, else this platform's package. */
function candidate(): Candidate {
  const override = process.env.MODEL2VEC_NATIVE_PATH
  if (override !== undefined && override !== '') {
    const file = absolutePath(override).path ?? override
    return { place: file, open: () => requireFile(file), remedy: 'MODEL2VEC_NATIVE_PATH names it' }
  }
  const name = platformName()
  const root = packageRoot()
  const build = root === null ? null : path.join(root, `model2vec.${name}.node`)
  if (build !== null && existsSync(build)) {
    return { place: build, open: () => requireFile(build), remedy: '`npm run build` builds it' }
  }
  const place = `${build === null ? '' : `${build} (not there) and `}the package \`model2vec-node-${name}\``
  const platform = PLATFORMS.find((known) => known === name)
  if (platform === undefined) {
    const remedy =
      `there is a prebuilt one for ${PLATFORMS.join(', ')}; for this platform, ` +
      `build it from the source and name the file in MODEL2VEC_NATIVE_PATH`
    return { place, open: () => ({ failure: new Error('does not exist') }), remedy }
  }
  const remedy =
    `\`npm install --save-optional model2vec-node-${name}@${VERSION}\` installs it ` +
    `(npm leaves optional packages out of a lockfile that was written on another platform: npm/cli#4828)`
  const inBundle =
    '; this is a bundle: leave `model2vec-node` outside of it, or let the bundler copy `.node` files ' +
    '(esbuild: --loader:.node=copy), or name the file in MODEL2VEC_NATIVE_PATH'
  return {
    place,
    open: () => requireNamedFile(requirePackage(platform)),
    remedy: root === null ? remedy + inBundle : remedy,
  }
}

function load(): Native {
  const { place, open, remedy } = candidate()
  let opened: Partial<Native & FailedPackage>
  try {
    opened = open() as typeof opened
  } catch (error) {
    opened = { failure: error }
  }
  // A bundler may have put a file's name, or nothing, in the place of the module.
  if (typeof opened.version !== 'function') {
    const cause = opened.failure ?? new Error('is no native module, but what a bundler put in its place')
    const system = [process.platform, process.arch, libc()].filter((part) => part !== null).join(' ')
    throw new Model2VecError(
      'ERR_NATIVE_NOT_FOUND',
      `no native module for ${system} (Node ${process.version}): tried ${place}: ${messageOf(cause).split('\n', 1)[0] ?? ''}; ${remedy}`,
      { cause },
    )
  }
  const found = opened as Native
  if (found.version() !== VERSION) {
    throw new Model2VecError(
      'ERR_NATIVE_NOT_FOUND',
      `the native module is of another version: ${place} is ${found.version()}, expected ${VERSION}; ${remedy}`,
    )
  }
  found.useImmediates(setImmediate)
  return found
}

let loaded: Native | null = null

/**
 * The native module, loaded by the first call. A failure is not kept: each call that needs the
 * module looks for it again and throws an error of its own.
 *
 * @throws Model2VecError ERR_NATIVE_NOT_FOUND
 */
export function native(): Native {
  return (loaded ??= load())
}
