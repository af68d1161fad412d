// American spelling in everything that is written here: documents, comments, messages, names.

import { readFileSync } from 'node:fs'

import { root } from './setup.mjs'
import { report, sourceFiles } from './source-files.mjs'

/** British spellings, as the beginning of a word or of a part of a name (`normaliseText`, `is_coloured`). */
const BRITISH = [
  // -our, -ogue, -re, -ce
  ...['behaviour', 'colour', 'favour', 'flavour', 'honour', 'humour', 'labour', 'neighbour', 'rumour', 'vapour'],
  ...['analogue', 'dialogue', 'calibre', 'centre', 'fibre', 'metre(?!l)', 'theatre'],
  ...['defence', 'licence', 'offence', 'pretence'],
  // -ise and -yse. Not `analyses` and `parallelism`, which both spell so.
  ...['analys(?:e|ed|er|ing)\\b', 'apologis[ei]', 'authoris', 'canonicalis', 'capitalis', 'categoris', 'characteris'],
  ...['customis', 'emphasis(?:e|ed|ing)\\b', 'finalis', 'generalis', 'initialis', 'itemis', 'localis', 'materialis'],
  ...['maximis', 'memoris', 'minimis', 'modularis', 'normalis', 'optimis(?!t|m)', 'organis(?!m)', 'parallelis[ei]'],
  ...['paralys', 'penalis', 'prioritis', 'quantis', 'randomis', 'realis(?!m|t)', 'recognis', 'sanitis', 'serialis'],
  ...['specialis', 'stabilis', 'standardis', 'summaris', 'symbolis', 'synchronis', 'tokenis', 'utilis', 'vectoris'],
  ...['visualis'],
  // doubled letters, and the rest
  ...['labell', 'modell(?:ed|ing)', 'signall', 'travell', 'fulfil(?:s|ment)?\\b', 'skilful'],
  ...[
    'amongst',
    'artefact',
    'catalogue',
    'cheque(?:s)?\\b',
    'grey',
    'judgement',
    'learnt',
    'practis',
    'programme(?:s)?\\b',
  ],
  ...['sceptic', 'spelt', 'storey', 'tyre', 'whilst'],
]
/** What has to be spelt so: names of others, and a wrong option that a test passes. By file. */
const QUOTED = {
  'test/cli/cli.test.ts': ['--colour'],
  'test/errors.test.ts': ['normalise'],
}
const OWN = 'scripts/spelling.mjs'

process.chdir(root)
const word = new RegExp(`(?<![a-z])(?:${BRITISH.join('|')})[a-z]*`, 'gi')
const inName = new RegExp(
  `(?<=[a-z])(?:${BRITISH.map((each) => each[0].toUpperCase() + each.slice(1)).join('|')})[a-z]*`,
  'g',
)
const files = sourceFiles(/\.(md|m?ts|mjs|rs|py|toml|ya?ml|sh|txt)$|^run$/).filter(
  (file) => file !== OWN && !isOthers(file),
)
report(files.flatMap(faultsOf), `${files.length} files are in American spelling`)

/** Texts of others: licenses, and lists that a program wrote. */
function isOthers(file) {
  return /^(THIRD-PARTY-NOTICES\.txt|test\/fixtures\/.*\.txt)$/.test(file)
}

function faultsOf(file) {
  const lines = readFileSync(file, 'utf8').split('\n')
  return lines.flatMap((line, i) => {
    const quoted = (QUOTED[file] ?? []).reduce((text, quote) => text.replaceAll(quote, ''), line)
    const found = [...quoted.matchAll(word), ...quoted.matchAll(inName)]
    return found.map(([british]) => `${file}:${i + 1}: \`${british}\` is British: write it the American way`)
  })
}
