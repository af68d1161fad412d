// The programs of examples/server as they are, each with the framework that it is for, and what runs them:
// Dockerfile, manifest and unit, checked by the tools of their field.

import { execFile, execFileSync, spawn } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs'
import path from 'node:path'
import { promisify } from 'node:util'

import test from 'ava'
import type { ExecutionContext } from 'ava'

import { testWithPeers } from '../adapters/peers.js'
import { pythonEnvironment } from '../python-environment.js'
import { SMALL } from '../test-data.js'
import { ef, get, post, vectorOf } from './serving.js'

/** Inside the package, so that the programs find it by its name, and the frameworks beside them. */
const directory = path.resolve('build/server-examples')

test.before(() => {
  rmSync(directory, { recursive: true, force: true })
  mkdirSync(path.join(directory, 'node_modules'), { recursive: true })
  cpSync('examples/server', directory, { recursive: true })
  const installed = path.resolve('build/integrations/node_modules')
  for (const name of ['express', 'fastify', 'hono', '@hono']) {
    if (existsSync(path.join(installed, name))) {
      symlinkSync(path.join(installed, name), path.join(directory, 'node_modules', name), 'junction')
    }
  }
})

interface Running {
  readonly url: string
  /** Sends SIGTERM. @returns the exit code */
  readonly end: () => Promise<number | null>
}

function start(t: ExecutionContext, name: string, env: NodeJS.ProcessEnv = {}): Promise<Running> {
  const child = spawn(process.execPath, [path.join(directory, name), SMALL], {
    env: { ...process.env, PORT: '0', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  t.teardown(() => child.kill('SIGKILL'))
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve))
  const end = (): Promise<number | null> => {
    child.kill('SIGTERM')
    return ended
  }
  let said = ''
  return new Promise((resolve, reject) => {
    const read = (data: Buffer): void => {
      said += String(data)
      const [url] = /http:\S+/.exec(said) ?? []
      if (url !== undefined) resolve({ url, end })
    }
    child.stdout.on('data', read)
    child.stderr.on('data', read)
    void ended.then((code) => {
      reject(new Error(`${name} ended with ${String(code)}: ${said}`))
    })
  })
}

async function assertEmbeds(t: ExecutionContext, url: string, headers: Record<string, string> = {}): Promise<void> {
  const input = ['a text', 'another']
  const expected = await ef.encode(input)
  const { json, status } = await post(`${url}/v1/embeddings`, { input, encoding_format: 'base64' }, headers)
  t.is(status, 200)
  const data = json.data as { embedding: string }[]
  t.deepEqual(
    data.map(({ embedding }) => vectorOf(embedding)),
    [...expected],
  )
  t.is((await post(`${url}/v1/embeddings`, { input: '' }, headers)).status, 400)
  t.is((await get(`${url}/health`)).status, 200)
}

test('node-http.mjs serves with keys and an alias, and ends in order', async (t) => {
  const { url, end } = await start(t, 'node-http.mjs', { API_KEYS: 'one,two' })
  await assertEmbeds(t, url, { authorization: 'Bearer two' })
  t.is((await post(`${url}/v1/embeddings`, { input: 'a' })).status, 401)
  const body = { input: 'a', model: 'text-embedding-3-small' }
  t.is((await post(`${url}/v1/embeddings`, body, { authorization: 'Bearer one' })).status, 200)
  if (process.platform !== 'win32') t.is(await end(), 0)
})

for (const framework of ['express', 'fastify', 'hono']) {
  testWithPeers(`${framework}.mjs serves embeddings beside the routes of the application`, async (t) => {
    const { url, end } = await start(t, `${framework}.mjs`)
    await assertEmbeds(t, url)
    const root = url.replace('/embeddings', '/')
    t.is((await get(root)).text, 'an application')
    if (framework === 'express') t.deepEqual((await post(`${root}echo`, { a: 1 })).json, { a: 1 })
    t.is((await get(`${root}none`)).status, 404)
    if (process.platform !== 'win32') t.is(await end(), 0)
  })
}

const python = pythonEnvironment('test/server/deployment.txt', 'kubernetes_validate')
const because = python.command === null ? ` (${python.reason})` : ''
const withPython = python.command === null ? test.skip : test

withPython(`hadolint finds nothing in the Dockerfile${because}`, async (t) => {
  const hadolint = path.join(path.dirname(python.command ?? ''), 'hadolint')
  const { stdout } = await promisify(execFile)(hadolint, ['examples/server/Dockerfile'])
  t.is(stdout, '')
})

withPython(`the manifest is by the schemas of Kubernetes${because}`, async (t) => {
  const { stdout, stderr } = await promisify(execFile)(python.command ?? '', [
    '-m',
    'kubernetes_validate',
    '--strict',
    'examples/server/kubernetes.yaml',
  ])
  t.is((stdout + stderr).match(/ passed /g)?.length, 3)
})

test('the Dockerfile has the versions of the packages', (t) => {
  const file = readFileSync('examples/server/Dockerfile', 'utf8')
  for (const manifest of ['package.json', 'npm/potion-base-8m/package.json']) {
    const { name, version } = JSON.parse(readFileSync(manifest, 'utf8')) as { name: string; version: string }
    t.true(file.includes(` ${name}@${version}`), name)
  }
})

function hasSystemd(): boolean {
  try {
    execFileSync('systemd-analyze', ['--version'], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}

const withSystemd = hasSystemd() ? test : test.skip
withSystemd('systemd finds nothing wrong with the unit', async (t) => {
  const { stdout, stderr } = await promisify(execFile)('systemd-analyze', [
    'verify',
    'examples/server/model2vec.service',
  ])
  // It tells of faults of the machine's own units, too.
  const ours = (stdout + stderr).split('\n').filter((line) => line.includes('model2vec'))
  t.deepEqual(ours, [])
})

test('what shuts a server down waits longer than its requests are given', (t) => {
  const drainOf = (text: string): number => Number(/--drain'?,? '?"?,? ?"?(\d+)/.exec(text)?.[1])
  const unit = readFileSync('examples/server/model2vec.service', 'utf8')
  t.true(Number(/^TimeoutStopSec=(\d+)$/m.exec(unit)?.[1]) > drainOf(unit))
  const manifest = readFileSync('examples/server/kubernetes.yaml', 'utf8')
  const grace = Number(/^ +terminationGracePeriodSeconds: (\d+)$/m.exec(manifest)?.[1])
  const before = Number(/command: \[sleep, '(\d+)'\]/.exec(manifest)?.[1])
  t.true(grace > before + drainOf(manifest))
})
