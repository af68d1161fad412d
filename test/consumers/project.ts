// An application's folder, with only what a test puts there, and the programs that run in it.

import { execFile } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, realpathSync, symlinkSync, writeFileSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { promisify } from 'node:util'

const execute = promisify(execFile)

export interface Project {
  readonly directory: string
  write: (file: string, content: string) => void
  /** Runs a program in the folder; returns what it prints. */
  run: (command: string, args: readonly string[], environment?: NodeJS.ProcessEnv) => Promise<string>
}

/**
 * `registry` is the only one that a package manager knows there, and no compiler or Rust can be
 * found.
 */
export function createProject(registry: string): Project {
  const directory = realpathSync(mkdtempSync(path.join(os.tmpdir(), 'model2vec-consumer-')))
  const home = path.join(directory, '.home')
  const programs = path.join(directory, '.programs')
  mkdirSync(home)
  mkdirSync(programs)
  for (const name of ['node', 'sh']) symlinkSync(programPath(name), path.join(programs, name))
  const environment: NodeJS.ProcessEnv = {
    PATH: programs,
    HOME: home,
    HF_HOME: path.join(home, 'huggingface'),
    HF_HUB_OFFLINE: '1',
    npm_config_registry: registry,
    npm_config_update_notifier: 'false',
    npm_config_audit: 'false',
    npm_config_fund: 'false',
    YARN_NPM_REGISTRY_SERVER: registry,
    YARN_REGISTRY: registry,
    YARN_CACHE_FOLDER: path.join(home, 'yarn'),
    YARN_UNSAFE_HTTP_WHITELIST: '127.0.0.1',
    YARN_ENABLE_TELEMETRY: '0',
    YARN_ENABLE_GLOBAL_CACHE: '0',
    YARN_ENABLE_IMMUTABLE_INSTALLS: '0',
  }
  return {
    directory,
    write: (file, content) => {
      mkdirSync(path.dirname(path.join(directory, file)), { recursive: true })
      writeFileSync(path.join(directory, file), content)
    },
    run: async (command, args, more = {}) => {
      const options = { cwd: directory, env: { ...environment, ...more }, maxBuffer: 1 << 28 }
      try {
        return (await execute(command, args, options)).stdout
      } catch (error) {
        // The message has what went to stderr, but not what went to stdout, where some package
        // managers say what is wrong.
        const { message, stdout } = error as Error & { stdout?: string }
        throw new Error(`${message}\n${stdout ?? ''}`, { cause: error })
      }
    },
  }
}

/** Where a program is, by PATH. */
export function programPath(name: string): string {
  if (name === 'node') return process.execPath
  const folders = (process.env.PATH ?? '').split(path.delimiter)
  const file = folders.map((folder) => path.join(folder, name)).find((candidate) => existsSync(candidate))
  if (file === undefined) throw new Error(`no \`${name}\` in PATH`)
  return realpathSync(file)
}
