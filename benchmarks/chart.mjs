// The README's chart: texts a second of each implementation, and how many times faster than the
// official Rust engine by kind of tokenizer.

import { medianNs, ratio } from './measure.mjs'

const WIDTH = 860
const LABEL = 330
const BAR = 18
const STEP = 27
const NUMBER = 96

const escaped = (text) => text.replace(/[&<>]/g, (character) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;' })[character])

/** An SVG of its own, readable on light and dark pages. */
export function chart(record) {
  const groups = [speeds(record), kinds(record)].filter(({ bars }) => bars.length > 0)
  let y = 8
  const parts = []
  for (const { title, note, bars } of groups) {
    parts.push(`<text class="title" x="0" y="${y + 16}">${escaped(title)}</text>`)
    parts.push(`<text class="note" x="0" y="${y + 35}">${escaped(note)}</text>`)
    y += 48
    const largest = Math.max(...bars.map(({ value }) => value))
    for (const { label, value, text, own } of bars) {
      const length = Math.max(1.5, (value / largest) * (WIDTH - LABEL - NUMBER))
      parts.push(
        `<text class="label" x="${LABEL - 10}" y="${y + 14}">${escaped(label)}</text>`,
        `<rect class="${own ? 'own' : 'other'}" x="${LABEL}" y="${y}" width="${length.toFixed(1)}" height="${BAR}" rx="2"/>`,
        `<text class="value" x="${(LABEL + length + 8).toFixed(1)}" y="${y + 14}">${escaped(text)}</text>`,
      )
      y += STEP
    }
    y += 18
  }
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${y}" width="${WIDTH}" height="${y}" role="img" aria-label="Speed of model2vec-node beside other implementations">
<style>
text { font: 13px system-ui, sans-serif; fill: #1f2328 }
.title { font-size: 15px; font-weight: 600 }
.note { fill: #59636e }
.label { text-anchor: end }
.own { fill: #1a7f5a }
.other { fill: #9aa4ae }
@media (prefers-color-scheme: dark) {
  text { fill: #e6edf3 }
  .note { fill: #9198a1 }
  .own { fill: #3fb984 }
  .other { fill: #656e77 }
}
</style>
${parts.join('\n')}
</svg>
`
}

function speeds({ throughput, peers }) {
  const found = throughput.find(({ model, set }) => model === 'potion-base-8M' && set === 'lines')
  const ids = ['ours sync', 'model2vec-rs', 'laghu', 'model2vec', 'transformers-js']
  const bars = ids.flatMap((id) => {
    const ns = medianNs(found?.results[id]?.warm)
    if (ns === null) return []
    const value = (found.texts / ns) * 1e9
    const [name] = id.split(' ')
    const label = `${peers[name].title}, ${peers[name].language}`
    return [{ label, value, text: `${(value / 1e3).toFixed(value < 1e5 ? 1 : 0)} k/s`, own: name === 'ours' }]
  })
  return {
    title: 'Texts a second, one thread',
    note: `potion-base-8M, ${found?.texts ?? 0} lines of ${Math.round((found?.bytes ?? 0) / (found?.texts ?? 1))} bytes, results in fresh memory`,
    bars,
  }
}

function kinds({ throughput }) {
  const bars = throughput.flatMap(({ kind, set, results }) => {
    const value = ratio(results['model2vec-rs'], results['ours sync'])
    return value === null ? [] : [{ label: `${kind}, ${set}`, value, text: `${value.toFixed(1)}×`, own: true }]
  })
  return {
    title: 'Times as fast as model2vec-rs 0.4.0',
    note: 'from JavaScript, against Rust; one thread, results in fresh memory',
    bars,
  }
}
