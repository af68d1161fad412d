import { asciiJson } from './answer.js'
import type { ModelTable } from './models.js'
import type { CheckedServerOptions } from './options.js'

export function openApiDocument(options: CheckedServerOptions, models: ModelTable): string {
  return asciiJson({ openapi: '3.1.0', servers: [{ url: options.basePath || '/' }], x: models.names })
}
