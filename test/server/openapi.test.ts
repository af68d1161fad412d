// The OpenAPI document names the paths that there are, with the statuses and shapes of their answers.

import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'

import test from 'ava'

import { get, post, serve } from './serving.js'

interface Operation {
  readonly requestBody?: object
  readonly responses: Readonly<Record<string, object>>
  readonly security?: readonly object[]
}

/** The paths of the routes, as their files have them. */
function routePaths(): string[] {
  const folder = path.resolve('src/server/routes')
  const files = readdirSync(folder).map((file) => readFileSync(path.join(folder, file), 'utf8'))
  return files
    .flatMap((source) => [...source.matchAll(/path: '([^']+)'/g)].map(([, found = '']) => found))
    .map((each) => each.replace('*', '{model}'))
    .filter((each, i, all) => all.indexOf(each) === i)
    .sort()
}

test('the document has every path, and no other', async (t) => {
  const { url } = await serve(t)
  const { json } = await get(`${url}/openapi.json`)
  t.is(json.openapi, '3.1.0')
  t.deepEqual(Object.keys(json.paths as object).sort(), routePaths())
})

test('every reference of the document leads to a schema', async (t) => {
  const { url } = await serve(t, { apiKeys: ['key'] })
  const { text, json } = await get(`${url}/openapi.json`, { headers: { 'x-api-key': 'key' } })
  const references = [...text.matchAll(/"\$ref":"#\/components\/schemas\/(\w+)"/g)].map(([, name = '']) => name)
  t.true(references.length > 20)
  for (const name of references) t.true(name in json.components.schemas, name)
  for (const name of Object.keys(json.components.schemas as object)) t.true(references.includes(name), name)
})

test('every path answers with a status that the document has for it', async (t) => {
  for (const apiKeys of [[], ['key']]) {
    const { url } = await serve(t, { apiKeys, maxBody: 1000 })
    const { json } = await get(`${url}/openapi.json`, { headers: { 'x-api-key': 'key' } })
    for (const [template, item] of Object.entries(json.paths as Record<string, Record<string, Operation>>)) {
      const at = url + template.replace('{model}', 'small')
      for (const [method, { responses, requestBody }] of Object.entries(item)) {
        t.is(method, requestBody === undefined ? 'get' : 'post')
        for (const headers of [{}, { 'x-api-key': 'key' }]) {
          const replies =
            method === 'get'
              ? [await get(at, { headers })]
              : [
                  await post(at, { input: 'a', inputs: 'a', query: 'a', texts: ['a'] }, headers),
                  await post(at, '{', headers),
                  await post(at, {}, headers),
                  await post(at, { input: '', inputs: [] }, headers),
                  await post(at, 'x'.repeat(2000), headers),
                  await post(at, '{}', { ...headers, 'content-type': 'text/plain' }),
                ]
          for (const { status } of replies) t.true(status in responses, `${method} ${template}: ${status}`)
        }
      }
    }
  }
})

test('the document has both forms of a key, and the headers of answers', async (t) => {
  const { url } = await serve(t, { apiKeys: ['key'], hosts: ['x'] })
  const { json } = await get(`${url}/openapi.json`, { headers: { 'x-api-key': 'key' } })
  t.deepEqual(Object.keys(json.components.securitySchemes as object), ['bearer', 'header'])
  const { responses } = json.paths['/v1/embeddings'].post
  for (const [status, name] of [
    [200, 'X-Truncated-Texts'],
    [401, 'WWW-Authenticate'],
    [429, 'Retry-After'],
    [503, 'Retry-After'],
  ] as const) {
    t.deepEqual(Object.keys(responses[status].headers as object), [name])
  }
  t.true(403 in responses)
})
