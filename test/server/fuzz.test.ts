// Requests with mistakes, byte by byte: whatever is sent, no answer is a fault of the server, and nothing
// stays in work.

import net from 'node:net'

import test from 'ava'

import { get, post, request, serve, until } from './serving.js'

/** A generator of integers below `end` (mulberry32). */
function random(seed: number): (end: number) => number {
  let state = seed
  return (end) => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * end)
  }
}

const TEXTS = ['a', 'żółw', 'two words', '\u{1f600}']
const REQUESTS: readonly string[] = [
  request('/v1/embeddings', JSON.stringify({ input: TEXTS, model: 'small', dimensions: 4, encoding_format: 'base64' })),
  request('/embed', JSON.stringify({ inputs: TEXTS, truncate: true, normalize: false })),
  request('/similarity', JSON.stringify({ inputs: { source_sentence: 'a', sentences: TEXTS } })),
  request('/tokenize', JSON.stringify({ inputs: TEXTS })),
  request('/predict', JSON.stringify({ inputs: [['a'], ['b']] })),
  request('/api/embed', JSON.stringify({ input: TEXTS, model: 'small' })),
  request('/embed_all', JSON.stringify({ inputs: TEXTS }), 'Expect: 100-continue\r\n'),
  'GET /v1/models/small HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer x\r\n\r\n',
  'GET /info HTTP/1.1\r\nHost: x\r\nOrigin: http://x\r\nContent-Encoding: gzip\r\n\r\n',
  'POST /embed HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{"inp\r\n9\r\nuts":"a"}\r\n0\r\n\r\n',
]

const INSERTS = [
  '"',
  '\\',
  '{',
  '}',
  '[',
  ']',
  ',',
  ':',
  '\r\n',
  '\0',
  '\xff',
  '%',
  '\u2028',
  '0',
  '-',
  'null',
  '1e999',
  '\\ud800',
]

/** A request with mistakes anywhere, or only in its body, whose length is right then. */
function mutated(next: (end: number) => number): Buffer {
  const request = Buffer.from(REQUESTS[next(REQUESTS.length)] ?? '')
  const end = request.indexOf('\r\n\r\n') + 4
  const head = request.toString('latin1', 0, end)
  if (next(2) === 0 || !head.includes('Content-Length')) return withMistakes(request, next)
  const body = withMistakes(request.subarray(end), next)
  return Buffer.concat([Buffer.from(head.replace(/Content-Length: \d+/, `Content-Length: ${body.length}`)), body])
}

function withMistakes(right: Buffer, next: (end: number) => number): Buffer {
  let bytes = right
  for (let i = next(4); i >= 0; i--) {
    const at = next(bytes.length + 1)
    const [before, after] = [bytes.subarray(0, at), bytes.subarray(at)]
    switch (next(5)) {
      case 0:
        bytes = Buffer.concat([before, Buffer.from(INSERTS[next(INSERTS.length)] ?? '', 'latin1'), after])
        break
      case 1:
        bytes = Buffer.concat([before, after.subarray(1 + next(8))])
        break
      case 2:
        bytes = Buffer.concat([before, Buffer.from([next(256)]), after.subarray(1)])
        break
      case 3:
        bytes = Buffer.concat([before, after.subarray(0, next(20)), after])
        break
      default:
        bytes = Buffer.from(before)
    }
  }
  return bytes
}

/** Sends, waits a moment for an answer, and goes away. */
function send(port: number, bytes: Buffer): Promise<string> {
  return new Promise((resolve) => {
    let reply = ''
    const socket = net.connect(port, '127.0.0.1', () => socket.end(bytes))
    socket.setTimeout(200, () => socket.destroy())
    socket.setEncoding('latin1').on('data', (text: string) => (reply += text))
    socket.on('error', () => undefined)
    socket.on('close', () => {
      resolve(reply)
    })
  })
}

test('mutated requests get no answer of 5xx, and the server serves on', async (t) => {
  const errors: unknown[] = []
  const { url, port } = await serve(t, { onError: (error) => errors.push(error) })
  const next = random(Number(process.env.FUZZ_SEED ?? 1))
  const statuses = new Map<string, number>()
  const end = Date.now() + 20_000
  let sent = 0
  while (sent < 3000 && Date.now() < end) {
    const batch = Array.from({ length: 20 }, () => mutated(next))
    const replies = await Promise.all(batch.map((bytes) => send(port, bytes)))
    sent += batch.length
    for (const [i, reply] of replies.entries()) {
      for (const [, status = ''] of reply.matchAll(/^HTTP\/1\.1 (\d+)/gm)) {
        statuses.set(status, (statuses.get(status) ?? 0) + 1)
        if (status.startsWith('5')) t.fail(`${status} for ${JSON.stringify(batch[i]?.toString('latin1'))}`)
      }
    }
  }
  t.deepEqual(errors, [])
  t.log(
    `${sent} requests: ${[...statuses]
      .sort()
      .map(([status, count]) => `${status} ${count} times`)
      .join(', ')}`,
  )
  t.true((statuses.get('200') ?? 0) > 0 && (statuses.get('400') ?? 0) > 0)
  await until(async () => /^model2vec_requests_in_work 0$/m.test((await get(`${url}/metrics`)).text))
  t.is((await post(`${url}/embed`, { inputs: 'a' })).status, 200)
})
