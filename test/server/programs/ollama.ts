// Embeds with the official client of Ollama.

import { input, peer, print } from '../../adapters/programs/program.js'
import { bitsOf, faultOf } from './bits.js'
import type { ClientInput } from './bits.js'

interface Client {
  embed(body: object): Promise<{ embeddings: number[][]; model: string; prompt_eval_count: number }>
}
interface Ollama {
  Ollama: new (options: object) => Client
}

async function main({ url, key, model, texts, client: name }: ClientInput): Promise<void> {
  const { Ollama } = await peer<Ollama>(name)
  const client = new Ollama({ host: url, headers: { Authorization: `Bearer ${key}` } })
  const plain = await client.embed({ model, input: texts })
  print({
    plain: bitsOf(plain.embeddings),
    shorter: bitsOf((await client.embed({ model, input: texts, dimensions: 8 })).embeddings),
    one: bitsOf((await client.embed({ model, input: texts[0] })).embeddings),
    tokens: plain.prompt_eval_count,
    faults: { model: await faultOf(client.embed({ model: 'other', input: 'a' })) },
  })
}

void main(input())
