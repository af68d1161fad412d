// `model2vec serve`: an embeddings server.

import { Model2VecEmbeddingFunction } from '../../embedding-function.js'
import { messageOf } from '../../errors.js'
import { Model2VecPipeline } from '../../pipeline/pipeline.js'
import { createListener } from '../../server/listener.js'
import type { ServedModel } from '../../server/model.js'
import { nameOf } from '../../server/models.js'
import { checkServerOptions, DEFAULTS } from '../../server/options.js'
import type { ServerOptions } from '../../server/options.js'
import { choice, integer, UsageError } from '../command.js'
import type { Command, OptionValues } from '../command.js'
import { HUB_OPTIONS, modelOptions, THREADS_OPTION } from '../model-options.js'
import { apiKeys, KEYS_VARIABLE } from '../serving/api-keys.js'
import { httpServer, isLoopback, listen } from '../serving/http-server.js'
import type { Place, Tls } from '../serving/http-server.js'
import { LOG_FORMATS, requestLog } from '../serving/request-log.js'
import { aliasesOf, namedSource } from '../serving/model-names.js'
import { Connections, shutDown } from '../serving/shut-down.js'
import { interruptSignal, whenAborted } from '../terminal/interrupt.js'
import { say } from '../terminal/message.js'

const DEFAULT_HOST = '127.0.0.1'
const DEFAULT_PORT = 8080
const DEFAULT_DRAIN = 30
const DEFAULT_CONNECTIONS = 4096

export const serve: Command = {
  usage: ['[options]'],
  description: [
    'An embeddings server for the clients of others:',
    [
      ['OpenAI', '/v1/embeddings and /v1/models'],
      ['TEI', '/embed, /embed_all, /similarity, /tokenize and /info (text-embeddings-inference)'],
      ['Ollama', '/api/embed'],
    ],
    'For operation there are /health, /metrics (Prometheus) and /openapi.json. The vectors are those of `encode`, ' +
      'bit for bit. SIGTERM and SIGINT end it: requests that have begun are finished; a second one kills it.',
  ],
  options: {
    model: {
      type: 'string',
      short: 'm',
      multiple: true,
      value: '<name>',
      help: 'an id or a directory, or name=directory; several may be given, the first is the default (default: minishlab/potion-base-8M)',
    },
    'served-model-name': {
      type: 'string',
      multiple: true,
      value: '<name>',
      help: 'a further name of the first model, or name=model of another: what clients send as model',
    },
    host: { type: 'string', value: '<address>', help: `where to listen (default: ${DEFAULT_HOST})` },
    port: { type: 'string', short: 'p', value: '<n>', help: `0 = any that is free (default: ${DEFAULT_PORT})` },
    socket: { type: 'string', value: '<path>', help: 'listen on a Unix socket instead' },
    'api-key-file': {
      type: 'string',
      value: '<file>',
      help: `keys, one a line, of which a request must have one; also ${KEYS_VARIABLE}, with commas`,
    },
    'tls-cert': { type: 'string', value: '<file>', help: 'the certificate chain for HTTPS, in PEM' },
    'tls-key': { type: 'string', value: '<file>', help: 'its key, in PEM' },
    cors: {
      type: 'string',
      multiple: true,
      value: '<origin>',
      help: 'an origin whose pages may ask, or * (default: none)',
    },
    'allowed-host': {
      type: 'string',
      multiple: true,
      value: '<name>',
      help: 'a name that requests may have as Host besides localhost, or *; on loopback without keys no other is answered',
    },
    strict: { type: 'boolean', help: 'a text that is longer than the model reads is an error; else it is cut' },
    'max-batch': { type: 'string', value: '<n>', help: `texts of a request (default: ${DEFAULTS.maxBatch})` },
    'max-body': { type: 'string', value: '<bytes>', help: `of a request, unpacked (default: ${DEFAULTS.maxBody})` },
    'max-text': { type: 'string', value: '<n>', help: `characters of a text (default: ${DEFAULTS.maxText})` },
    'max-concurrency': {
      type: 'string',
      value: '<n>',
      help: `requests in work or waiting, more are answered with 429 (default: ${DEFAULTS.maxConcurrency})`,
    },
    'max-buffered': {
      type: 'string',
      value: '<bytes>',
      help: `of bodies and answers in memory, more are answered with 429 (default: ${DEFAULTS.maxBuffered})`,
    },
    'max-connections': { type: 'string', value: '<n>', help: `open connections (default: ${DEFAULT_CONNECTIONS})` },
    timeout: { type: 'string', value: '<s>', help: `seconds for a request (default: ${DEFAULTS.timeout / 1000})` },
    drain: {
      type: 'string',
      value: '<s>',
      help: `seconds for requests to be finished at the end (default: ${DEFAULT_DRAIN})`,
    },
    log: {
      type: 'string',
      value: '<format>',
      help: `a line for each request on standard output: ${LOG_FORMATS.join(' or ')}`,
    },
    threads: THREADS_OPTION,
    ...HUB_OPTIONS,
  },
  notes: ['Exit codes: 0 ended, 1 failed or cut off requests, 2 called wrongly.'],
  outlivesOutput: true,
  example: '--served-model-name text-embedding-3-small',
  async run(positionals, values) {
    if (positionals.length > 0) throw new UsageError(`expected options only, but got ${positionals.join(' ')}`)
    // What can't be is an error before models are loaded.
    const place = placeOf(values)
    const tls = tlsOf(values)
    const keys = apiKeys(values['api-key-file'] as string | undefined)
    const options = serverOptions(values, keys, place)
    assertOptions(options)
    const settings = {
      tls,
      maxConnections: integer(values, 'max-connections', 1) ?? DEFAULT_CONNECTIONS,
      timeout: integer(values, 'timeout', 1) ?? DEFAULTS.timeout / 1000,
    }
    const drain = integer(values, 'drain', 0) ?? DEFAULT_DRAIN
    const { signal, release } = interruptSignal()
    try {
      const models = await loadModels(values, signal)
      const names = [...models.keys()]
      const aliases = Object.fromEntries(aliasesOf(strings(values, 'served-model-name'), names))
      const listener = createListener(Object.fromEntries(models), { ...options, aliases })
      const server = httpServer(listener, settings)
      const connections = new Connections(server)
      const url = await listen(server, place)
      say(`serving ${names.join(', ')} at ${url}`)
      if ('host' in place && !isLoopback(place.host) && keys.length === 0) {
        say(`warning: everyone who reaches ${place.host} may ask: there is no API key`)
      }
      await whenAborted(signal)
      say('shutting down')
      if (!(await shutDown(server, connections, listener, drain))) {
        process.exitCode = 1
        say(`requests were cut off after ${drain} s`)
      }
    } finally {
      release()
    }
  },
}

function placeOf(values: OptionValues): Place {
  const { socket, host, port } = values
  if (socket !== undefined) {
    if (host !== undefined || port !== undefined) throw new UsageError('--socket is instead of --host and --port')
    if (socket === '') throw new UsageError('--socket should be a path, but is empty')
    return { socket: socket as string }
  }
  const number = integer(values, 'port', 0) ?? DEFAULT_PORT
  if (number > 65_535) throw new UsageError(`--port should be at most 65535, but got ${number}`)
  if (host === '') throw new UsageError('--host should be an address, but is empty')
  return { host: (host as string | undefined) ?? DEFAULT_HOST, port: number }
}

function tlsOf({ 'tls-cert': cert, 'tls-key': key }: OptionValues): Tls | null {
  if (cert === undefined && key === undefined) return null
  if (cert === undefined || key === undefined) throw new UsageError('--tls-cert and --tls-key go together')
  return { cert: cert as string, key: key as string }
}

function serverOptions(values: OptionValues, keys: readonly string[], place: Place): ServerOptions {
  const log = choice(values, 'log', LOG_FORMATS)
  const timeout = integer(values, 'timeout', 1)
  return {
    apiKeys: keys,
    maxBatch: integer(values, 'max-batch', 1),
    maxBody: integer(values, 'max-body', 1),
    maxText: integer(values, 'max-text', 1),
    maxConcurrency: integer(values, 'max-concurrency', 1),
    maxBuffered: integer(values, 'max-buffered', 1),
    timeout: timeout === undefined ? undefined : timeout * 1000,
    strict: values.strict === true,
    cors: strings(values, 'cors'),
    hosts: hostsOf(strings(values, 'allowed-host'), keys, place),
    onRequest: log === undefined ? undefined : requestLog(log),
    onError: (error) => {
      say(`internal error: ${messageOf(error)}`)
    },
  }
}

function strings(values: OptionValues, name: string): string[] {
  return (values[name] as string[] | undefined) ?? []
}

/** @throws UsageError */
function assertOptions(options: ServerOptions): void {
  try {
    checkServerOptions('serve', options)
  } catch (error) {
    throw new UsageError(messageOf(error))
  }
}

/** The names that a host may have; none = any. */
function hostsOf(names: readonly string[], keys: readonly string[], place: Place): readonly string[] {
  if (names.length > 0 || keys.length > 0 || !('host' in place) || !isLoopback(place.host)) return names
  return ['localhost']
}

async function loadModels(values: OptionValues, signal: AbortSignal): Promise<ReadonlyMap<string, ServedModel>> {
  const given = strings(values, 'model')
  const models = new Map<string, ServedModel>()
  for (const [own, source] of given.length === 0 ? [[null, undefined] as const] : given.map(namedSource)) {
    const options = { ...modelOptions(values), signal }
    const embedder = await Model2VecEmbeddingFunction.load(source, options)
    const { modelSource, hasHead } = embedder.info
    let model: ServedModel = embedder
    if (hasHead) {
      model = await Model2VecPipeline.load(modelSource, options)
      embedder.close()
    }
    const name = own ?? nameOf(model)
    if (models.has(name))
      throw new UsageError(`two of the models are called ${name}: --model name=… gives another name`)
    models.set(name, model)
  }
  return models
}
