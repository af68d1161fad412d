// Embeds with @huggingface/inference, which speaks the protocol of text-embeddings-inference.

import { input, peer, print } from '../../adapters/programs/program.js'
import { bitsOf, faultOf } from './bits.js'
import type { ClientInput } from './bits.js'

interface Client {
  featureExtraction(body: object): Promise<number[][]>
  sentenceSimilarity(body: object): Promise<number[]>
}
interface HuggingFace {
  InferenceClient: new (key: string, options: object) => Client
}

async function main({ url, key, texts, client: name }: ClientInput): Promise<void> {
  const { InferenceClient } = await peer<HuggingFace>(name)
  const clientOf = (endpointUrl: string): Client => new InferenceClient(key, { endpointUrl })
  const client = clientOf(`${url}/embed`)
  const [source_sentence, ...sentences] = texts
  print({
    plain: bitsOf(await client.featureExtraction({ inputs: texts, truncate: true })),
    // The root is that of an endpoint that serves one model.
    root: bitsOf(await clientOf(url).featureExtraction({ inputs: texts, truncate: true })),
    raw: bitsOf(await client.featureExtraction({ inputs: texts, truncate: true, normalize: false })),
    one: bitsOf(await client.featureExtraction({ inputs: texts[0] })),
    similarity: await clientOf(`${url}/similarity`).sentenceSimilarity({
      inputs: { source_sentence, sentences },
      parameters: { truncate: true },
    }),
    faults: {
      long: await faultOf(client.featureExtraction({ inputs: 'word '.repeat(2000) })),
      key: await faultOf(
        new InferenceClient('another', { endpointUrl: `${url}/embed` }).featureExtraction({ inputs: 'a' }),
      ),
    },
  })
}

void main(input())
