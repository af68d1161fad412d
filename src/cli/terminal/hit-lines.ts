// How search results are printed: a line per hit, or a JSON object per query.

import { exactJson } from '../exact-json.js'
import type { Hit, Query } from '../nearest-lines.js'
import { wellFormed } from '../well-formed.js'

/** As lines for people. Each query has a heading, where there are several. */
export function printLines(queries: readonly Query[]): void {
  for (const [i, { text, hits }] of queries.entries()) {
    if (queries.length > 1) process.stdout.write(`${i === 0 ? '' : '\n'}${text}\n`)
    for (const { score, item } of hits.sorted()) process.stdout.write(lineOf(score, item))
  }
}

/** As JSON Lines for programs. */
export function printJson(queries: readonly Query[]): void {
  for (const { text: query, hits } of queries) {
    const results = hits.sorted().map(({ score, item: { file, line, id, text } }) => ({
      score,
      file,
      line,
      ...(id !== null && { id: typeof id === 'string' ? wellFormed(id) : id }),
      text: wellFormed(text),
    }))
    process.stdout.write(`${exactJson({ query, results })}\n`)
  }
}

/** The line of a hit. On a terminal it is no wider than that. */
function lineOf(score: number, { file, line, id, text }: Hit): string {
  const place = `${file}:${line}${id === null ? '' : `  ${id}`}`
  const start = `${score.toFixed(4).padStart(7)}  `
  // Line breaks, and control characters that would move the cursor, become spaces.
  const shown = text.replaceAll(/[\s\p{Cc}]+/gu, ' ').trim()
  const room = process.stdout.isTTY ? Math.max(20, process.stdout.columns - start.length - place.length - 2) : Infinity
  const cut = (): string =>
    `${Array.from(shown)
      .slice(0, room - 1)
      .join('')}…`
  return `${start}${dim(place)}  ${shown.length <= room ? shown : cut()}\n`
}

/** Dim text, on a terminal that shows colors unless NO_COLOR is set (no-color.org). */
function dim(text: string): string {
  const { NO_COLOR, TERM } = process.env
  const isPlain = !process.stdout.isTTY || (NO_COLOR !== undefined && NO_COLOR !== '') || TERM === 'dumb'
  return isPlain ? text : `\x1b[2m${text}\x1b[22m`
}
