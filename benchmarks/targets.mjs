// What was set out to be reached, and what a run says of it.

import { ratio } from './measure.mjs'

const OFFICIAL = 'model2vec-rs'
const WORD_PIECE = 'potion-base-8M'

/**
 * How often our fresh results, made on the calling thread, come out in the time of one of
 * `other`'s.
 */
function against(other, model, set) {
  return (record) => {
    const found = record.throughput.find((one) => one.model === model && one.set === set)
    return found === undefined ? null : ratio(found.results[other], found.results['ours sync'])
  }
}

/**
 * How often one of ours on two threads has embedded the documents when the calling thread alone has
 * once.
 */
function scaling(two) {
  return (record) => {
    const found = record.throughput.find(({ model, set }) => model === WORD_PIECE && set === 'documents')
    return found === undefined ? null : ratio(found.results['ours sync'], found.results[two])
  }
}

/** The milliseconds that one of ours takes for a part of its start. */
function start(one, part) {
  return ({ load }) => (load?.[one]?.[part] === undefined ? null : load[one][part] / 1e6)
}

/** How many times longer a query takes, p50 or p99, while documents are embedded than `other` does. */
function underLoad(which, other) {
  return (record) => {
    const loaded = record.underLoad?.['ours sync 2 threads']?.[which]
    const compared = other(record)?.[which]
    return loaded === undefined || compared === undefined ? null : loaded / compared
  }
}

const paused = (record) => record.paused?.['ours sync 2 threads']
const builtIn = (record) => record.underLoad?.['ours built-in 2 threads']

const fold = (title, least, measured) => ({ title, least, unit: '×', measured })

export const TARGETS = [
  fold('WordPiece, lines : model2vec-rs', 4.5, against(OFFICIAL, WORD_PIECE, 'lines')),
  fold('WordPiece, paragraphs : model2vec-rs', 4, against(OFFICIAL, WORD_PIECE, 'paragraphs')),
  fold('WordPiece, documents : model2vec-rs', 4, against(OFFICIAL, WORD_PIECE, 'documents')),
  fold('WordPiece, multilingual lines : model2vec-rs', 4, against(OFFICIAL, WORD_PIECE, 'multilingual')),
  fold('Unigram (XLM-R), paragraphs : model2vec-rs', 10, against(OFFICIAL, 'ug-e5enpt-v10', 'paragraphs')),
  fold('Unigram (XLM-R), multilingual lines : model2vec-rs', 8, against(OFFICIAL, 'ug-e5enpt-v10', 'multilingual')),
  fold('byte-level BPE (Qwen), paragraphs : model2vec-rs', 20, against(OFFICIAL, 'bpe-qwen3-32k-v10', 'paragraphs')),
  fold('byte-level BPE (RoBERTa), paragraphs : model2vec-rs', 20, against(OFFICIAL, 'bpe-roberta-v10', 'paragraphs')),
  fold(
    'SentencePiece BPE (Gemma), paragraphs : model2vec-rs',
    8,
    against(OFFICIAL, 'spbpe-gemma3-51k-v10', 'paragraphs'),
  ),
  fold('WordLevel, paragraphs : model2vec-rs', 15, against(OFFICIAL, 'wl-v012-lower', 'paragraphs')),
  fold('two threads : one thread, documents', 1.8, scaling('ours sync 2 threads')),
  // Here the thread that reads the texts comes on top: three threads on two cores.
  fold('the same, async on two threads : sync on one', 1.8, scaling('ours async 2 threads')),
  {
    title: 'a query of ten words, sync, from JavaScript, p50',
    most: 1.5,
    unit: 'µs',
    measured: ({ latency }) => (latency?.['ours sync']?.p50 === undefined ? null : latency['ours sync'].p50 / 1e3),
  },
  ...[
    ['import of the package', 6, start('ours sync', 'importNs')],
    ["constructor, memory 'auto'", 7, start('ours sync', 'loadNs')],
    ["constructor, memory 'map'", 9, start('ours sync map', 'loadNs')],
    ['first `encodeSync` after that', 0.3, start('ours sync', 'firstNs')],
  ].map(([title, most, measured]) => ({ title, most, unit: 'ms', measured })),
  ...[
    ['a query while documents are embedded : the same without, p50', 1.3, underLoad('p50', paused)],
    ['a query while documents are embedded : the same without, p99', 1.3, underLoad('p99', paused)],
    ['a query while documents are embedded : `JSON.parse` then, p50', 2, underLoad('p50', builtIn)],
  ].map(([title, most, measured]) => ({ title, most, unit: '×', measured })),
  {
    title: 'pooling : a bare loop over the same ids and table',
    most: 1.15,
    unit: '×',
    elsewhere: 'cargo bench --bench encode',
  },
  fold('WordPiece, lines : Python model2vec 0.10.0', 50, against('model2vec', WORD_PIECE, 'lines')),
  fold('WordPiece, lines : transformers.js tokenizer + JS', 70, against('transformers-js', WORD_PIECE, 'lines')),
]

/**
 * Each target with what `record` has for it: `{ title, target, measured, verdict }`, where the
 * verdict is 'reached', 'missed', or why there is none.
 */
export function judge(record) {
  return TARGETS.map(({ title, least, most, unit, measured, elsewhere }) => {
    const target = least === undefined ? `≤ ${most} ${unit}` : `≥ ${least}${unit}`
    if (elsewhere !== undefined) return { title, target, measured: null, verdict: `measured by \`${elsewhere}\`` }
    const value = measured(record)
    if (value === null) return { title, target, measured: null, verdict: 'not measured' }
    const reached = least === undefined ? value <= most : value >= least
    return { title, target, measured: value, unit, verdict: reached ? 'reached' : 'missed' }
  })
}
