// The side of a peer in JavaScript in the benchmarks' protocol: a line of JSON in, a line of JSON
// out. `peer-process.mjs` is the other side and says what each command means.

import { readFileSync, writeFileSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { setTimeout } from 'node:timers/promises'

/**
 * Answers the driver until it closes standard input. `load(options)` makes the peer:
 * - `pass(texts, form)` embeds all texts; nothing but the library's own call belongs in here, as it
 *   is timed. May be async
 * - `prepare(texts, form)`, where there is one, is called before, and is not timed
 * - `query(text, form)` embeds one; the form 'built-in' is no query but `JSON.parse`, beside which others
 *   are seen
 * - `facts`, where there are any, are added to the answer to `load`
 * - `vectors(texts, form)` gives the Float32Array of a pass, `ids(texts)` an array of ids for each
 *   text
 */
export async function serve(load) {
  let peer
  const nanoseconds = (started) => Math.round((performance.now() - started) * 1e6)
  const commands = {
    async load(options) {
      const started = performance.now()
      peer = await load(options)
      return { ns: nanoseconds(started), ...peer.facts }
    },
    async pass({ texts, form }) {
      const read = readTexts(texts)
      peer.prepare?.(read, form)
      // What the pass before has left behind is not this one's; others don't pay for freeing theirs
      // either.
      globalThis.gc?.()
      const started = performance.now()
      const result = peer.pass(read, form)
      if (result instanceof Promise) await result
      return { ns: nanoseconds(started) }
    },
    async vectors({ texts, form, to }) {
      writeFileSync(to, bytesOf(await peer.vectors(readTexts(texts), form)))
      return {}
    },
    async ids({ texts, to }) {
      const ids = await peer.ids(readTexts(texts))
      writeFileSync(to, bytesOf(Uint32Array.from(ids.flatMap((row) => [row.length, ...row]))))
      return {}
    },
    async queries({ texts, form }) {
      return { ns: await timeQueries(readTexts(texts), form, 0) }
    },
    async 'paused-queries'({ texts, form, bulk, pause_ms }) {
      const documents = bulk === undefined ? null : readTexts(bulk)
      let done = false
      const work = (async () => {
        while (documents !== null && !done) await peer.pass(documents, 'async')
      })()
      const ns = await timeQueries(readTexts(texts), form, pause_ms)
      done = true
      await work
      return { ns }
    },
  }

  async function timeQueries(queries, form, pause) {
    const times = []
    const sync = !form.startsWith('async')
    const query =
      form === 'built-in'
        ? (words) => JSON.parse(words)
        : (text) => peer.query(text, form)
    const arguments_ = form === 'built-in' ? queries.map((text) => JSON.stringify(text.split(' '))) : queries
    for (const argument of arguments_) {
      if (pause > 0) await setTimeout(pause)
      const started = performance.now()
      if (sync) query(argument)
      else await query(argument)
      times.push(nanoseconds(started))
    }
    return times
  }

  console.log(JSON.stringify({ started: true }))
  for await (const line of createInterface({ input: process.stdin })) {
    const command = JSON.parse(line)
    let answer
    try {
      answer = await commands[command.do](command)
    } catch (error) {
      answer = { error: String(error.message ?? error) }
    }
    console.log(JSON.stringify(answer))
  }
}

function readTexts(path) {
  return JSON.parse(readFileSync(path, 'utf8'))
}

function bytesOf(array) {
  return new Uint8Array(array.buffer, array.byteOffset, array.byteLength)
}
