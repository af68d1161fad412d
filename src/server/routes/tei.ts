// The protocol of text-embeddings-inference (TEI).

import type { Route } from '../exchange.js'
import { EMBED_ROUTES } from './tei-embed.js'
import { PREDICT_ROUTES } from './tei-predict.js'
import { TOKENIZE_ROUTES } from './tei-tokenize.js'

export const TEI_ROUTES: readonly Route[] = [...EMBED_ROUTES, ...PREDICT_ROUTES, ...TOKENIZE_ROUTES]
