// The shapes of requests and answers, for the OpenAPI document.

import type { ModelTable } from './models.js'
import type { CheckedServerOptions } from './options.js'

export type Schema = Readonly<Record<string, unknown>>

export const ref = (name: string): Schema => ({ $ref: `#/components/schemas/${name}` })

const STRING = { type: 'string' } as const
const INTEGER = { type: 'integer' } as const
const COUNT = { type: 'integer', minimum: 0 } as const
const BOOLEAN = { type: ['boolean', 'null'] } as const
/**
 * A NaN, which a table may have, is null. Not `type: [...]`: Schemathesis 4.32 fails on that in an
 * array.
 */
const NUMBER = { anyOf: [{ type: 'number' }, { type: 'null' }] } as const

function object(properties: Readonly<Record<string, Schema>>, required: readonly string[]): Schema {
  return { type: 'object', properties, required }
}

function list(items: Schema, more: Schema = {}): Schema {
  return { type: 'array', items, ...more }
}

/** The names of models are a list: no request can name another. */
export function schemas(
  { maxBatch, maxText }: CheckedServerOptions,
  models: ModelTable,
): Readonly<Record<string, Schema>> {
  const { classes, vectors } = models.kinds
  const text = { type: 'string', minLength: 1, maxLength: maxText }
  const model = { enum: [...models.names, null], description: 'The name of a model, or an alias' }
  const dim = Math.min(...models.all.map((each) => each.dim))
  const dimensions = {
    type: ['integer', 'null'],
    minimum: 1,
    maximum: dim,
    description: 'The first dimensions of the vectors only, which are cut, then scaled',
  }
  const texts = list(text, { minItems: 1, maxItems: maxBatch })
  const one = list(text, { minItems: 1, maxItems: 1 })
  /** Ollama has a vector for an empty text, too. */
  const anyText = { ...text, minLength: 0 }
  const textOrTexts = { anyOf: [text, texts] }
  const truncation = {
    truncate: { ...BOOLEAN, description: 'Whether a text that is longer than the model reads is cut' },
    truncation_direction: { enum: ['Right', 'right', 'Left', 'left', null] },
  }
  const vector = list(NUMBER)
  const ofKinds = (ofClasses: string, ofVectors: string): Schema =>
    classes && vectors ? { anyOf: [ref(ofClasses), ref(ofVectors)] } : ref(classes ? ofClasses : ofVectors)
  return {
    OpenAIEmbeddingRequest: object(
      {
        input: textOrTexts,
        model,
        dimensions,
        encoding_format: { enum: ['float', 'base64', null] },
        user: { type: ['string', 'null'] },
      },
      ['input'],
    ),
    OpenAIEmbeddingResponse: object(
      {
        object: { const: 'list' },
        data: list(
          object(
            {
              object: { const: 'embedding' },
              index: COUNT,
              embedding: {
                type: ['array', 'string'],
                items: NUMBER,
                description: 'A string is float32, little-endian, in base64',
              },
            },
            ['object', 'index', 'embedding'],
          ),
        ),
        model: STRING,
        usage: object({ prompt_tokens: COUNT, total_tokens: COUNT }, ['prompt_tokens', 'total_tokens']),
      },
      ['object', 'data', 'model', 'usage'],
    ),
    OpenAIModel: object({ id: STRING, object: { const: 'model' }, created: INTEGER, owned_by: STRING }, [
      'id',
      'object',
      'created',
      'owned_by',
    ]),
    OpenAIModels: object({ object: { const: 'list' }, data: list(ref('OpenAIModel')) }, ['object', 'data']),
    OpenAIError: object(
      {
        error: object(
          {
            message: STRING,
            type: STRING,
            param: { type: ['string', 'null'] },
            code: { type: ['string', 'null'] },
          },
          ['message', 'type', 'param', 'code'],
        ),
      },
      ['error'],
    ),
    EmbedRequest: object({ inputs: textOrTexts, normalize: BOOLEAN, dimensions, model, ...truncation }, ['inputs']),
    EmbedResponse: list(vector),
    EmbedAllRequest: object({ inputs: textOrTexts, model, ...truncation }, ['inputs']),
    EmbedAllResponse: list(list(vector)),
    SimilarityRequest: object(
      {
        inputs: object({ source_sentence: text, sentences: { ...texts, maxItems: maxBatch } }, [
          'source_sentence',
          'sentences',
        ]),
        model,
        parameters: { anyOf: [object(truncation, []), { type: 'null' }] },
      },
      ['inputs'],
    ),
    SimilarityResponse: vector,
    TokenizeRequest: object({ inputs: textOrTexts, add_special_tokens: BOOLEAN, model }, ['inputs']),
    TokenizeResponse: list(
      list(
        object(
          {
            id: COUNT,
            text: STRING,
            special: { type: 'boolean' },
            start: { type: ['integer', 'null'] },
            stop: { type: ['integer', 'null'] },
          },
          ['id', 'text', 'special', 'start', 'stop'],
        ),
      ),
    ),
    PredictRequest: object(
      {
        inputs: { anyOf: [text, one, list(one, { minItems: 1, maxItems: maxBatch })] },
        raw_scores: BOOLEAN,
        model,
        ...truncation,
      },
      ['inputs'],
    ),
    Prediction: object({ score: NUMBER, label: STRING }, ['score', 'label']),
    PredictResponse: { anyOf: [list(ref('Prediction')), list(list(ref('Prediction')))] },
    RootRequest: ofKinds('PredictRequest', 'EmbedRequest'),
    RootResponse: ofKinds('PredictResponse', 'EmbedResponse'),
    RerankRequest: object({ query: text, texts }, ['query', 'texts']),
    TeiError: object({ error: STRING, error_type: STRING }, ['error', 'error_type']),
    Info: object(
      {
        model_id: STRING,
        model_sha: { type: ['string', 'null'] },
        model_dtype: STRING,
        model_type: { type: 'object' },
        served_models: list(STRING),
        dimensions: COUNT,
        max_input_length: { type: ['integer', 'null'] },
        max_client_batch_size: COUNT,
        max_concurrent_requests: COUNT,
        version: STRING,
      },
      ['model_id', 'model_type', 'dimensions', 'version'],
    ),
    Health: object({ status: { const: 'ok' } }, ['status']),
    OllamaEmbedRequest: object(
      {
        input: { anyOf: [anyText, list(anyText, { maxItems: maxBatch }), { type: 'null' }] },
        model,
        truncate: BOOLEAN,
        dimensions: { type: ['integer', 'null'], description: 'The first dimensions only; more than there are: all' },
      },
      [],
    ),
    OllamaEmbedResponse: object(
      {
        model: STRING,
        embeddings: list(vector),
        total_duration: COUNT,
        load_duration: COUNT,
        prompt_eval_count: COUNT,
      },
      ['model', 'embeddings'],
    ),
    OllamaError: object({ error: STRING }, ['error']),
  }
}
