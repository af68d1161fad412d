// `model2vec gather`: whether all outputs of a plan are there.

import { onlyPositional } from '../command.js'
import type { Command } from '../command.js'
import { BASE_OPTION } from '../shards/embed-shard.js'
import { gather as gatherOutputs } from '../shards/gather.js'
import type { Finding } from '../shards/gather.js'
import { openManifest } from '../shards/manifest.js'
import { say } from '../terminal/message.js'

/** The most findings that are named. */
const MOST_NAMED = 20

export const gather: Command = {
  usage: ['<manifest> [options]'],
  description: [
    'Looks at every output of a manifest of `model2vec plan`: whether it is there, with the size, the rows and the plan ' +
      "that its note says; and at the outputs' folder: whether anything else is in it. An output is not read to its end.",
    'The exit code is 1 when an output is missing, wrong or double, or a file is of no shard.',
  ],
  options: {
    json: { type: 'boolean', help: 'print what was found as JSON' },
    ...BASE_OPTION,
  },
  notes: ['Exit codes: 0 all is there, 1 not, or failed, 2 called wrongly.'],
  example: 'plan.jsonl',
  async run(positionals, values) {
    const file = onlyPositional(positionals, 'a manifest')
    const manifest = await openManifest(file, { base: values.base as string | undefined })
    try {
      const findings: Finding[] = []
      const found = await gatherOutputs(manifest, (finding) => {
        if (findings.length < MOST_NAMED) findings.push(finding)
      })
      const { shards, whole, missing, wrong, double, foreign, rows, bytes, toRun } = found
      if (values.json === true) {
        process.stdout.write(`${JSON.stringify({ manifest: file, ...found, findings })}\n`)
      } else {
        for (const { file: of, problem } of findings) say(`${of}: ${problem}`)
        const faults = Object.entries({ missing, wrong, double, foreign }).filter(([, count]) => count > 0)
        const counts = [`${whole} of ${shards} shards whole`, ...faults.map(([what, count]) => `${count} ${what}`)]
        process.stdout.write(
          `${counts.join(', ')}; ${rows.toLocaleString('en')} rows, ${bytes.toLocaleString('en')} bytes\n` +
            (toRun === '' ? '' : `to run: ${toRun}\n`),
        )
      }
      if (missing + wrong + double + foreign > 0) process.exitCode = 1
    } finally {
      await manifest.close()
    }
  },
}
