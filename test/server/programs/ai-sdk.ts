// Embeds with @ai-sdk/openai-compatible, in the version of the AI SDK that it is for.

import { input, peer, print } from '../../adapters/programs/program.js'
import { bitsOf, faultOf } from './bits.js'
import type { ClientInput } from './bits.js'

interface Ai {
  embed: (options: object) => Promise<{ embedding: number[]; usage: { tokens: number } }>
  embedMany: (options: object) => Promise<{ embeddings: number[][]; usage: { tokens: number } }>
}
interface Provider {
  textEmbeddingModel?: (id: string) => object
  embeddingModel?: (id: string) => object
}
interface Compatible {
  createOpenAICompatible: (options: object) => Provider
}

async function main({ url, key, model: id, texts, client, ai: sdk }: ClientInput & { ai: string }): Promise<void> {
  const { embed, embedMany } = await peer<Ai>(sdk)
  const { createOpenAICompatible } = await peer<Compatible>(client)
  const provider = createOpenAICompatible({ name: 'model2vec', baseURL: `${url}/v1`, apiKey: key })
  const modelOf = (name: string): unknown => (provider.embeddingModel ?? provider.textEmbeddingModel)?.(name)
  const model = modelOf(id)
  const plain = await embedMany({ model, values: texts, maxRetries: 0 })
  const providerOptions = { model2vec: { dimensions: 8 } }
  const shorter = await embedMany({ model, values: texts, maxRetries: 0, providerOptions })
  print({
    plain: bitsOf(plain.embeddings),
    shorter: bitsOf(shorter.embeddings),
    one: bitsOf([(await embed({ model, value: texts[0], maxRetries: 0 })).embedding]),
    tokens: plain.usage.tokens,
    faults: { model: await faultOf(embed({ model: modelOf('other'), value: 'a', maxRetries: 0 })) },
  })
}

void main(input())
