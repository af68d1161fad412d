// Embeds with @langchain/openai.

import { input, peer, print } from '../../adapters/programs/program.js'
import { bitsOf, faultOf } from './bits.js'
import type { ClientInput } from './bits.js'

interface Embeddings {
  embedDocuments(texts: readonly string[]): Promise<number[][]>
  embedQuery(text: string): Promise<number[]>
}
interface LangChain {
  OpenAIEmbeddings: new (options: object) => Embeddings
}

async function main({ url, key, model, texts, client: name }: ClientInput): Promise<void> {
  const { OpenAIEmbeddings } = await peer<LangChain>(name)
  // stripNewLines is its default: it would send other texts.
  const options = {
    model,
    apiKey: key,
    configuration: { baseURL: `${url}/v1` },
    maxRetries: 0,
    batchSize: 50,
    stripNewLines: false,
  }
  const embeddings = new OpenAIEmbeddings(options)
  const shorter = new OpenAIEmbeddings({ ...options, dimensions: 8 })
  const floats = new OpenAIEmbeddings({ ...options, encodingFormat: 'float' })
  const other = new OpenAIEmbeddings({ ...options, model: 'other' })
  print({
    plain: bitsOf(await embeddings.embedDocuments(texts)),
    floats: bitsOf(await floats.embedDocuments(texts)),
    shorter: bitsOf(await shorter.embedDocuments(texts)),
    one: bitsOf([await embeddings.embedQuery(texts[0] ?? '')]),
    faults: { model: await faultOf(other.embedQuery('a')) },
  })
}

void main(input())
