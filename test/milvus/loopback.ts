// A gRPC server on this machine that speaks Milvus's protocol, made from the SDK's own proto: it
// keeps what a client has sent, and stores and finds nothing. For bytes on the wire, also of types
// that no Milvus on this machine stores.

import { createRequire } from 'node:module'

import { MilvusClient } from '@zilliz/milvus2-sdk-node'
import type { FieldType } from '@zilliz/milvus2-sdk-node'
import type * as grpcJs from '@grpc/grpc-js'
import type * as protoLoader from '@grpc/proto-loader'
import type * as protobufjs from 'protobufjs'

/** For the SDK's own copies. */
const requireOfSdk = createRequire(require.resolve('@zilliz/milvus2-sdk-node'))
const grpc = requireOfSdk('@grpc/grpc-js') as typeof grpcJs
const { fromJSON } = requireOfSdk('@grpc/proto-loader') as typeof protoLoader
const { Root } = requireOfSdk('protobufjs') as typeof protobufjs
const { default: proto } = requireOfSdk('./proto-json/milvus.js') as { default: protobufjs.INamespace }

const root = Root.fromJSON(proto)
const OPTIONS = { keepCase: true, longs: String, enums: String, defaults: true, oneofs: true }
const SUCCESS = { error_code: 'Success', reason: '', code: 0 }

/** One field of an insert as the server decodes it. */
export interface SentField {
  readonly field_name: string
  readonly valid_data: readonly boolean[]
  readonly vectors: {
    readonly dim: string
    readonly float_vector?: { readonly data: readonly number[] }
    readonly float16_vector?: Buffer
    readonly bfloat16_vector?: Buffer
    readonly int8_vector?: Buffer
    readonly binary_vector?: Buffer
  } | null
}

/** The vectors of a search as the server decodes them. */
export interface SentPlaceholder {
  readonly type: string
  readonly values: readonly Buffer[]
}

type Handler = (request: Record<string, unknown>) => object

export class Loopback {
  readonly #server: grpcJs.Server
  readonly #schemas = new Map<string, object>()
  readonly client: MilvusClient
  /** The fields of each insert, in order. */
  readonly inserts: (readonly SentField[])[] = []
  /** The bytes of each vector of each search, in order. */
  readonly searches: SentPlaceholder[] = []

  private constructor(server: grpcJs.Server, port: number) {
    this.#server = server
    this.client = new MilvusClient({ address: `127.0.0.1:${port}`, logLevel: 'error' })
  }

  static async start(): Promise<Loopback> {
    const server = new grpc.Server({ 'grpc.max_receive_message_length': -1 })
    const handlers: Record<string, Handler> = {
      Connect: () => ({ status: SUCCESS, identifier: 1, server_info: { build_tags: 'v2.6.0' } }),
      CreateCollection: (request) => loopback.#create(request),
      DescribeCollection: (request) => loopback.#describe(request),
      Insert: (request) => loopback.#insert(request),
      Search: (request) => loopback.#search(request),
    }
    const definition = fromJSON(proto, OPTIONS)['milvus.proto.milvus.MilvusService'] as grpcJs.ServiceDefinition
    const implementation = Object.entries(handlers).map(([name, handle]) => [
      name,
      (call: { request: Record<string, unknown> }, reply: (error: Error | null, answer?: object) => void) => {
        try {
          reply(null, handle(call.request))
        } catch (error) {
          reply(error as Error)
        }
      },
    ])
    server.addService(definition, Object.fromEntries(implementation) as grpcJs.UntypedServiceImplementation)
    const port = await new Promise<number>((resolve, reject) => {
      server.bindAsync('127.0.0.1:0', grpc.ServerCredentials.createInsecure(), (error, bound) => {
        if (error === null) resolve(bound)
        else reject(error)
      })
    })
    const loopback: Loopback = new Loopback(server, port)
    await loopback.client.connectPromise
    return loopback
  }

  /** Creates a collection with an `id`, assigned by the server, and these fields; its name. */
  async collection(field: FieldType, dynamic = false): Promise<string> {
    const collection_name = `c${this.#schemas.size}`
    const id: FieldType = { name: 'id', data_type: 'Int64', is_primary_key: true, autoID: true }
    const fields = [id, field]
    const status = await this.client.createCollection({ collection_name, fields, enable_dynamic_field: dynamic })
    if (status.error_code !== 'Success') throw new Error(status.reason)
    return collection_name
  }

  async stop(): Promise<void> {
    await this.client.closeConnection()
    this.#server.forceShutdown()
  }

  #create({ collection_name, schema }: Record<string, unknown>): object {
    const type = root.lookupType('milvus.proto.schema.CollectionSchema')
    this.#schemas.set(String(collection_name), type.toObject(type.decode(schema as Buffer), { longs: String }))
    return SUCCESS
  }

  #describe({ collection_name }: Record<string, unknown>): object {
    const schema = this.#schemas.get(String(collection_name))
    if (schema === undefined) throw new Error(`no collection ${String(collection_name)}`)
    return { status: SUCCESS, schema, collection_name, consistency_level: 'Strong' }
  }

  #insert({ fields_data, num_rows }: Record<string, unknown>): object {
    this.inserts.push(fields_data as SentField[])
    return { status: SUCCESS, IDs: { int_id: { data: [] } }, insert_cnt: String(num_rows) }
  }

  #search({ placeholder_group }: Record<string, unknown>): object {
    const type = root.lookupType('milvus.proto.common.PlaceholderGroup')
    const group = type.toObject(type.decode(placeholder_group as Buffer), { enums: String, bytes: Buffer })
    this.searches.push(...(group as { placeholders: SentPlaceholder[] }).placeholders)
    return { status: SUCCESS, results: { num_queries: 1, top_k: 0, scores: [], topks: [0] } }
  }
}
