// Links of the Markdown files that point nowhere: to a file that is not there, or to a heading that
// a file does not have. And paths of this repository, in documents and comments, at which there is
// no file any more. Addresses of the web are not asked.

import { existsSync, readFileSync, statSync } from 'node:fs'
import path from 'node:path'

import { root } from './setup.mjs'
import { report, sourceFiles } from './source-files.mjs'

process.chdir(root)
const files = sourceFiles(/\.md$/)
const all = files.flatMap((file) => linksOf(file).map((link) => ({ file, ...link })))
const mentions = sourceFiles(/\.(md|m?ts|mjs|rs|py|toml|ya?ml)$|^run$/).flatMap(mentionsOf)
report(
  [...all.flatMap(faultOf), ...mentions.flatMap(mentionFault)],
  `${all.length} links of ${files.length} Markdown files lead to a file and a heading, ${mentions.length} mentioned paths to a file`,
)

/** The paths of this repository that a file names; history may name what is gone. */
function mentionsOf(file) {
  if (/^(CHANGELOG|docs\/OPTIMIZATIONS)\.md$/.test(file)) return []
  const paths =
    /(?<![\w./@-])(?:src|crates|test|scripts|docs|benchmarks|cross|fuzz|examples|npm|\.github)\/[\w./-]*\.(?:m?ts|mjs|rs|md|py|json|ya?ml|toml)\b/g
  return readFileSync(file, 'utf8')
    .split('\n')
    .flatMap((text, i) => [...text.matchAll(paths)].map(([target]) => ({ file, target, line: i + 1 })))
}

function mentionFault({ file, target, line }) {
  return existsSync(target) ? [] : [`${file}:${line}: there is no ${target}`]
}

/** The targets of a file's links and pictures, without those of the web. */
function linksOf(file) {
  return withoutCode(readFileSync(file, 'utf8')).flatMap((text, i) => {
    const inline = [...text.matchAll(/\]\(\s*<?([^()\s>]+(?:\([^()\s]*\)[^()\s>]*)*)/g)]
    const named = [...text.matchAll(/^\s*\[[^\]]+\]:\s*<?([^\s>]+)/g)]
    const html = [...text.matchAll(/\b(?:href|src|srcset)="([^"\s]+)/g)]
    return [...inline, ...named, ...html]
      .map(([, target]) => ({ target, line: i + 1 }))
      .filter(({ target }) => !/^[a-z][a-z\d+.-]*:/i.test(target))
  })
}

/** The lines of a file, empty where they are code, and without the code in them. */
function withoutCode(text) {
  let fence = null
  return text.split('\n').map((line) => {
    const [, mark] = /^\s*(`{3,}|~{3,})/.exec(line) ?? []
    if (fence === null && mark !== undefined) fence = mark
    else if (fence !== null && mark?.startsWith(fence)) fence = null
    else if (fence === null) return line.replace(/(`+)(?!`).*?[^`]\1(?!`)/g, '')
    return ''
  })
}

function faultOf({ file, target, line }) {
  const [place, anchor] = decodeURI(target).split('#')
  const pointed = place === '' ? file : path.posix.join(place.startsWith('/') ? '.' : path.posix.dirname(file), place)
  const where = `${file}:${line}: ${target}`
  if (!existsSync(pointed)) return [`${where}: there is no ${pointed}`]
  if (anchor === undefined || !pointed.endsWith('.md') || statSync(pointed).isDirectory()) return []
  return headingsOf(pointed).has(anchor) ? [] : [`${where}: ${pointed} has no heading of that name`]
}

/** The anchors that GitHub gives to a file's headings, and those that it sets itself. */
function headingsOf(file) {
  const text = readFileSync(file, 'utf8')
  const seen = new Map()
  const anchors = new Set([...text.matchAll(/\b(?:id|name)="([^"]+)"/g)].map(([, anchor]) => anchor))
  let isCode = false
  for (const line of text.split('\n')) {
    if (/^\s*(`{3,}|~{3,})/.test(line)) isCode = !isCode
    const [, heading] = (isCode ? null : /^#{1,6}\s+(.*?)\s*#*$/.exec(line)) ?? []
    if (heading === undefined) continue
    const words = heading.replace(/\[([^\]]*)\]\([^)]*\)/g, '$1').toLowerCase()
    const anchor = words.replace(/[^\p{L}\p{N}\p{M}_\- ]/gu, '').replaceAll(' ', '-')
    const before = seen.get(anchor) ?? 0
    seen.set(anchor, before + 1)
    anchors.add(before === 0 ? anchor : `${anchor}-${before}`)
  }
  return anchors
}
