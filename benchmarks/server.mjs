// `model2vec serve` beside a server that does nothing but HTTP, and beside FastAPI with uvicorn and Python
// model2vec. The load comes from autocannon in a process of its own; in each round every server is
// measured once, so that what slows the machine down slows all of them down. Prints a table: medians of
// the rounds, and medians of the ratios of a round. On a busy machine the ratios of processor time say
// more than those of requests.
// `node benchmarks/server.mjs [--rounds 5] [--seconds 3] [--without-python]`, after `npm run build`.

import { spawn, spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { createInterface } from 'node:readline'
import { parseArgs } from 'node:util'

import { modelFolder } from './plan.mjs'
import { median, textSets } from './texts.mjs'

const { values } = parseArgs({
  options: { rounds: { type: 'string' }, seconds: { type: 'string' }, 'without-python': { type: 'boolean' } },
})
const ROUNDS = Number(values.rounds ?? 5)
const SECONDS = Number(values.seconds ?? 3)
const here = import.meta.dirname
const peer = (name) => path.join(here, 'peers', name)
const model = modelFolder('potion-base-8M')
const folder = mkdtempSync(path.join(tmpdir(), 'm2v-server-bench-'))

/** Nothing outlives an error of this process. */
const children = new Set()
process.on('exit', () => {
  for (const child of children) child.kill('SIGKILL')
  rmSync(folder, { recursive: true, force: true })
})

/** Starts a process. @returns the first match in what it says */
function start(command, args, said = /(http:\S+)/) {
  const child = spawn(command, args, { stdio: ['pipe', 'pipe', 'pipe'] })
  children.add(child)
  return new Promise((resolve, reject) => {
    let text = ''
    const read = (data) => {
      text = (text + data).slice(-4000)
      const found = said.exec(text)
      if (found !== null) resolve({ child, found: found[1] })
    }
    child.stdout.on('data', read)
    child.stderr.on('data', read)
    child.once('error', reject)
    child.once('exit', () => reject(new Error(`${command} ended: ${text}`)))
  })
}

function run(command, args, cwd = here) {
  const { status, error, stderr } = spawnSync(command, args, { cwd, encoding: 'utf8' })
  if (status !== 0) throw error ?? new Error(`${command} ${args.join(' ')}: ${stderr}`)
}

/** autocannon, and a Python with the packages of the peer; null = without it. */
function install() {
  if (!existsSync(peer('autocannon/node_modules/autocannon'))) {
    run('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund'], peer('autocannon'))
  }
  if (values['without-python']) return null
  const venv = path.resolve('build/bench-server-python')
  const python = path.join(venv, process.platform === 'win32' ? 'Scripts/python.exe' : 'bin/python')
  if (spawnSync(python, ['-c', 'import fastapi, uvicorn, model2vec']).status !== 0) {
    run('python3', ['-m', 'venv', venv])
    run(python, ['-m', 'pip', 'install', '--quiet', '-r', peer('server-requirements.txt')])
  }
  return python
}

/** The time that a process has had of all cores, in microseconds; NaN where /proc doesn't tell. */
function processorTime(pid) {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').replace(/^.*\) /s, '').split(' ')
    // Linux counts in 1/100 s (USER_HZ), whatever the machine.
    return (Number(fields[11]) + Number(fields[12])) * 10_000
  } catch {
    return NaN
  }
}

/**
 * A run of autocannon.
 *
 * @returns `rate` in requests/s; `p50`, `p99` and `worst` in milliseconds; `cpu`, the time of the server's
 *   process for a request, in microseconds
 */
function load({ found: url, child: server }, body, { connections, seconds = SECONDS, rate }) {
  const file = path.join(folder, `${Math.random()}.json`)
  writeFileSync(file, JSON.stringify(body))
  const args = ['--json', '-n', '-m', 'POST', '-H', 'content-type: application/json', '-i', file]
  const limits = ['-c', connections, '-d', seconds, ...(rate === undefined ? [] : ['-R', rate])].map(String)
  const autocannon = peer('autocannon/node_modules/autocannon/autocannon.js')
  const before = processorTime(server.pid)
  const child = spawn(process.execPath, [autocannon, ...args, ...limits, `${url}/v1/embeddings`])
  children.add(child)
  let output = ''
  child.stdout.on('data', (data) => (output += data))
  return new Promise((resolve, reject) => {
    child.once('close', () => {
      children.delete(child)
      const { requests, latency, non2xx, errors } = JSON.parse(output)
      if (non2xx + errors > 0) reject(new Error(`${url}: ${non2xx} answers are no success, ${errors} errors`))
      const cpu = (processorTime(server.pid) - before) / requests.total
      resolve({ rate: requests.mean, p50: latency.p50, p99: latency.p99, worst: latency.max, cpu })
    })
  })
}

async function sizeOf(url, body) {
  const headers = { 'content-type': 'application/json' }
  const response = await fetch(`${url}/v1/embeddings`, { method: 'POST', headers, body: JSON.stringify(body) })
  return (await response.arrayBuffer()).byteLength
}

const { lines } = textSets()
const short = lines.find((text) => text.length >= 60 && text.length <= 70)
/** 100 bytes each. */
const texts = Array.from({ length: 256 }, (_, i) => {
  let text = ''
  for (let k = i; text.length < 100; k++) text += `${lines[k * 7]} `
  return Buffer.from(text).toString('latin1', 0, 100).replaceAll(/[^ -~]/g, ' ')
})
const BODIES = {
  'one text, base64': { body: { input: short, encoding_format: 'base64' }, connections: 16 },
  '256 texts, base64': { body: { input: texts, encoding_format: 'base64' }, connections: 4 },
  '256 texts, numbers': { body: { input: texts, encoding_format: 'float' }, connections: 4 },
}

const python = install()
const cli = path.join(here, '..', 'dist/cli/main.js')
const ours = await start(process.execPath, [cli, 'serve', '--model', model, '--port', '0'])
const fastapi = python === null ? null : await start(python, [peer('fastapi_server.py'), model])
const alone = await start(process.execPath, [peer('encode-alone.mjs'), model], /(ready)/)
const answers = createInterface({ input: alone.child.stdout })[Symbol.asyncIterator]()

async function encodeAlone() {
  alone.child.stdin.write(`${JSON.stringify({ texts, seconds: SECONDS })}\n`)
  return JSON.parse((await answers.next()).value)
}

/** The median of something over the rounds. */
const middle = (rounds, of) => median(rounds.map(of))
const rows = []
const per = (number) => number.toLocaleString('en-US', { maximumFractionDigits: number < 100 ? 1 : 0 })
const times = (ratio) => `${ratio.toFixed(2)} ×`

const encoding = []
for (const [name, { body, connections }] of Object.entries(BODIES)) {
  const bare = await start(process.execPath, [peer('bare-server.mjs'), String(await sizeOf(ours.found, body))])
  const servers = { ours, 'a bare server': bare, ...(fastapi !== null && { FastAPI: fastapi }) }
  const isLarge = Array.isArray(body.input)
  const rounds = []
  for (let round = -1; round < ROUNDS; round++) {
    const contestants = Object.entries(servers).map(([key, server]) => [key, () => load(server, body, { connections })])
    if (isLarge) contestants.push(['encode alone', encodeAlone])
    if (round % 2 === 0) contestants.reverse()
    const found = {}
    for (const [key, measure] of contestants) found[key] = await measure()
    // The first round warms up.
    if (round < 0) continue
    rounds.push(found)
    if (isLarge) encoding.push(found['encode alone'])
  }
  bare.child.kill()
  const p50 = per(middle(rounds, ({ ours: { p50 } }) => p50))
  const p99 = per(middle(rounds, ({ ours: { p99 } }) => p99))
  for (const key of Object.keys(rounds[0])) {
    const rate = middle(rounds, (found) => found[key].rate)
    const cpu = middle(rounds, (found) => found[key].cpu)
    const ratio = middle(rounds, ({ ours: own, [key]: other }) => own.rate / other.rate)
    const cpuRatio = middle(rounds, ({ ours: own, [key]: other }) => other.cpu / own.cpu)
    const [first, than] = key === 'ours' ? [name, `p50 ${p50} ms, p99 ${p99} ms`] : ['', `${times(ratio)}, ${times(cpuRatio)}`]
    rows.push([first, key, per(rate), per(cpu), than])
  }
}

// The same few requests to a server that does nothing else, at the same time: what is late there, too, waits
// for the machine.
const idle = await start(process.execPath, [peer('bare-server.mjs'), '1500'])
const few = BODIES['one text, base64'].body
for (const [name, { body }] of Object.entries(BODIES).slice(1)) {
  const rounds = []
  for (let round = 0; round < ROUNDS; round++) {
    const [mixed, alone] = await Promise.all([
      load(ours, few, { connections: 2, rate: 200 }),
      load(idle, few, { connections: 2, rate: 200 }),
      load(ours, body, { connections: 1 }),
    ])
    rounds.push({ mixed, alone })
  }
  for (const [key, of] of [
    ['ours', ({ mixed }) => mixed],
    ['a bare server, idle', ({ alone }) => alone],
  ]) {
    const [p50, p99, worst] = ['p50', 'p99', 'worst'].map((field) => per(middle(rounds, (round) => of(round)[field])))
    const first = key === 'ours' ? `one text, 200 a second, while another sends ${name}` : ''
    rows.push([first, key, '', '', `p50 ${p50} ms, p99 ${p99} ms, worst ${worst} ms`])
  }
}
const us = (field) => `${middle(encoding, (each) => each[field]).toFixed(0)} µs`
rows.push(['256 texts, in the process', 'JSON read', '', '', us('readUs')])
rows.push(['', 'rows as base64', '', '', us('base64Us')])
rows.push(['', 'rows as numbers', '', '', us('numbersUs')])

console.log(`\n${ROUNDS} rounds of ${SECONDS} s, Node ${process.version}; ratios: of requests/s, of processor time\n`)
console.log('| | | requests/s | µs of processor time a request | `model2vec serve` is |\n|---|---|---|---|---|')
for (const row of rows) console.log(`| ${row.join(' | ')} |`)
process.exit(0)
