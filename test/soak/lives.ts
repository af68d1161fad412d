// Loads that open and close what they work with: models, pipelines, worker threads, servers.

import assert from 'node:assert/strict'
import http from 'node:http'
import type { AddressInfo } from 'node:net'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { Worker } from 'node:worker_threads'

import { isModel2VecError, Model2VecEmbeddingFunction, Model2VecPipeline } from 'model2vec-node'
import { createListener } from 'model2vec-node/server'

import { headPath } from '../heads.js'
import { POTION, SMALL } from '../test-data.js'
import { assertRows, random } from './load.js'
import type { Load, Subject } from './load.js'

/** A server answers this many requests before another one takes its place. */
const REQUESTS = 200

export function lifeLoads(subject: Subject): Load[] {
  return [...modelLoads(subject), workerLoad(), serverLoad(subject)]
}

function modelLoads(subject: Subject): Load[] {
  const { texts, labels } = subject
  return [
    {
      name: 'opens',
      pause: 100,
      run: async () => {
        const memory = (['auto', 'copy', 'map'] as const)[random(3)]
        const ef = await Model2VecEmbeddingFunction.load(POTION, { memory })
        assertRows(ef.encodeSync(texts.slice(0, 20)), subject)
        const other = new Model2VecEmbeddingFunction(SMALL, { quantizeTo: 'float16' })
        assert.equal(other.encodeSync('a').rows, 1)
        // One in four is left to the garbage collector.
        if (random(4) === 0) return
        ef.close()
        other.close()
      },
    },
    {
      name: 'closes in calls',
      pause: 100,
      run: async () => {
        const ef = await Model2VecEmbeddingFunction.load(POTION)
        const running = ef.encode(texts)
        ef.close()
        assertRows(await running, subject)
        await assert.rejects(ef.encode('a'), (error) => isModel2VecError(error) && error.code === 'ERR_CLOSED')
      },
    },
    {
      name: 'pipelines',
      pause: 200,
      run: async () => {
        const pipeline = await Model2VecPipeline.load<'softmax', string>(headPath('language'))
        assert.deepEqual(await pipeline.predict(texts.slice(0, 20)), labels.slice(0, 20))
        pipeline.close()
      },
    },
  ]
}

/** Worker threads that encode; two in three are ended in the middle of their calls. */
function workerLoad(): Load {
  return {
    name: 'worker threads',
    pause: 200,
    run: async () => {
      const exit = random(3) === 0 ? random(30) : null
      const worker = new Worker(path.join(__dirname, '../children/encode-forever.js'), {
        workerData: { model: SMALL, exit },
      })
      const over = new Promise((resolve, reject) => worker.once('exit', resolve).once('error', reject))
      await new Promise((resolve) => worker.once('message', resolve).once('exit', resolve))
      if (exit === null) {
        await sleep(random(30))
        await worker.terminate()
      }
      await over
    },
  }
}

interface Running {
  readonly server: http.Server
  readonly agent: http.Agent
  readonly port: number
}

/** Requests of one and of many texts, some of whose clients go away; and servers that come and go. */
function serverLoad(subject: Subject): Load {
  const { ef, texts } = subject
  let running: Running | null = null
  let left = 0
  const close = async (): Promise<void> => {
    if (running === null) return
    const { server, agent } = running
    running = null
    agent.destroy()
    await new Promise((resolve) => server.close(resolve))
  }
  return {
    name: 'server',
    pause: 10,
    end: close,
    run: async () => {
      if (left === 0) await close()
      running ??= await start(ef)
      left = left === 0 ? REQUESTS : left - 1
      const place = random(texts.length)
      const input = random(4) === 0 ? texts : texts.slice(place, place + 1)
      if (random(5) === 0) {
        await ask(running, input, random(10))
        return
      }
      const answer = await ask(running, input, null)
      assert.equal(answer?.status, 200, answer?.body)
      const { data } = JSON.parse(answer.body) as { data: { embedding: string }[] }
      const rows = data.map(({ embedding }) => Uint8Array.from(Buffer.from(embedding, 'base64')))
      assert.equal(rows.length, input.length)
      assertRows(rows, subject, input === texts ? 0 : place)
    },
  }
}

async function start(ef: Model2VecEmbeddingFunction): Promise<Running> {
  const server = http.createServer(createListener({ model: ef }))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return { server, agent: new http.Agent({ keepAlive: true }), port }
}

/** @param leaves after this many milliseconds the client goes away; what it got by then is null */
function ask(
  { agent, port }: Running,
  input: readonly string[],
  leaves: number | null,
): Promise<{ readonly status: number | undefined; readonly body: string } | null> {
  const body = JSON.stringify({ input, model: 'model', encoding_format: 'base64' })
  const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) }
  return new Promise((resolve, reject) => {
    const request = http.request(
      { agent, port, host: '127.0.0.1', method: 'POST', path: '/v1/embeddings', headers },
      (response) => {
        const chunks: Buffer[] = []
        response.on('data', (chunk: Buffer) => chunks.push(chunk))
        response.on('end', () => {
          resolve({ status: response.statusCode, body: Buffer.concat(chunks).toString() })
        })
        response.on('error', fail)
      },
    )
    const fail = (error: Error): void => {
      if (leaves === null) reject(error)
      else resolve(null)
    }
    request.on('error', fail)
    if (leaves !== null) setTimeout(() => request.destroy(), leaves)
    request.end(body)
  })
}
