// The sink that TEST_SINK names, whose calls are steps (fault.ts): before and after each.

import { createRequire } from 'node:module'
import { pathToFileURL } from 'node:url'

const { step } = createRequire(import.meta.url)('../../build/test/queue/fault.js')
const { default: source, close } = await import(pathToFileURL(process.env.TEST_SINK).href)

export default async (shard) => {
  const sink = typeof source === 'function' ? await source(shard) : source
  const between = async (call) => {
    await step()
    await call()
    await step()
  }
  return {
    write: (batch) => between(() => sink.write(batch)),
    commit: () => between(async () => sink.commit?.()),
    rollback: async () => sink.rollback?.(),
  }
}

export { close }
