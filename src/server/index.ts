// The entry `model2vec-node/server`: an embeddings server as a function, for `node:http` and for
// the web's Request and Response.

export { createHandler } from './handler.js'
export type { Handler, HandlerRequest, WebResponse } from './handler.js'
export { createListener } from './listener.js'
export type { Listener, ListenerRequest, ListenerResponse } from './listener.js'
export type {
  ServedEncodeOptions,
  ServedFunction,
  ServedInfo,
  ServedModel,
  ServedPipeline,
  ServedRows,
  ServedScores,
} from './model.js'
export type { ServedModels } from './models.js'
export type { RequestLog, ServerOptions } from './options.js'
