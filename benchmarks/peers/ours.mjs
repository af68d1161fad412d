// model2vec-node as a peer. Forms: `sync` and `async` make fresh results, `sync-out` and
// `async-out` write into memory that the caller has; the one of `async-out` is shared memory, which
// the engine's threads write directly.

import { serve } from './serve.mjs'

serve(async ({ model, threads, memory }) => {
  const started = performance.now()
  const { Model2VecEmbeddingFunction } = await import('model2vec-node')
  const importNs = Math.round((performance.now() - started) * 1e6)
  const ef = new Model2VecEmbeddingFunction(model, { threads, memory })
  const buffers = {}

  /** Memory for `rows` vectors, the same one again while it is large enough. */
  function out(form, rows) {
    const bytes = rows * ef.dim * 4
    const Buffer = form === 'async-out' ? SharedArrayBuffer : ArrayBuffer
    if (!(buffers[form]?.byteLength >= bytes)) buffers[form] = new Float32Array(new Buffer(bytes)).fill(1)
    return buffers[form]
  }

  const call = {
    sync: (texts) => ef.encodeSync(texts),
    async: (texts) => ef.encode(texts),
    'sync-out': (texts) => ef.encodeSync(texts, { out: out('sync-out', texts.length) }),
    'async-out': (texts) => ef.encode(texts, { out: out('async-out', texts.length) }),
    tokenize: (texts) => ef.tokenize(texts, { maxLength: null }),
  }
  const single = { sync: (text) => ef.encodeSync(text), async: (text) => ef.encode(text) }
  const row = out('sync-out', 1)
  single['sync-out'] = (text) => ef.encodeSync(text, { out: row })

  return {
    facts: { kernel: ef.info.kernel, importNs },
    // Not timed: the caller has the memory already.
    prepare: (texts, form) => void (form.endsWith('-out') && out(form, texts.length)),
    pass: (texts, form) => call[form](texts),
    query: (text, form) => single[form](text),
    vectors: async (texts, form) => (await call[form](texts)).data,
    ids: (texts) => ef.tokenize(texts, { maxLength: null }),
  }
})
