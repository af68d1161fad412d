// Bodies as clients send them: packed, in chunks, in pieces, too large, and wrong in every way.

import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib'

import test from 'ava'

import { ef, MANY_TEXTS, post, raw, request, serve, vectorOf } from './serving.js'

const CLOSE = 'Connection: close\r\n'

test('a body may be packed with gzip, deflate or brotli', async (t) => {
  const { url } = await serve(t)
  const expected = await ef.encode(MANY_TEXTS)
  const body = Buffer.from(JSON.stringify({ input: MANY_TEXTS, encoding_format: 'base64' }))
  for (const [encoding, pack] of [
    ['gzip', gzipSync],
    ['GZIP', gzipSync],
    ['deflate', deflateSync],
    ['br', brotliCompressSync],
    ['identity', (bytes: Buffer) => bytes],
  ] as const) {
    const { status, json } = await post(`${url}/v1/embeddings`, pack(body), { 'content-encoding': encoding })
    t.is(status, 200, encoding)
    t.deepEqual(vectorOf(json.data[299].embedding as string), expected.row(299))
  }
  t.is((await post(`${url}/v1/embeddings`, body, { 'content-encoding': 'zstd' })).status, 415)
  t.is((await post(`${url}/v1/embeddings`, body, { 'content-encoding': 'gzip' })).status, 400)
  t.is(
    (await post(`${url}/v1/embeddings`, gzipSync(body).subarray(0, 100), { 'content-encoding': 'gzip' })).status,
    400,
  )
})

test('a body is unpacked no further than the limit of a body', async (t) => {
  const { url } = await serve(t, { maxBody: 10_000 })
  const bomb = gzipSync(Buffer.alloc(50_000_000, 0x20))
  t.true(bomb.length > 10_000)
  t.is((await post(`${url}/embed`, bomb.subarray(0, 9000), { 'content-encoding': 'gzip' })).status, 413)
  const small = gzipSync(Buffer.alloc(1_000_000, 0x20))
  t.true(small.length < 10_000)
  t.is((await post(`${url}/embed`, small, { 'content-encoding': 'gzip' })).status, 413)
})

test('a body that is too large is 413, with and without Content-Length', async (t) => {
  const { url, port } = await serve(t, { maxBody: 100 })
  const body = JSON.stringify({ inputs: 'x'.repeat(200) })
  const known = await post(`${url}/embed`, body)
  t.is(known.status, 413)
  t.is(known.json.error_type, 'Validation')
  t.is((await post(`${url}/v1/embeddings`, body)).json.error.code, 'request_too_large')
  const chunk = `${body.length.toString(16)}\r\n${body}\r\n`
  const head = 'POST /embed HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n'
  t.regex(await raw(port, `${head}${chunk}0\r\n\r\n`), /^HTTP\/1\.1 413 /)
})

test('a client whose body is refused gets the answer while it still sends', async (t) => {
  const { url } = await serve(t, { maxBody: 1000 })
  // More than the buffers of a connection hold.
  const body = JSON.stringify({ inputs: 'x'.repeat(8_000_000) })
  for (let i = 0; i < 5; i++) t.is((await post(`${url}/embed`, body)).status, 413)
})

test('a client that waits for 100 Continue is refused before it sends', async (t) => {
  const { port } = await serve(t, { maxBody: 100 })
  const head = (length: number): string =>
    `POST /embed HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nExpect: 100-continue\r\nContent-Length: ${length}\r\n${CLOSE}\r\n`
  t.regex(await raw(port, head(200)), /^HTTP\/1\.1 413 /)
  const body = JSON.stringify({ inputs: 'a' })
  t.regex(await raw(port, head(body.length) + body), /^HTTP\/1\.1 100 Continue\r\n\r\nHTTP\/1\.1 200 OK\r\n/)
})

test('a body may come in chunks, byte by byte', async (t) => {
  const { port } = await serve(t)
  const bytes = Buffer.from(JSON.stringify({ inputs: 'żółw' }))
  const chunks = [...bytes].map((byte) => `1\r\n${String.fromCharCode(byte)}\r\n`).join('')
  const head = `POST /embed HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n${CLOSE}\r\n`
  const reply = await raw(port, Buffer.from(`${head}${chunks}0\r\n\r\n`, 'latin1'))
  t.regex(reply, /^HTTP\/1\.1 200 /)
  const [row] = JSON.parse(reply.slice(reply.indexOf('\r\n\r\n') + 4)) as number[][]
  t.deepEqual(Float32Array.from(row ?? []), (await ef.encode('żółw', { normalize: true })).row(0))
})

test('requests in one packet are answered in their order', async (t) => {
  const { port } = await serve(t)
  const texts = ['one', ...MANY_TEXTS.slice(0, 3), MANY_TEXTS.join(' ').repeat(20), 'last']
  const requests = texts.map((inputs, i) =>
    request('/embed', JSON.stringify({ inputs, truncate: true }), i === texts.length - 1 ? CLOSE : ''),
  )
  const reply = await raw(port, requests.join(''))
  const bodies = reply.split(/HTTP\/1\.1 200 OK\r\n[^[]*\r\n\r\n/).slice(1)
  const expected = await ef.encode(texts, { normalize: true })
  t.is(bodies.length, texts.length)
  for (const [i, body] of bodies.entries()) {
    t.deepEqual(Float32Array.from((JSON.parse(body) as number[][])[0] ?? []), expected.row(i))
  }
})

test('what is no JSON object in UTF-8 is an error of the client, large or small', async (t) => {
  const { url } = await serve(t)
  const long = 'x'.repeat(100_000)
  for (const [body, status] of [
    ['', 400],
    ['{', 400],
    ['{"inputs":"a"', 400],
    ['{"inputs":"a"}}', 400],
    ['{"inputs":"a",}', 400],
    ["{'inputs':'a'}", 400],
    ['\ufeff{"inputs":"a"}', 400],
    ['{"inputs":"a\nb"}', 400],
    ['null', 422],
    ['[]', 422],
    ['"text"', 422],
    ['5', 422],
    [`{"inputs":"a","x":"${long}"`, 400],
    [`{"inputs":["a","${long}",]}`, 400],
    [`["${long}"]`, 422],
    ['['.repeat(50_000), 400],
    ['['.repeat(100_000), 400],
    [`${'['.repeat(50_000)}${']'.repeat(50_000)}`, 422],
    [`{"inputs":${'['.repeat(100_000)}`, 400],
    [`{"a":${'{"a":'.repeat(50_000)}`, 400],
    [Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d]), 400],
    [Buffer.concat([Buffer.from(`{"inputs":"${long}`), Buffer.from([0xc3, 0x28]), Buffer.from('"}')]), 400],
  ] as const) {
    const reply = await post(`${url}/embed`, body)
    t.is(reply.status, status, String(body).slice(0, 40))
    t.is(typeof reply.json.error, 'string')
  }
})

test('of a field that is there twice the last value counts, as in JSON.parse, large or small', async (t) => {
  const { url } = await serve(t)
  const expected = await ef.encode('second', { normalize: true })
  const long = 'x'.repeat(100_000)
  for (const body of [
    '{"inputs":"first","inputs":"second"}',
    `{"inputs":["${long}"],"inputs":"second"}`,
    `{"other":"${long}","inputs":["first"],"inputs":["second"]}`,
    `{"__proto__":{"inputs":"third"},"inputs":["second"],"other":"${long}"}`,
  ]) {
    const { json, status } = await post(`${url}/embed`, body)
    t.is(status, 200, body.slice(0, 60))
    t.deepEqual(Float32Array.from(json[0] as number[]), expected.row(0))
  }
  t.is((await post(`${url}/embed`, '{"__proto__":{"inputs":"third"}}')).status, 422)
})

test('a field that nobody reads is ignored, in a body of any size', async (t) => {
  const { url } = await serve(t, { maxBatch: 4 })
  for (const count of [10, 100_000]) {
    for (const field of [
      `[${'1,'.repeat(count)}1]`,
      `"${'x'.repeat(60 * count)}"`,
      `{"a":[${'[],'.repeat(count)}0]}`,
    ]) {
      for (const body of [`{"x":${field},"inputs":"a"}`, `{"inputs":["a"],"x":${field}}`]) {
        t.is((await post(`${url}/embed`, body)).status, 200, `${body.slice(0, 30)}… of ${body.length}`)
      }
    }
  }
})

test('a list that is too long has the same answer in a body of any size', async (t) => {
  const { url } = await serve(t, { maxBatch: 4 })
  const replies = await Promise.all(
    ['a', 'x'.repeat(100_000)].map((text) => post(`${url}/v1/embeddings`, { input: Array(9).fill(text) })),
  )
  t.is(replies[0]?.status, 400)
  t.is(replies[1]?.text, replies[0]?.text)
})

test('a text has as many characters as the limit says, however they are written', async (t) => {
  const { url } = await serve(t, { maxText: 200_000, maxBody: 2_000_000 })
  for (const character of ['a', 'é', '東', '\\u00e9', '\\ud83d']) {
    const body = (count: number): string => `{"inputs":"${character.repeat(count)}","truncate":true}`
    t.is((await post(`${url}/embed`, body(200_000))).status, 200, character)
    t.is((await post(`${url}/embed`, body(200_001))).status, 413, character)
  }
})

test('something after the end of what is packed is an error, in every encoding', async (t) => {
  const { url } = await serve(t)
  const body = Buffer.from('{"inputs":"a"}')
  for (const [encoding, packed] of [
    ['gzip', gzipSync(body)],
    ['deflate', deflateSync(body)],
    ['br', brotliCompressSync(body)],
  ] as const) {
    t.is((await post(`${url}/embed`, packed, { 'content-encoding': encoding })).status, 200)
    for (const more of ['x', '\0\0']) {
      const longer = Buffer.concat([packed, Buffer.from(more)])
      t.is((await post(`${url}/embed`, longer, { 'content-encoding': encoding })).status, 400, encoding)
    }
  }
})

test('a type other than JSON is 415, and none is taken for JSON, but not of a page', async (t) => {
  const { url, port } = await serve(t)
  for (const [type, status] of [
    ['text/plain', 415],
    ['application/x-www-form-urlencoded', 415],
    ['multipart/form-data; boundary=x', 415],
    ['application/json; charset=utf-8', 200],
    ['Application/JSON', 200],
    ['application/vnd.api+json', 200],
  ] as const) {
    t.is((await post(`${url}/embed`, '{"inputs":"a"}', { 'content-type': type })).status, status, type)
  }
  const plain = `POST /embed HTTP/1.1\r\nHost: x\r\nContent-Length: 14\r\n${CLOSE}\r\n{"inputs":"a"}`
  t.regex(await raw(port, plain), /^HTTP\/1\.1 200 /)
  // A browser sends it without asking first.
  t.regex(await raw(port, plain.replace('Host: x', 'Host: x\r\nOrigin: https://x')), /^HTTP\/1\.1 415 /)
})

test('a large body gives the vectors of its texts, whatever is in them', async (t) => {
  const { url } = await serve(t)
  const texts = Array.from(
    { length: 2048 },
    (_, i) => `${i} "quoted" \\ back\\slash \n żółw 東京 \u{1f600} \ud800 ${'x'.repeat(i % 50)}`,
  )
  const body = JSON.stringify({ input: texts, encoding_format: 'base64' })
  t.true(body.length > 150_000)
  const { json, status } = await post(`${url}/v1/embeddings`, body)
  t.is(status, 200)
  const expected = await ef.encode(texts)
  for (let i = 0; i < texts.length; i++) t.deepEqual(vectorOf(json.data[i].embedding as string), expected.row(i))
})
