// Embeds with the official client of OpenAI.

import { input, peer, print } from '../../adapters/programs/program.js'
import { bitsOf, faultOf } from './bits.js'
import type { ClientInput } from './bits.js'

interface Embeddings {
  data: { index: number; embedding: number[] | string }[]
  model: string
  usage: { prompt_tokens: number; total_tokens: number }
}
interface Client {
  embeddings: { create(body: object): PromiseLike<Embeddings> }
  models: {
    list(): PromiseLike<{ data: { id: string }[] }>
    retrieve(id: string): PromiseLike<{ id: string; object: string }>
  }
}
interface OpenAi {
  default: new (options: object) => Client
}

async function main({ url, key, model, texts, client: name }: ClientInput): Promise<void> {
  const { default: OpenAI } = await peer<OpenAi>(name)
  const options = { baseURL: `${url}/v1`, maxRetries: 0 }
  const client = new OpenAI({ ...options, apiKey: key })
  const stranger = new OpenAI({ ...options, apiKey: 'another' })
  const rowsOf = ({ data }: Embeddings): string => bitsOf(data.map(({ embedding }) => embedding as number[]))

  const plain = await client.embeddings.create({ model, input: texts })
  const floats = await client.embeddings.create({ model, input: texts, encoding_format: 'float' })
  const base64 = await client.embeddings.create({ model, input: texts, encoding_format: 'base64' })
  const shorter = await client.embeddings.create({ model, input: texts, dimensions: 8, user: 'somebody' })
  const one = await client.embeddings.create({ model, input: texts[0] })
  const many = await Promise.all(texts.map((text) => client.embeddings.create({ model, input: text })))
  print({
    plain: rowsOf(plain),
    floats: rowsOf(floats),
    base64: Buffer.concat(base64.data.map(({ embedding }) => Buffer.from(embedding as string, 'base64'))).toString(
      'base64',
    ),
    shorter: rowsOf(shorter),
    one: rowsOf(one),
    many: bitsOf(many.map(({ data }) => data[0]?.embedding as number[])),
    indices: plain.data.map(({ index }) => index),
    usage: plain.usage,
    model: plain.model,
    models: (await client.models.list()).data.map(({ id }) => id),
    retrieved: (await client.models.retrieve(model)).id,
    faults: {
      tokens: await faultOf(client.embeddings.create({ model, input: [[1, 2, 3]] })),
      empty: await faultOf(client.embeddings.create({ model, input: '' })),
      model: await faultOf(client.embeddings.create({ model: 'other', input: 'a' })),
      key: await faultOf(stranger.embeddings.create({ model, input: 'a' })),
    },
  })
}

void main(input())
