// The progress bar on a terminal.

import { process } from '../runtime/node-globals.js'

const BAR_WIDTH = 30

/**
 * Draws the bar on stderr, over the one before.
 *
 * @param share from 0 to 1, or null when it isn't known
 * @param isEnd whether it is the last one: a line feed follows
 */
export function drawBar(share: number | null, text: string, isEnd: boolean): void {
  const filled = Math.round((share ?? 0) * BAR_WIDTH)
  const bar = '█'.repeat(filled) + '░'.repeat(BAR_WIDTH - filled)
  const percent = share === null ? '' : ` ${Math.floor(share * 100)} %`
  // The escape sequence erases what is left of a longer line.
  process.stderr.write(`\r${bar}${percent} (${text})\x1b[K${isEnd ? '\n' : ''}`)
}
