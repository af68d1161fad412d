// The measurements: each times processes of its own, in turn with each other, on texts that none of
// them has seen.

import { writeFileSync } from 'node:fs'
import path from 'node:path'

import { PeerProcess } from './peer-process.mjs'
import { corpus, median, quantile, variant } from './texts.mjs'

/** A pass that takes longer than this is repeated less. */
const SLOW_SECONDS = 1.2
const PAUSE_MS = 2

/** A contestant is a peer called in one way: `{ id, peer, form, threads, memory }`. */
export function contestant(peer, threads, form = '', memory = undefined) {
  const id = [peer.name, form, memory, threads > 1 ? `${threads} threads` : '']
    .filter((part) => part !== undefined && part !== '')
    .join(' ')
  return { id, peer, form, threads, memory }
}

async function started({ peer, form, threads, memory }, folder) {
  const process_ = await PeerProcess.start(peer, threads)
  try {
    const { ns } = await process_.ask({ do: 'load', model: folder, threads, memory })
    return Object.assign(process_, { form, loadNs: ns })
  } catch (error) {
    await process_.close()
    throw error
  }
}

/**
 * Times one set of texts. In each generation every contestant gets a fresh process, whose first
 * pass is the cold one, and some more passes; each pass has its own variant of the texts, the same
 * for all. Those that are slow are in the first generation only, with `slowWarm` more passes.
 *
 * @returns `{ bytes, results: { [id]: { cold, warm } | { error } } }`: nanoseconds of the passes,
 * with the number of their variant
 */
export async function throughput({ folder, texts, contestants, generations, warm, slowWarm, directory, say }) {
  const file = path.join(directory, 'texts.json')
  const results = Object.fromEntries(contestants.map(({ id }) => [id, { cold: [], warm: [] }]))
  const slow = new Set()
  for (let generation = 0; generation < generations; generation++) {
    const running = []
    for (const one of contestants) {
      if (slow.has(one.id) || results[one.id].error !== undefined) continue
      try {
        running.push({ id: one.id, process_: await started(one, folder), passes: 0 })
      } catch (error) {
        results[one.id] = { error: error.message }
      }
    }
    for (let pass = 0; pass <= warm; pass++) {
      const seed = generation * 100 + pass + 1
      writeFileSync(file, JSON.stringify(variant(texts, seed)))
      // Another one begins each time, and every other time they go backwards.
      const turn = running.map((_, i) => running[(i + seed) % running.length])
      if (seed % 2 === 0) turn.reverse()
      for (const { id, process_ } of turn) {
        if (results[id].error !== undefined || (slow.has(id) && pass > slowWarm)) continue
        try {
          const { ns } = await process_.ask({ do: 'pass', texts: file, form: process_.form })
          results[id][pass === 0 ? 'cold' : 'warm'].push({ seed, ns })
          if (ns > SLOW_SECONDS * 1e9) slow.add(id)
        } catch (error) {
          results[id] = { error: error.message }
        }
      }
    }
    await Promise.all(running.map(({ process_ }) => process_.close()))
    say(`generation ${generation + 1} of ${generations}`)
  }
  return { bytes: texts.reduce((sum, text) => sum + Buffer.byteLength(text), 0), results }
}

/** The median of nanoseconds of passes; null where there are none. */
export function medianNs(passes) {
  return passes === undefined || passes.length === 0 ? null : median(passes.map(({ ns }) => ns))
}

/**
 * How many times faster `one` is than `other`: the median over the rounds that both were in, so
 * that what slows the machine down for a while slows both down.
 */
export function ratio(other, one, which = 'warm') {
  if (other?.[which] === undefined || one?.[which] === undefined) return null
  const ours = new Map(one[which].map(({ seed, ns }) => [seed, ns]))
  const ratios = other[which].filter(({ seed }) => ours.has(seed)).map(({ seed, ns }) => ns / ours.get(seed))
  return ratios.length === 0 ? null : median(ratios)
}

/** Queries of ten words, each another one. */
function queries(lines, seed, count) {
  return variant(lines, seed)
    .map((line) => line.split(/\s+/))
    .filter((words) => words.length >= 10)
    .map((words) => words.slice(0, 10).join(' '))
    .slice(0, count)
}

/** Nanoseconds of each query but the first tenth, which warm up, come to this. */
function summary(ns) {
  const times = ns.slice(Math.floor(ns.length / 10))
  return { p50: quantile(times, 0.5), p99: quantile(times, 0.99), worst: quantile(times, 1), count: times.length }
}

/**
 * Latency of one query at a time; with `paused`, with a pause before each query; with `documents`
 * also while the process embeds them again and again.
 * `{ [id]: { p50, p99, worst, count } | { error } }` in nanoseconds, each the median of the rounds.
 */
export async function latency({ folder, lines, paused, documents, contestants, rounds, count, directory }) {
  const file = path.join(directory, 'queries.json')
  const bulk = documents === undefined ? undefined : path.join(directory, 'bulk.json')
  const command = paused
    ? { do: 'paused-queries', texts: file, bulk, pause_ms: PAUSE_MS }
    : { do: 'queries', texts: file }
  const found = Object.fromEntries(contestants.map(({ id }) => [id, []]))
  for (let round = 0; round < rounds; round++) {
    // Other texts under load than alone.
    const seed = (documents === undefined ? 1000 : 2000) + round
    writeFileSync(file, JSON.stringify(queries(lines, seed, count)))
    if (documents !== undefined) writeFileSync(bulk, JSON.stringify(variant(documents, seed)))
    for (const one of round % 2 === 0 ? contestants : [...contestants].reverse()) {
      found[one.id].push(await failing(() => inProcess(one, folder, command)))
    }
  }
  return Object.fromEntries(Object.entries(found).map(([id, all]) => [id, middleOf(all)]))
}

async function inProcess(one, folder, command) {
  const process_ = await started(one, folder)
  try {
    return summary((await process_.ask({ ...command, form: one.form })).ns)
  } finally {
    await process_.close()
  }
}

async function failing(work) {
  try {
    return await work()
  } catch (error) {
    return { error: error.message }
  }
}

function middleOf(all) {
  const failed = all.find(({ error }) => error !== undefined)
  if (failed !== undefined) return failed
  return Object.fromEntries(Object.keys(all[0]).map((key) => [key, median(all.map((one) => one[key]))]))
}

/**
 * Time of a load and of the first vector, and private memory, each in fresh processes:
 * `{ [id]: { importNs, loadNs, firstNs, startedMB, loadedMB, usedMB } | { error } }`, medians.
 * `startedMB` is a process before it loads anything of the library, `loadedMB` with the model loaded,
 * `usedMB` after 300 texts of many languages.
 */
export async function loadAndMemory({ folder, contestants, rounds, directory }) {
  const file = path.join(directory, 'texts.json')
  const first = path.join(directory, 'first.json')
  writeFileSync(file, JSON.stringify(corpus('multilingual_300')))
  writeFileSync(first, JSON.stringify(['a dog in the park']))
  const found = Object.fromEntries(contestants.map(({ id }) => [id, []]))
  for (let round = 0; round < rounds; round++) {
    for (const one of round % 2 === 0 ? contestants : [...contestants].reverse()) {
      found[one.id].push(
        await failing(async () => {
          const process_ = await PeerProcess.start(one.peer, one.threads)
          try {
            const startedMB = process_.privateMemory()
            const { ns, importNs = 0 } = await process_.ask({
              do: 'load',
              model: folder,
              threads: one.threads,
              memory: one.memory,
            })
            const [firstNs] = (await process_.ask({ do: 'queries', texts: first, form: one.form })).ns
            const loadedMB = process_.privateMemory()
            await process_.ask({ do: 'pass', texts: file, form: one.form })
            return { importNs, loadNs: ns - importNs, firstNs, startedMB, loadedMB, usedMB: process_.privateMemory() }
          } finally {
            await process_.close()
          }
        }),
      )
    }
  }
  return Object.fromEntries(Object.entries(found).map(([id, all]) => [id, middleOf(all)]))
}
