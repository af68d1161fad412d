// examples/bullmq and examples/kubernetes as they are: the programs run, and what starts them elsewhere is
// checked by the tools of its field. The sinks run in rounds.test.ts.

import { execFile, spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { promisify } from 'node:util'

import test from 'ava'
import { enqueue, report } from 'model2vec-node/bullmq'

import { testWithPeers } from '../adapters/peers.js'
import { model2vec } from '../cli/run.js'
import { install, run as runProgram } from '../examples/recipe.js'
import { pythonEnvironment } from '../python-environment.js'
import { planRun, SHARDS } from './planned-run.js'
import { because, newQueue, noneLeft } from './queue.js'
import { startWorker, terminate } from './worker-process.js'

const folder = because === null ? path.join(install('bullmq', 'queue-examples'), 'bullmq') : ''

testWithPeers(
  'enqueue.mjs waits for all shards, and says which were begun more than once',
  async (t) => {
    const run = await planRun(t, false)
    const { queue, url, args } = newQueue(t)
    const lost = startWorker(t, args, {
      node: ['--require', path.resolve('build/test/queue/preload.js')],
      env: { TEST_FAULT: 'kill 2' },
    })
    const output = runProgram(path.join(folder, 'enqueue.mjs'), [run.manifest, '--redis', url, '--queue', queue.name])
    t.is((await lost.ended).signal, 'SIGKILL')
    const worker = startWorker(t, args)
    const [sums = '', ...lines] = (await output).trim().split('\n')
    t.like(JSON.parse(sums), { shards: SHARDS, done: SHARDS, failed: 0, unknown: 0, rows: run.ids.length })
    t.true(lines.length > 0)
    for (const line of lines) t.regex(line, /^shard \d+: begun 2 times, lost by its worker 1 times$/)
    await terminate(t, worker)
  },
  because,
)

testWithPeers(
  'worker.mjs does shards, and ends in order',
  async (t) => {
    const run = await planRun(t, false)
    const { queue, url } = newQueue(t)
    const child = spawn(process.execPath, [path.join(folder, 'worker.mjs'), url, queue.name], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    t.teardown(() => child.kill('SIGKILL'))
    const ended = new Promise((resolve) => child.once('exit', resolve))
    let said = ''
    child.stdout.setEncoding('utf8').on('data', (text: string) => (said += text))
    await enqueue(queue, run.manifest)
    await noneLeft(queue)
    t.is((await report(queue, run.manifest)).done, SHARDS)
    child.kill('SIGTERM')
    t.is(await ended, 0)
    t.is(said.match(/"state":"written"/g)?.length, SHARDS)
  },
  because,
)

const YAMLS = ['bullmq/compose.yaml', 'kubernetes/indexed-job.yaml', 'kubernetes/workers.yaml'] as const

test('the options of the manifests are options of the commands', async (t) => {
  const helps = await Promise.all(['worker', 'plan', 'embed'].map((name) => model2vec(name, '--help')))
  const known = new Set(helps.flatMap(({ out }) => out.match(/--[a-z-]+/g) ?? []))
  for (const file of YAMLS) {
    const commands = readFileSync(path.join('examples', file), 'utf8').match(/^ +(?:args|command): \[.*\]$/gm) ?? []
    const ours = commands.filter((line) => /\[(?:worker|plan|embed),/.test(line))
    t.true(ours.length > 0, file)
    for (const option of ours.join('\n').match(/--[a-z-]+/g) ?? []) t.true(known.has(option), `${file}: ${option}`)
  }
})

/** Seconds that a worker may take after --drain. */
const GIVE_BACK_AND_CLOSE = 5 + 5 + 1

test('what ends a worker waits for longer than its shards are given', (t) => {
  const drainOf = (text: string): number => Number(/--drain, '(\d+)'/.exec(text)?.[1])
  const compose = readFileSync('examples/bullmq/compose.yaml', 'utf8')
  t.true(Number(/stop_grace_period: (\d+)s/.exec(compose)?.[1]) > drainOf(compose) + GIVE_BACK_AND_CLOSE)
  const workers = readFileSync('examples/kubernetes/workers.yaml', 'utf8')
  t.true(Number(/terminationGracePeriodSeconds: (\d+)/.exec(workers)?.[1]) > drainOf(workers) + GIVE_BACK_AND_CLOSE)
})

test('the exit codes that Kubernetes acts on are those of the help', async (t) => {
  const { out } = await model2vec('embed', '--help')
  const job = readFileSync('examples/kubernetes/indexed-job.yaml', 'utf8')
  const codes = [...job.matchAll(/action: (\w+)\n +onExitCodes:\n.*\n.*\n +values: \[(\d+)\]/g)]
  t.deepEqual(
    codes.map(([, action, code]) => [action, code]),
    [
      ['FailJob', '2'],
      ['FailIndex', '3'],
    ],
  )
  t.regex(out, /2 called wrongly, 3 a shard that can never work/)
})

test('the Dockerfile has the versions of the packages that the tests have', (t) => {
  const file = readFileSync('examples/bullmq/Dockerfile', 'utf8')
  const integrations = JSON.parse(readFileSync('test/integrations/package.json', 'utf8')) as {
    dependencies: Record<string, string>
  }
  const versions = {
    ...Object.fromEntries(
      [
        '.',
        'npm/potion-base-8m',
        ...['bullmq', 'ioredis', '@zilliz/milvus2-sdk-node'].map((each) => `node_modules/${each}`),
      ].map((each) => {
        const manifest = JSON.parse(readFileSync(`${each}/package.json`, 'utf8')) as { name: string; version: string }
        return [manifest.name, manifest.version]
      }),
    ),
    pg: integrations.dependencies.pg ?? '',
    'pg-copy-streams': integrations.dependencies['pg-copy-streams'] ?? '',
  }
  for (const [name, version] of Object.entries(versions))
    t.true(file.includes(` ${name}@${version}`), `${name}@${version}`)
})

const python = pythonEnvironment('test/server/deployment.txt', 'kubernetes_validate')
const reason = python.command === null ? ` (${python.reason})` : ''
const withPython = python.command === null ? test.skip : test

withPython(`hadolint finds nothing in the Dockerfile of workers${reason}`, async (t) => {
  const hadolint = path.join(path.dirname(python.command ?? ''), 'hadolint')
  const { stdout } = await promisify(execFile)(hadolint, ['examples/bullmq/Dockerfile'])
  t.is(stdout, '')
})

withPython(`the manifests of Kubernetes are by its schemas${reason}`, async (t) => {
  for (const name of ['indexed-job', 'workers']) {
    const args = ['-m', 'kubernetes_validate', '--strict', `examples/kubernetes/${name}.yaml`]
    const { stdout, stderr } = await promisify(execFile)(python.command ?? '', args)
    t.is((stdout + stderr).match(/ passed /g)?.length, 1, name)
  }
})
