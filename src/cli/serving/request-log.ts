// The log of requests on standard output: a line each, as JSON or as text.

import type { RequestLog } from '../../server/options.js'
import { say } from '../terminal/message.js'

export const LOG_FORMATS = ['json', 'text'] as const
export type LogFormat = (typeof LOG_FORMATS)[number]

/** Lines that nobody reads are left out rather than kept in memory. */
const MOST_WAITING = 1 << 20

/**
 * Writes lines many at a time: once in a turn of the event loop. A log that can't be written ends
 * alone.
 */
export function requestLog(format: LogFormat): (request: RequestLog) => void {
  let lines = ''
  let dropped = 0
  let isOpen = true
  process.stdout.on('error', ({ message }) => {
    if (isOpen) say(`requests are not logged any more: ${message}`)
    isOpen = false
  })
  const write = (): void => {
    const note = dropped === 0 ? '' : `${lineOf(format, { time: now(), dropped })}\n`
    dropped = 0
    process.stdout.write(note + lines)
    lines = ''
  }
  return (request) => {
    if (!isOpen) return
    if (process.stdout.writableLength > MOST_WAITING) {
      dropped++
      return
    }
    if (lines === '') setImmediate(write)
    const { method, route, status, milliseconds, texts, tokens } = request
    const rounded = Math.round(milliseconds * 1000) / 1000
    lines += `${lineOf(format, { time: now(), method, route, status, ms: rounded, texts, tokens })}\n`
  }
}

function now(): string {
  return new Date().toISOString()
}

function lineOf(format: LogFormat, entry: Readonly<Record<string, string | number>>): string {
  if (format === 'json') return JSON.stringify(entry)
  return Object.entries(entry)
    .map(([name, value]) => (name === 'time' || name === 'method' || name === 'route' ? value : `${name}=${value}`))
    .join(' ')
}
