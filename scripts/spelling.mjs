// Checks that everything written here has American spelling: documents, comments, messages, names.
// It knows a list of British words, so it finds no others. `npm run lint` runs it.

import { readFileSync } from 'node:fs'

import { root } from './setup.mjs'
import { report, sourceFiles } from './source-files.mjs'

/**
 * British spellings, as regular expressions. They match the beginning of a word or of a part of a
 * name (`normaliseText`, `is_coloured`, `textColour`).
 */
const BRITISH = [
  // -our, -ogue, -re, -ce
  ...['behaviour', 'colour', 'favour', 'flavour', 'honour', 'humour', 'labour', 'neighbour', 'rumour', 'vapour'],
  ...['analogue', 'dialogue', 'calibre', 'centre', 'fibre', 'metre(?!l)', 'theatre'],
  ...['defence', 'licence', 'offence', 'pretence'],
  // -ise and -yse. Not `analyses` and `parallelism`, which are American spellings too.
  ...['analys(?:e|ed|er|ing)\\b', 'apologis[ei]', 'authoris', 'canonicalis', 'capitalis', 'categoris', 'characteris'],
  ...['customis', 'emphasis(?:e|ed|ing)\\b', 'finalis', 'generalis', 'initialis', 'itemis', 'localis', 'materialis'],
  ...['maximis', 'memoris', 'minimis', 'modularis', 'normalis', 'optimis(?!t|m)', 'organis(?!m)', 'parallelis[ei]'],
  ...['paralys', 'penalis', 'prioritis', 'quantis', 'randomis', 'realis(?!m|t)', 'recognis', 'sanitis', 'serialis'],
  ...['specialis', 'stabilis', 'standardis', 'summaris', 'symbolis', 'synchronis', 'tokenis', 'utilis', 'vectoris'],
  ...['visualis'],
  // doubled letters, and other words
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
/** British spellings that a file must have: names of others, wrong options that a test passes. */
const QUOTED = {
  'test/cli/cli.test.ts': ['--colour'],
  'test/errors.test.ts': ['normalise'],
}
/** This file, which is not checked because it has the list. */
const OWN = 'scripts/spelling.mjs'

process.chdir(root)
/** The beginning of a word, or of a part of a name in snake case. */
const word = new RegExp(`(?<![a-z])(?:${BRITISH.join('|')})[a-z]*`, 'gi')
/** A part of a name in camel case, after a lower-case letter: the `Colour` of `textColour`. */
const inName = new RegExp(
  `(?<=[a-z])(?:${BRITISH.map((each) => each[0].toUpperCase() + each.slice(1)).join('|')})[a-z]*`,
  'g',
)
const files = sourceFiles(/\.(md|m?ts|mjs|rs|py|toml|ya?ml|sh|txt)$|^run$/).filter(
  (file) => file !== OWN && !isOthers(file),
)
report(files.flatMap(faultsOf), `${files.length} files are in American spelling`)

/** Whether a file's text is not ours: licenses, and lists that a program wrote. */
function isOthers(file) {
  return /^(THIRD-PARTY-NOTICES\.txt|test\/fixtures\/.*\.txt)$/.test(file)
}

/** A message for each British word in a file. */
function faultsOf(file) {
  const lines = readFileSync(file, 'utf8').split('\n')
  return lines.flatMap((line, i) => {
    const quoted = (QUOTED[file] ?? []).reduce((text, quote) => text.replaceAll(quote, ''), line)
    const found = [...quoted.matchAll(word), ...quoted.matchAll(inName)]
    return found.map(([british]) => `${file}:${i + 1}: \`${british}\` is British: write it the American way`)
  })
}
