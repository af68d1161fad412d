// Embeds with a major version of the AI SDK, `ai`.

import { Model2VecEmbeddingFunction } from 'model2vec-node'
import { createModel2Vec, embeddingModel } from 'model2vec-node/ai-sdk'
import type { Model2VecModel, Model2VecProvider, Spec } from 'model2vec-node/ai-sdk'

import { failureOf, input, peer, print } from './program.js'

type Model = Model2VecModel<Spec>
interface Registry {
  embeddingModel(id: string): Model
  textEmbeddingModel(id: string): Model
  languageModel(id: string): unknown
}
interface Ai {
  embed(options: object): Promise<{ embedding: number[]; usage: { tokens: number }; warnings?: unknown[] }>
  embedMany(options: object): Promise<{ embeddings: number[][]; usage: { tokens: number } }>
  cosineSimilarity(one: number[], other: number[]): number
  createProviderRegistry(providers: Record<string, Model2VecProvider<Spec>>): Registry
  customProvider(options: object): Registry
}

async function main({
  major,
  directory,
  values,
}: {
  major: number
  directory: string
  values: string[]
}): Promise<void> {
  const ai = await peer<Ai>(`ai-${major}`)
  const warnings: string[] = []
  const { warn } = console
  console.warn = (...args: unknown[]) => warnings.push(args.map(String).join(' '))
  process.on('warning', (warning) => warnings.push(String(warning)))
  const spec: Spec = major === 5 ? 'v2' : 'v3'
  const ef = new Model2VecEmbeddingFunction(directory)
  const model = embeddingModel(ef, { spec })
  const byName = embeddingModel({ model: directory, normalize: true }, { spec, dtype: 'float16', dimensionality: 8 })

  const one = await ai.embed({ model, value: values[0] })
  const many = await ai.embedMany({ model, values })
  const rounded = await ai.embedMany({ model: byName, values })
  const providerOptions = { 'model2vec-node': { dimensionality: 5 } }
  const shorter = await ai.embed({ model, value: values[0], providerOptions })
  // `dimensions` is new in 7: others pass it over.
  const dimensions = await ai.embedMany({ model: byName, values, dimensions: 3, providerOptions })

  const provider = createModel2Vec({ spec, models: { small: ef } })
  const registry = ai.createProviderRegistry({ m2v: provider })
  const key = major === 5 ? 'textEmbeddingModels' : 'embeddingModels'
  const custom = ai.customProvider({ [key]: { small: model } })
  const modelOf = (from: Registry, id: string): Model =>
    major === 5 ? from.textEmbeddingModel(id) : from.embeddingModel(id)
  const registered = await Promise.all(
    [modelOf(registry, 'm2v:small'), modelOf(registry, `m2v:${directory}`), modelOf(custom, 'small')].map(
      async (from) => (await ai.embed({ model: from, value: values[0] })).embedding,
    ),
  )
  console.warn = warn
  print({
    one,
    many,
    rounded: rounded.embeddings,
    shorter: shorter.embedding,
    dimensions: dimensions.embeddings.map(({ length }) => length),
    similarity: ai.cosineSimilarity(many.embeddings[0] ?? [], many.embeddings[1] ?? []),
    registered,
    cached: modelOf(registry, `m2v:${directory}`).modelId,
    aborted: await failureOf(ai.embedMany({ model, values, abortSignal: AbortSignal.abort() })),
    invalid: await failureOf(
      ai.embed({ model, value: values[0], providerOptions: { 'model2vec-node': { dimensionality: 999 } } }),
    ),
    unknown: await failureOf(
      ai.embed({ model: embeddingModel({ model: '/no/such/model' }, { spec }), value: 'a dog' }),
    ),
    language: await failureOf(Promise.resolve().then(() => registry.languageModel('m2v:small'))),
    warnings,
  })
}

void main(input())
