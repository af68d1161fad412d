// The declared types of pipelines, checked by the compiler: nothing here runs.

import { Model2VecPipeline } from 'model2vec-node'
import type {
  Activation,
  EmbeddingMatrix,
  HeadRows,
  Label,
  LoadOptions,
  ModelSource,
  PipelineInfo,
  PredictBatch,
  PredictOptions,
  Model2VecEmbeddingFunction,
} from 'model2vec-node'

/** Compiles only where the two types are the same. */
type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false
function same<A, B>(..._proof: Same<A, B> extends true ? [] : ['the types differ']): void {
  // Only its type matters.
}

declare const any: Model2VecPipeline
declare const language: Model2VecPipeline<'softmax', string>
declare const topics: Model2VecPipeline<'sigmoid', number>
declare const projection: Model2VecPipeline<'identity'>
type Floats = Float32Array<ArrayBuffer>
type Counts = Uint32Array<ArrayBuffer>

same<ConstructorParameters<typeof Model2VecPipeline>[0], ModelSource>()
same<ConstructorParameters<typeof Model2VecPipeline>[1], LoadOptions | undefined>()
same<ReturnType<typeof language.predict>, Promise<string[]>>()
same<ReturnType<typeof language.predictSync>, string[]>()
same<ReturnType<typeof topics.predict>, Promise<number[][]>>()
same<ReturnType<typeof projection.predict>, Promise<HeadRows>>()
same<ReturnType<typeof any.predict>, Promise<Label[] | Label[][] | HeadRows>>()
same<ReturnType<typeof language.predictProba>, Promise<EmbeddingMatrix<'float32', Floats, Counts>>>()
same<Parameters<typeof language.predict>[1], PredictOptions | undefined>()
same<typeof language.classes, readonly string[] | null>()
same<typeof topics.activation, 'sigmoid'>()
same<typeof any.activation, Activation>()
same<typeof any.embedder, Model2VecEmbeddingFunction>()
same<typeof any.info, PipelineInfo>()
same<typeof any.dim, number>()
same<ReturnType<typeof projection.encode>, Promise<EmbeddingMatrix<'float32', Floats, Counts>>>()
same<ReturnType<typeof projection.encodeDocuments>, Promise<Floats[]>>()
same<ReturnType<typeof projection.encodeQueriesSync>, Floats[]>()
same<PredictBatch<string, 'softmax', string>['scores'], Float32Array>()
same<PredictBatch<string, 'sigmoid', string>['scores'], number[][]>()
same<PredictBatch<string, 'identity'>['scores'], null>()

export async function uses(): Promise<void> {
  const loaded = await Model2VecPipeline.load('./language')
  same<typeof loaded, Model2VecPipeline>()
  const typed = await Model2VecPipeline.load<'sigmoid', string>('./topics', { threads: 1 })
  same<typeof typed, Model2VecPipeline<'sigmoid', string>>()
  class Own extends Model2VecPipeline<'softmax', string> {
    readonly own = true
  }
  const own = await Own.load('./language')
  same<typeof own, Own>()
  const matrix = await language.embedder.encode(['text'])
  same<Awaited<ReturnType<typeof topics.predict>>, number[][]>()
  await topics.predict(matrix, { threshold: 0.2 })
  const probabilities = await language.predictProba(matrix)
  same<typeof probabilities, HeadRows>()
  const narrow = await projection.encode(['text'], { dtype: 'int8', normalize: true })
  same<typeof narrow.data, Int8Array<ArrayBuffer>>()
  for await (const batch of language.predictStream([{ id: 1, body: 'text' }], { text: (item) => item.body })) {
    same<typeof batch.items, { id: number; body: string }[]>()
    same<typeof batch.predictions, string[]>()
  }
  // @ts-expect-error items that are no strings need `text`
  language.predictStream([{ id: 1 }])
  // @ts-expect-error there is no default pipeline
  new Model2VecPipeline()
  // @ts-expect-error a function of this package's options, not of Python's
  await language.predict(['text'], { max_length: 3 })
}
