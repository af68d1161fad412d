// examples/reckon.mjs: what a run over many machines takes.

import { execFileSync } from 'node:child_process'

import test from 'ava'

function reckoned(...args: readonly string[]): Record<string, string> {
  const out = execFileSync(process.execPath, ['examples/reckon.mjs', ...args], { encoding: 'utf8' })
  return Object.fromEntries(
    out
      .trimEnd()
      .split('\n')
      .map((line) => line.split(/ {2,}/) as [string, string]),
  )
}

test('a run is as long as its cores, its network or its store make it', (t) => {
  // A thousand documents a second for an hour.
  const small = ['--documents', '3.6e6', '--rate', '1000', '--cores', '1', '--bytes', '1000', '--dim', '250']
  const cores = reckoned(...small, '--hours', '0.5', '--price', '2')
  t.is(cores['hours of one core'], '1')
  t.is(cores.machines, '2')
  t.is(cores.hours, '0.5')
  t.is(cores['what limits it'], 'the cores')
  t.is(cores['machines, dollars'], '2')
  t.is(cores.shards, '60')
  t.is(cores['read, GB'], '3.6')
  t.is(cores['written, GB'], '3.6')
  // 7.2 GB at a megabyte a second are two hours.
  const network = reckoned(...small, '--hours', '24', '--network', '0.001')
  t.deepEqual([network.hours, network['what limits it']], ['2', 'the network'])
  const store = reckoned(...small, '--hours', '24', '--sink-rate', '10')
  t.deepEqual([store.hours, store['what limits it']], ['100', 'the store'])
})

test('a number that is none is an error that names its option', (t) => {
  t.throws(() => reckoned('--rate', 'fast'), { message: /--rate should be a number above 0, but is fast/ })
})
