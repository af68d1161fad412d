// What `command-line.mjs` measured, as Markdown: a section of results.md.

import { median } from './texts.mjs'

const seconds = (runs, field) => {
  const value = median(runs.map((run) => run[field])) / 1e3
  return Number.isFinite(value) ? value.toFixed(2) : '–'
}
/** The median over the rounds of how many times longer `slower` took. */
const times = (slower, faster, field = 'wall') => median(slower.map((run, i) => run[field] / faster[i][field]))
const shown = (ratio, digits) => (Number.isFinite(ratio) ? ratio.toFixed(digits) : '–')

function table(head, rows) {
  const line = (cells) => `| ${cells.join(' | ')} |`
  return [line(head), `|${head.map((_, i) => (i === 0 ? '---|' : '---:|')).join('')}`, ...rows.map(line)].join('\n')
}

function verdict(goal, reached) {
  if (goal === undefined) return ''
  return reached >= goal ? `≥ ${goal}` : `≥ ${goal}, **missed**`
}

/** Several ways over the same texts, beside the first of them. */
function beside(head, ways, name) {
  const [base] = ways
  const rows = ways.map((way) => {
    const share = times(base.runs, way.runs)
    const cells = [seconds(way.runs, 'wall'), shown(share, 2), verdict(way.goal, share), seconds(way.runs, 'cpu')]
    return [name(way), ...cells]
  })
  return table([...head, 'goal', 'processor s'], rows)
}

function peers(cases, titles) {
  const rows = cases.flatMap(({ title, to, goal, runs: { ours, ...others } }) => [
    [`${title} → \`${to}\``, 'model2vec-node', seconds(ours, 'wall'), seconds(ours, 'cpu'), '', '', ''],
    ...Object.entries(others).map(([name, runs]) => {
      const ratio = times(runs, ours)
      const cells = [seconds(runs, 'wall'), seconds(runs, 'cpu'), `${shown(ratio, 1)} ×`]
      return ['', titles[name], ...cells, `${shown(times(runs, ours, 'cpu'), 1)} ×`, verdict(goal, ratio)]
    }),
  ])
  return table(['', '', 's', 'processor s', 'ours is faster', 'in processor time', 'goal'], rows)
}

/** The section, from the record of `command-line.mjs`; what was not measured is left out. */
export function commandLineReport(record) {
  const { date, commit, machine, lines, bytes, rounds, cores, memory, outputs, inputs, cases, titles, packages } = record
  const parts = [
    '## The command line: from file to file',
    `Written by \`node benchmarks/command-line.mjs\`${record.quick ? ' (a quick run: its numbers mean little)' : ''} on ${date}. ${machine.processor}, ${cores} cores, ${machine.system}, ` +
      `Node ${machine.node}. Commit ${commit}. potion-base-8M; ${lines} lines of ${Math.round(bytes / lines)} bytes. Whole ` +
      `processes, starting and loading included, in turns with each other: medians of ${rounds} rounds, ratios as ` +
      'medians over the rounds. Processor time is that of all cores, and changes less on a busy machine.',
  ]
  if (cases !== undefined) {
    parts.push(
      `Beside Python, with ${packages.join(', ')}: each library reads, model2vec encodes, the library writes, in whole ` +
        'columns or its own batches, on all cores (`datasets` by a process for each). Both ' +
        'write the same columns: to `.npy` vectors alone, else those of the input and the vectors; ids, texts and ' +
        'vectors were compared before, bit for bit.',
      peers(cases, titles),
    )
  }
  if (outputs !== undefined) {
    const head = ['JSON Lines to', 's', 'of the rate of `.npy`']
    parts.push(beside(head, outputs, ({ options }) => `\`${options.join(' ')}\``))
  }
  if (inputs !== undefined) {
    parts.push(beside(['to `.npy` from', 's', 'of the rate of JSON Lines'], inputs, ({ title }) => title))
  }
  if (memory !== undefined) {
    const rows = memory.map(({ name, count, runs }) => {
      const [start, whole, encode] = ['start', 'file', 'memory'].map((key) => median(runs.map((run) => run[key])))
      const rate = (ms) => Math.round(count / ms)
      const share = median(runs.map((run) => run.memory / (run.file - run.start)))
      return [`${count} ${name}`, rate(whole - start), rate(encode), share.toFixed(2), Math.round(start)]
    })
    const head = ['thousand texts a second', 'JSON Lines to `.npy`', '`encode` in memory', 'share', 'start, taken off, ms']
    parts.push(table(head, rows))
  }
  if (record.leftOut.length > 0) parts.push(`Left out: ${record.leftOut.join('; ')}.`)
  return parts.join('\n\n')
}
