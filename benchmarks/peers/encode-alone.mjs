// What `encode` alone does in a process: for each line of JSON `{ texts, seconds }` answers with the texts
// of a second, and with what a server besides does for them: reads the JSON, writes the rows.

import { createInterface } from 'node:readline'

import { Model2VecEmbeddingFunction } from 'model2vec-node'

const ef = await Model2VecEmbeddingFunction.load(process.argv[2])
console.log('ready')

/** Microseconds of a call. */
function timed(call) {
  for (let i = 0; i < 50; i++) call()
  const start = performance.now()
  let calls = 0
  while (performance.now() - start < 300) {
    call()
    calls++
  }
  return (1000 * (performance.now() - start)) / calls
}

for await (const line of createInterface({ input: process.stdin })) {
  const { texts, seconds } = JSON.parse(line)
  const before = process.cpuUsage()
  const end = performance.now() + seconds * 1000
  let count = 0
  // As many at once as a server has requests in work.
  const loop = async () => {
    while (performance.now() < end) count += (await ef.encode(texts)).rows
  }
  await Promise.all([loop(), loop()])
  const { user, system } = process.cpuUsage(before)
  const body = Buffer.from(JSON.stringify({ input: texts, model: 'm', encoding_format: 'base64' }))
  const rows = await ef.encode(texts)
  console.log(
    JSON.stringify({
      // As of requests of these texts.
      rate: count / texts.length / seconds,
      cpu: ((user + system) * texts.length) / count,
      readUs: timed(() => JSON.parse(body.toString())),
      base64Us: timed(() => rows.base64(0)) * texts.length,
      numbersUs: timed(() => rows.json(0)) * texts.length,
    }),
  )
}
