// Generated from src/ by `npm run api`: the whole public API.

/** What is read of an `EmbeddingMatrix`. */
export interface ServedRows {
  /** The elements of all rows, one after the other; bits of 'float16' and 'bfloat16'. */
  readonly data: Float32Array | Uint16Array | Int8Array | Uint8Array;
  /** Numbers of a row. */
  readonly dim: number;
  /** What the elements are. */
  readonly dtype: "float32" | "float16" | "bfloat16" | "int8" | "binary";
  /** How many rows. */
  readonly rows: number;
  /** How many token ids were pooled, in all rows. */
  readonly totalTokens: number;
  /** How many texts were cut. */
  readonly truncated: number;
  /** Whether the text of a row was cut. */
  isTruncated(index: number): boolean;
  /** The UTF-8 JSON of a row, or of all rows. */
  json(index?: number): Uint8Array;
  /** The bytes of a row, little-endian, as base64. */
  base64(index: number): string;
  /** The numbers of a row. */
  row(index: number): Float32Array;
}
/** The options of `encode` that a server sets. */
export interface ServedEncodeOptions {
  readonly dimensionality?: number | undefined;
  readonly normalize?: boolean | undefined;
  readonly maxLength?: number | null | undefined;
  readonly signal?: AbortSignal | undefined;
}
/** What a server tells of a model. */
export interface ServedInfo {
  readonly modelSource: string;
  readonly path: string;
  readonly revision: string | null;
  readonly dim: number;
  readonly tableDtype: string;
  readonly maxLength: number | null;
  readonly tokenizer: string;
  readonly threads: number;
}
/** What a server calls of a `Model2VecEmbeddingFunction`. */
export interface ServedFunction {
  readonly info: ServedInfo;
  /** Loads a model that is pending. */
  ready?(): Promise<void>;
  /** The token of each id. */
  readonly tokens: readonly string[];
  encode(texts: string | readonly string[], options?: ServedEncodeOptions): Promise<ServedRows>;
  /** For few texts, which are embedded at once; without it they go through `encode`. */
  encodeSync?(texts: string | readonly string[], options?: ServedEncodeOptions): ServedRows;
  encodeAsSequence(texts: readonly string[], options?: ServedEncodeOptions): Promise<readonly ServedRows[]>;
  tokenizeAsync(texts: readonly string[], options?: {
    readonly maxLength?: number | null | undefined;
    readonly signal?: AbortSignal | undefined;
  }): Promise<readonly ArrayLike<number>[]>;
}
/**
 * What is read of the probabilities of a pipeline: a row for each text, a number for each class.
 */
export interface ServedScores {
  readonly rows: number;
  /** How many token ids the texts have. */
  readonly totalTokens: number | null;
  /** How many texts were cut. */
  readonly truncated: number;
  /** Whether the text of a row was cut. */
  isTruncated(index: number): boolean;
  row(index: number): ArrayLike<number>;
  /** The UTF-8 JSON of a row. */
  json(index?: number): Uint8Array;
}
/** What a server calls of a `Model2VecPipeline`. */
export interface ServedPipeline {
  /** Loads a model that is pending. */
  ready?(): Promise<void>;
  /** The model without the head. */
  readonly embedder: ServedFunction;
  /** The names of the classes; null = the head names none. */
  readonly classes: readonly unknown[] | null;
  /** 'identity' = the head is a projection: its rows are the embeddings. */
  readonly activation: string;
  /** Numbers of a row. */
  readonly dim: number;
  encode(texts: string | readonly string[], options?: ServedEncodeOptions): Promise<ServedRows>;
  predictProba(texts: readonly string[], options?: {
    readonly signal?: AbortSignal | undefined;
  }): Promise<ServedScores>;
}
/** A model, or a pipeline. */
export type ServedModel = ServedFunction | ServedPipeline;
/** One model, or several by their names. */
export type ServedModels = ServedModel | Readonly<Record<string, ServedModel>>;
/** What was asked, and how it went: never texts, keys or headers. */
export interface RequestLog {
  readonly method: string;
  /** The route, such as `/v1/embeddings`; `other` for a path that there is not. */
  readonly route: string;
  readonly status: number;
  /** Milliseconds from the headers to the answer. */
  readonly milliseconds: number;
  /** How many texts were embedded. */
  readonly texts: number;
  /** How many token ids they have. */
  readonly tokens: number;
}
/** Options of `createHandler` and `createListener`. */
export interface ServerOptions {
  /**
   * Keys of which a request must have one, as `Authorization: Bearer <key>` or `x-api-key`. Only
   * `/health` needs none.
   * @default none: everyone may ask
   */
  readonly apiKeys?: readonly string[] | undefined;
  /**
   * Further names of models: alias → name. Clients of OpenAI send `text-embedding-3-small`, say.
   * @default none
   */
  readonly aliases?: Readonly<Record<string, string>> | undefined;
  /**
   * The model of requests that name none, as those of text-embeddings-inference.
   * @default the first
   */
  readonly defaultModel?: string | undefined;
  /**
   * The most texts of a request.
   * @default 2048
   */
  readonly maxBatch?: number | undefined;
  /**
   * The most bytes of a body, unpacked too.
   * @default 16777216 (16 MB)
   */
  readonly maxBody?: number | undefined;
  /**
   * The most UTF-16 units of a text.
   * @default 1048576
   */
  readonly maxText?: number | undefined;
  /**
   * The most requests that are in work or wait for it; one more is answered with 429.
   * @default 512
   */
  readonly maxConcurrency?: number | undefined;
  /**
   * The most bytes of bodies, as they arrive and are unpacked, of rows that are made of them, and
   * of answers that clients have not read yet, in memory at the same time. They are counted before
   * they are allocated; a request that would make them more is answered with 429. Answers of
   * `createHandler` count until there is a Response of them.
   * @default 268435456 (256 MB)
   */
  readonly maxBuffered?: number | undefined;
  /**
   * The most milliseconds that a request may be in work or wait for it; then it is answered with
   * 503.
   * @default 60000
   */
  readonly timeout?: number | undefined;
  /**
   * Whether a text that is longer than the model reads is an error of `/v1/embeddings` and
   * `/api/embed`. Else it is cut as `encode` does, and counted in the header `x-truncated-texts`.
   * @default false
   */
  readonly strict?: boolean | undefined;
  /**
   * Origins whose pages may ask: `['https://example.com']`, or `['*']` for all.
   * @default none
   */
  readonly cors?: readonly string[] | undefined;
  /**
   * Names that a request may have as its `Host`, besides addresses and localhost; another one is
   * answered with 403. For a server of this machine alone: a page of a foreign site that has its
   * own name resolved to it (DNS rebinding) is refused.
   * @default none: every name
   */
  readonly hosts?: readonly string[] | undefined;
  /**
   * What all paths begin with, such as `/api/embeddings`.
   * @default ''
   */
  readonly basePath?: string | undefined;
  /** Called after each request. */
  readonly onRequest?: ((request: RequestLog) => void) | undefined;
  /** Called with each error that a client gets no details of (status 500). */
  readonly onError?: ((error: unknown) => void) | undefined;
}
/** A request as the handler takes it: a `Request`. */
export interface HandlerRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: {
    get(name: string): string | null;
  };
  readonly body: unknown;
  readonly signal?: AbortSignal | null | undefined;
}
/** The class `Response`, where the types of the platform have it. */
export type WebResponse = typeof globalThis extends {
  Response: {
    readonly prototype: infer R;
  };
} ? R : unknown;
/** What `createHandler` returns. */
export interface Handler {
  /** Answers a request. */
  (request: HandlerRequest): Promise<WebResponse>;
  /**
   * From now on `/health` answers 503, and so does every new request for work.
   *
   * @returns resolves when every request that had begun has its Response
   */
  drain(): Promise<void>;
}
/**
 * The server of {@link createListener} as a function of the web's Request, for everything that
 * takes one. On Node's own server `createListener` is several times as fast.
 *
 * @param models a model or a pipeline, or several by their names
 * @throws Model2VecError `ERR_INVALID_OPTION`; `ERR_MODEL_NOT_READY` for a model that is not loaded
 *   and has no name
 * @example
 * export const POST = createHandler(ef, { basePath: '/api' }) // app/api/v1/embeddings/route.ts
 */
export declare function createHandler(models: ServedModels, options?: ServerOptions): Handler;
/** A request as the listener takes it: an `IncomingMessage` of `node:http` or `node:https`. */
export interface ListenerRequest {
  readonly method?: string | undefined;
  readonly url?: string | undefined;
  readonly headers: object;
}
/** A response as the listener takes it: a `ServerResponse` of `node:http` or `node:https`. */
export interface ListenerResponse {
  writeHead(status: number, headers: string[]): unknown;
  end(): unknown;
}
/** What `createListener` returns. */
export interface Listener {
  /**
   * Answers a request.
   *
   * @param next called instead, where the server has no such path with this method: what Express
   *   gives
   */
  (request: ListenerRequest, response: ListenerResponse, next?: (error?: unknown) => void): void;
  /**
   * As a listener of `checkContinue`: a client that asks before it sends its body is told at once
   * when the body will be refused.
   */
  readonly checkContinue: (request: ListenerRequest, response: ListenerResponse) => void;
  /**
   * From now on `/health` answers 503, and so does every new request for work; connections are
   * closed after their answers.
   *
   * @returns resolves when every request that had begun is over: the last byte of its answer is
   *   written, or its client has gone away
   */
  drain(): Promise<void>;
}
/**
 * A listener for `http.createServer`, which also Express takes, and Fastify with `reply.hijack()`:
 * the paths of OpenAI, text-embeddings-inference and Ollama, and those for the operation of a
 * server.
 *
 * @param models a model or a pipeline, or several by their names
 * @throws Model2VecError `ERR_INVALID_OPTION`; `ERR_MODEL_NOT_READY` for a model that is not loaded
 *   and has no name
 * @example
 * const ef = await Model2VecEmbeddingFunction.load('minishlab/potion-base-8M')
 * http.createServer(createListener(ef)).listen(8080, '127.0.0.1')
 */
export declare function createListener(models: ServedModels, options?: ServerOptions): Listener;
