// The error suites and realm.test.ts in Jest, which runs every test file in its own realm, with
// Node's globals or jsdom's.

import { execFile } from 'node:child_process'
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'

import test from 'ava'

import { installTools } from './consumers/tools.js'

const tools = installTools('tools')

interface JestReport {
  readonly numPassedTests: number
  readonly numFailedTests: number
  readonly testResults: readonly { readonly message: string }[]
}

/** Runs compiled test files in Jest. */
async function runJest(modules: string, environment: string, files: readonly string[]): Promise<JestReport> {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'model2vec-jest-'))
  const config = path.join(folder, 'jest.json')
  const report = path.join(folder, 'report.json')
  const settings = {
    rootDir: process.cwd(),
    roots: ['<rootDir>/build/test', '<rootDir>/dist'],
    testEnvironment: path.join(modules, environment),
    testMatch: files.map((file) => `<rootDir>/build/test/${file}`),
    moduleNameMapper: {
      '^ava$': '<rootDir>/build/test/realms/assertions.js',
      '^model2vec-node$': '<rootDir>/dist/index.js',
    },
    setupFiles: ['<rootDir>/build/test/realms/jest-setup.js'],
    transform: {},
    cacheDirectory: folder,
    maxWorkers: 1,
  }
  writeFileSync(config, JSON.stringify(settings))
  const args = [path.join(modules, 'jest/bin/jest.js'), '--config', config, '--json', '--outputFile', report]
  const output = await new Promise<string>((resolve) => {
    execFile(process.execPath, args, { timeout: 1_800_000 }, (_, stdout, stderr) => {
      resolve(stdout + stderr)
    })
  })
  try {
    return JSON.parse(readFileSync(report, 'utf8')) as JestReport
  } catch (cause) {
    throw new Error(`Jest made no report:\n${output}`, { cause })
  }
}

for (const [environment, files] of [
  ['jest-environment-node', ['errors.test.js', 'hub/errors.test.js', 'realm.test.js']],
  ['jest-environment-jsdom', ['errors.test.js', 'realm.test.js']],
] as const) {
  const title = `errors and results are those of the realm in Jest with ${environment}`
  if (tools === null) {
    test.skip(`${title}: npm's registry can't be reached`, () => undefined)
    continue
  }
  test.serial(title, async (t) => {
    const report = await runJest(tools, environment, files)
    t.deepEqual(
      report.testResults.map(({ message }) => message).filter((message) => message !== ''),
      [],
    )
    t.is(report.testResults.length, files.length)
    t.is(report.numFailedTests, 0)
    t.true(report.numPassedTests > files.length, String(report.numPassedTests))
  })
}
