// `npm start`: sets up, then runs the example.

import { setup } from './setup.mjs'

try {
  setup()
} catch (error) {
  console.error(`setup: ${error.message}`)
  process.exit(1)
}
await import('../examples/start.mjs')
