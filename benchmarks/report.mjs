// A record of measurements as Markdown: the whole of it, and the README's section.

import { readFileSync, writeFileSync } from 'node:fs'

import { commandLineReport } from './command-line-report.mjs'
import { medianNs, ratio } from './measure.mjs'

const BEGIN = '<!-- benchmarks: written by `npm run bench` -->'
const END = '<!-- end of the benchmarks -->'

const SET_TITLES = {
  lines: 'lines',
  paragraphs: 'paragraphs',
  documents: 'documents',
  multilingual: 'multilingual lines',
}
const RIVALS = ['model2vec-rs', 'laghu', 'model2vec', 'transformers-js']
const OURS = ['ours sync', 'ours sync-out', 'ours async', 'ours async-out']

/** What a proof found, in a line. */
export function verdicts(proof) {
  const ours = Object.entries(proof.ours).filter(([, wrong]) => wrong > 0)
  const own =
    ours.length === 0
      ? `ours equal ${proof.reference === 'sync' ? 'each other' : "Python's"} in every bit`
      : `OURS DIFFER: ${ours.map(([form, wrong]) => `${form} on ${wrong}`).join(', ')}`
  const others = [...Object.entries(proof.peers), ...Object.entries(proof.tokenizing)].map(
    ([name, { wrong, error }]) => `${name} ${error ?? (wrong === 0 ? 'agrees' : `differs on ${wrong}`)}`,
  )
  return `${proof.texts} texts: ${[own, ...others].join('; ')}`
}

/** Everything that `results.json` has, but the single passes. */
export function report(record) {
  const parts = [
    '# Benchmarks',
    `Written by \`npm run bench\`${record.quick ? ' (a quick run: its numbers mean little)' : ''} on ${record.date}, in ${record.seconds} seconds. ${measuredOn(record)}`,
    HOW(record),
    section('Targets', targets(record)),
    section('Vectors and ids', proofs(record)),
    section('One thread: thousand texts a second', speeds(record)),
    section('One thread: how many times faster, fresh results on the calling thread', ratios(record)),
    section('Two threads: thousand texts a second', twoThreads(record)),
    section('Tokenizing alone, one thread: MB a second', tokenizing(record)),
    section('One query of ten words', latencies(record)),
    section('Load, memory, size', loads(record)),
    record.commandLine === undefined ? '' : commandLineReport(record.commandLine),
    section('Left out', record.leftOut.map((line) => `- ${line}`).join('\n')),
  ]
  return `${parts.filter((part) => part !== '').join('\n\n')}\n`
}

/** Replaces the section between the markers of `readme`. */
export function readmeSection(record, readme) {
  const text = readFileSync(readme, 'utf8')
  const from = text.indexOf(BEGIN)
  const to = text.indexOf(END)
  if (from < 0 || to < from) throw new Error(`${readme} has no section between ${BEGIN} and ${END}`)
  const body = [
    '![Speed compared with other implementations](benchmarks/results.svg)',
    ranges(record),
    startUp(record),
    wrapped(
      `The least and the most over all texts: from JavaScript, one thread, fresh results, on texts that the process has not seen. ` +
        `${measuredOn(record)} [benchmarks/results.md](benchmarks/results.md) has everything that was measured, also the ` +
        'targets that were missed; `npm run bench` measures again.',
    ),
  ]
  writeFileSync(readme, `${text.slice(0, from)}${BEGIN}\n\n${body.filter((part) => part !== '').join('\n\n')}\n\n${text.slice(to)}`)
}

/**
 * How many times faster than each of the others: the least and the most over the sets of texts, of
 * the default model's kind and the rest.
 */
function ranges(record) {
  const range = (name, wanted) => {
    const all = record.throughput
      .filter(({ kind }) => (kind === 'WordPiece') === wanted)
      .flatMap(({ results }) => ratio(results[name], results['ours sync']) ?? [])
    return all.length === 0 ? '–' : `${short(Math.min(...all))} to ${short(Math.max(...all))}`
  }
  return table(
    ['times faster than', 'WordPiece', 'other tokenizers'],
    rivals(record).map((name) => [title(record, name), range(name, true), range(name, false)]),
  )
}

/** How long it takes until there is a first vector, in a fresh process. */
function startUp(record) {
  const all = Object.entries(record.load ?? {}).filter(([, { firstNs }]) => firstNs !== undefined)
  if (all.length === 0) return ''
  const milliseconds = (ns) => (ns === 0 ? '–' : `${short(ns / 1e6)} ms`)
  const rows = all.map(([id, { importNs, loadNs, firstNs }]) => [
    idTitle(record, id).replace(' sync', ''),
    ...[importNs, loadNs, firstNs, importNs + loadNs + firstNs].map(milliseconds),
  ])
  return table(['from process start, potion-base-8M', 'import', 'load', 'first vector', 'in all'], rows)
}

/** Prose in lines of 100 columns, as in the other Markdown files. */
function wrapped(text) {
  return text.replace(/(?=.{101})(.{1,100}) /g, '$1\n')
}

function measuredOn({ machine, commit, changed, proofs: all }) {
  const kernel = all[0]?.kernel
  const { processor, cores, memoryGB, system, virtual, node, rust } = machine
  const code = commit === undefined ? '' : ` Commit ${commit}${changed ? ', with changes' : ''}.`
  const path = kernel === undefined ? '' : `, kernel ${kernel}`
  return `${processor}, ${cores} cores${virtual ? ' of a virtual machine' : ''}, ${memoryGB} GB, ${system}, Node ${node}, ${rust?.split(' (')[0] ?? 'no rustc'}${path}.${code}`
}

const HOW = ({ pinned, extent, corpora }) => `Each peer runs in a process of its own${
  pinned ? ', bound to as many cores as it may have threads (the same ones for all)' : ', not bound to cores'
}. In each of ${extent.generations} generations all get fresh processes, whose first pass is the cold one, and ${extent.warm} more passes, in turn with each other; those that take more than a second a pass are in one
generation only, with ${extent.slowWarm} more passes. The texts are from the corpora ${corpora === 'data' ? 'that the test fixtures were made of' : 'of the test fixtures, in which a quarter of the documents stand for ones that can’t be committed'}. Every pass has the same texts for all, which no process has seen: shuffled, and a word changed in each. A time is that of the library's
call and nothing else; numbers are medians, ratios the median over the rounds that both were in. Ours is called from JavaScript, strings in,
vectors out: \`sync\` and \`async\` make fresh results, \`out\` fills memory that is there. model2vec-rs is called from Rust (\`encode_flat\`, fat LTO,
no \`target-cpu\`, as ours). The models but potion-base-8M have tables of 32 columns: their times are those of tokenizing.`

function section(title, body) {
  return body === '' || body === null ? '' : `## ${title}\n\n${body}`
}

function table(head, rows) {
  if (rows.length === 0) return ''
  const line = (cells) => `| ${cells.join(' | ')} |`
  return [line(head), `|${head.map((_, i) => (i === 0 ? '---' : '---:')).join('|')}|`, ...rows.map(line)].join('\n')
}

const title = (record, name) => record.peers[name].title
const rivals = (record) => RIVALS.filter((name) => record.peers[name] !== undefined)
const rowTitle = ({ kind, set }) => `${kind}, ${SET_TITLES[set]}`

/** Three digits. */
function short(number) {
  if (number === null || number === undefined) return '–'
  if (number >= 100) return number.toFixed(0)
  return number >= 10 ? number.toFixed(1) : number.toFixed(2)
}

function targets({ targets: all }) {
  return table(
    ['target', '', 'measured', ''],
    all.map(({ title: name, target, measured, unit, verdict }) => [
      name,
      target,
      measured === null ? '–' : `${measured.toFixed(2)}${unit === '×' ? unit : ` ${unit}`}`,
      verdict === 'missed' ? '**missed**' : verdict,
    ]),
  )
}

function proofs(record) {
  if (record.proofs.length === 0) return ''
  const names = [...rivals(record).filter((name) => name !== 'model2vec'), ...tokenizers(record)]
  const cell = (proof, name) => {
    const found = proof.peers[name] ?? proof.tokenizing[name]
    if (found === undefined) return ''
    return found.error !== undefined ? 'can’t load' : found.wrong === 0 ? '0' : `**${found.wrong}**`
  }
  const reference = record.proofs[0].reference
  const intro =
    reference === 'sync'
      ? 'Without Python: our forms are compared with each other.'
      : `Texts on which a peer's vectors differ from Python's (${title(record, reference)}): ours in any bit, the others' by more than float sums in another order make (${[
          ...new Set(record.proofs.map(({ tolerance }) => tolerance)),
        ].join(
          ' in float32 tables, ',
        )}${new Set(record.proofs.map(({ tolerance }) => tolerance)).size > 1 ? ' in float16 ones' : ''}); of those that only tokenize, texts with other ids, without a limit of length.`
  const reasons = new Map(
    record.proofs.flatMap((proof) =>
      Object.entries({ ...proof.peers, ...proof.tokenizing })
        .filter(([, { error }]) => error !== undefined)
        .map(([name, { error }]) => [`- ${title(record, name)}, ${proof.kind}: ${error}`, true]),
    ),
  )
  return [
    intro,
    table(
      ['', 'texts', 'ours', ...names.map((name) => title(record, name))],
      record.proofs.map((proof) => [
        rowTitle(proof),
        proof.texts,
        Math.max(...Object.values(proof.ours)),
        ...names.map((name) => cell(proof, name)),
      ]),
    ),
    [...reasons.keys()].join('\n'),
  ]
    .filter((part) => part !== '')
    .join('\n\n')
}

/** Thousand texts a second, warm, and in brackets in the cold first pass. */
function rate(texts, result) {
  const k = (ns) => short((texts / ns) * 1e6)
  if (result?.error !== undefined) return 'fails'
  const [warm, cold] = [medianNs(result?.warm), medianNs(result?.cold)]
  return warm === null ? '–' : `${k(warm)} (${k(cold)})`
}

function speeds(record) {
  const names = rivals(record)
  const rows = record.throughput.map((one) => [
    rowTitle(one),
    short(one.bytes / one.texts),
    ...[...OURS, ...names].map((id) => rate(one.texts, one.results[id])),
  ])
  const head = [
    '',
    'bytes',
    ...OURS.map((id) => id.replace('ours ', '').replace('-', ', ')),
    ...names.map((name) => title(record, name)),
  ]
  return rows.length === 0
    ? ''
    : `Warm, in brackets the cold first pass. The first four are ours.\n\n${table(head, rows)}`
}

function ratios(record) {
  const names = rivals(record)
  if (names.length === 0 || record.throughput.length === 0) return ''
  const times = (value) => (value === null ? '–' : `${short(value)}×`)
  const head = [
    '',
    ...names.flatMap((name) => (name === 'model2vec-rs' ? [title(record, name), 'cold'] : [title(record, name)])),
  ]
  const rows = record.throughput.map((one) => [
    rowTitle(one),
    ...names.flatMap((name) => {
      const warm = times(ratio(one.results[name], one.results['ours sync']))
      return name === 'model2vec-rs'
        ? [warm, times(ratio(one.results[name], one.results['ours sync'], 'cold'))]
        : [warm]
    }),
  ])
  return table(head, rows)
}

function twoThreads(record) {
  const found = record.throughput.filter(({ results }) => results['ours async 2 threads'] !== undefined)
  if (found.length === 0) return ''
  const ids = ['ours sync', 'ours async', 'ours async-out', ...rivals(record).filter((name) => name !== 'transformers-js')]
  const cell = (one, id) => {
    const two = one.results[`${id} 2 threads`]
    const scaling = ratio(one.results[id], two)
    return two === undefined ? '–' : `${rate(one.texts, two)}${scaling === null ? '' : `, ${scaling.toFixed(2)}×`}`
  }
  const head = ['', ...ids.map((id) => (id.startsWith('ours') ? id.replace('-', ', ') : title(record, id)))]
  return `Warm, in brackets the cold first pass, and how many times what one thread does. transformers.js has one thread.\n\n${table(
    head,
    found.map((one) => [rowTitle(one), ...ids.map((id) => cell(one, id))]),
  )}`
}

function tokenizers(record) {
  return Object.keys(record.peers).filter((name) => record.peers[name].kind === 'tokenize')
}

function tokenizing(record) {
  const names = tokenizers(record)
  const ids = ['ours tokenize', ...names]
  const speed = ({ bytes, results }, id) => {
    if (results[id]?.error !== undefined) return 'can’t load'
    const ns = medianNs(results[id]?.warm)
    return ns === null ? '–' : short((bytes / ns) * 1e3)
  }
  const rows = record.tokenizing.map((one) => [rowTitle(one), ...ids.map((id) => speed(one, id))])
  return rows.length === 0
    ? ''
    : `Ours is \`tokenize\`, from JavaScript, a Uint32Array a text; the others are called from Rust. Whose ids are wrong is said above.\n\n${table(
        ['', 'ours', ...names.map((name) => title(record, name))],
        rows,
      )}`
}

const micro = (ns) => `${short(ns / 1e3)} µs`

function idTitle(record, id) {
  const [name, ...rest] = id.split(' ')
  return [title(record, name), ...rest].join(' ').replace('-out', ', out')
}

function latencies({ latency: alone, paused, underLoad, ...record }) {
  if (alone === undefined) return ''
  const row = (found) =>
    found.error === undefined ? [micro(found.p50), micro(found.p99), micro(found.worst)] : ['fails', '', '']
  const rows = (all) => Object.entries(all).map(([id, found]) => [idTitle(record, id), ...row(found)])
  return [
    'potion-base-8M, a query at a time, each another one; the clock is read once before and once after it. One thread.',
    table(['', 'p50', 'p99', 'worst'], rows(alone)),
    'The same with a pause of 2 ms before each query. `built-in` is no query but `JSON.parse` of its ten words.',
    table(['', 'p50', 'p99', 'worst'], rows(paused ?? {})),
    'The same with the pause, while the process embeds all documents again and again on two threads.',
    table(['', 'p50', 'p99', 'worst'], rows(underLoad)),
  ].join('\n\n')
}

function loads({ load, installed, ...record }) {
  if (load === undefined) return ''
  const megabytes = (number) => (number === null || number === undefined ? '–' : short(number))
  return [
    'potion-base-8M, in fresh processes: the import of the library, the load, the vector of a first short text. Private memory is that of the whole process; in brackets, what it had before it loaded anything of the library. Size is what the package and what it requires take on the disk, without a model and without Node or Python; of model2vec-rs, a program that has it linked in.',
    table(
      ['', 'import', 'load', 'first vector', 'in all', 'private memory, loaded', 'after 300 texts', 'installed'],
      Object.entries(load).map(([id, found]) => {
        const size = installed?.[id.replace(' sync', '')] ?? (id.startsWith('ours') ? installed?.ours : undefined)
        const megabytesOnDisk = size === undefined ? '–' : `${short(size / 1e6)} MB`
        if (found.error !== undefined) return [idTitle(record, id), 'fails', '', '', '', '', '', megabytesOnDisk]
        return [
          idTitle(record, id).replace(' sync', ''),
          found.importNs === 0 ? '–' : `${short(found.importNs / 1e6)} ms`,
          `${short(found.loadNs / 1e6)} ms`,
          // Records from before it was measured have none.
          found.firstNs === undefined ? '–' : `${short(found.firstNs / 1e6)} ms`,
          found.firstNs === undefined
            ? '–'
            : `${short((found.importNs + found.loadNs + found.firstNs) / 1e6)} ms`,
          `${megabytes(found.loadedMB)} MB (${megabytes(found.startedMB)})`,
          `${megabytes(found.usedMB)} MB`,
          megabytesOnDisk,
        ]
      }),
    ),
  ].join('\n\n')
}
