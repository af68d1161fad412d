// Publishes packages to a real registry on this machine, and installs them from there into empty
// projects with each package manager, where the README's first example has to run. `npm run
// test:release` calls it. Arguments: the folder of the packages, another one for the registry.

import assert from 'node:assert/strict'
import { execFileSync, spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'

import { freePort } from '../free-port.js'
import { until } from '../waiting.js'
import { MANAGERS } from './managers.js'
import { createProject, programPath } from './project.js'
import type { Project } from './project.js'
import { installTools } from './tools.js'

const PACKAGES = ['model2vec-node', 'model2vec-node-potion-base-8m']

interface Registry {
  readonly url: string
  readonly process: ChildProcess
  /** A configuration of npm with the right to publish. */
  readonly config: string
}

/** Verdaccio with nothing behind it: what was not published here is not there. */
async function startRegistry(modules: string, folder: string): Promise<Registry> {
  const port = await freePort()
  const url = `http://127.0.0.1:${port}`
  mkdirSync(folder, { recursive: true })
  const file = path.join(folder, 'config.yaml')
  const settings = {
    storage: path.join(folder, 'storage'),
    auth: { htpasswd: { file: path.join(folder, 'htpasswd') } },
    uplinks: {},
    packages: { '**': { access: '$all', publish: '$authenticated' } },
    // The model's package has 30 MB.
    max_body_size: '200mb',
    log: { type: 'stdout', format: 'pretty', level: 'warn' },
  }
  // JSON is YAML.
  writeFileSync(file, JSON.stringify(settings))
  const args = [path.join(modules, 'verdaccio/bin/verdaccio'), '--config', file, '--listen', `127.0.0.1:${port}`]
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'ignore', 'inherit'] })
  process.on('exit', () => child.kill('SIGKILL'))
  let isUp = false
  const ask = async (): Promise<void> => {
    while (!isUp && child.exitCode === null) {
      isUp = await fetch(`${url}/-/ping`).then(
        ({ ok }) => ok,
        () => false,
      )
    }
  }
  void ask()
  await until(() => isUp || child.exitCode !== null, 'the registry')
  assert.ok(isUp, 'the registry ended')

  const user = { name: 'publisher', password: 'of-this-machine-only' }
  const answer = await fetch(`${url}/-/user/org.couchdb.user:${user.name}`, {
    method: 'PUT',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(user),
  })
  const { token } = (await answer.json()) as { token: string }
  const config = path.join(folder, '.npmrc')
  writeFileSync(config, `registry=${url}/\n//127.0.0.1:${port}/:_authToken=${token}\n`)
  return { url, process: child, config }
}

function publish(packages: string, { url, config }: Registry): string {
  return execFileSync(process.execPath, ['scripts/publish.mjs', '--without-provenance', '--packages', packages], {
    encoding: 'utf8',
    env: { ...process.env, npm_config_userconfig: config, npm_config_registry: `${url}/` },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
}

/** The README's first example, and what it says that it prints. */
function firstExample(): { readonly code: string; readonly prints: string } {
  const [, code = ''] = /^```ts\n(.*?)^```$/ms.exec(readFileSync('README.md', 'utf8')) ?? []
  const [, prints = ''] = /^console\.log\(.*\) \/\/ (.+)$/m.exec(code) ?? []
  assert.ok(prints !== '')
  return { code, prints }
}

interface Installer {
  readonly name: string
  readonly files?: Readonly<Record<string, string>>
  readonly install: (project: Project) => Promise<string>
  readonly start?: readonly string[]
}

function installers(tools: string, runtimes: string | null): Installer[] {
  const bun = runtimes === null ? null : path.join(runtimes, '@oven/bun-linux-x64/bin/bun')
  return [
    { name: 'npm', install: (project) => project.run('node', [programPath('npm'), 'install', ...PACKAGES]) },
    ...MANAGERS.map(({ name, program, files = {}, add, node = [] }) => {
      const file = path.join(tools, program)
      return {
        name,
        files,
        install: (project: Project) => project.run('node', [file, ...add, ...PACKAGES]),
        ...(node.length > 0 ? { start: [file, ...node] } : {}),
      }
    }),
    ...(bun === null ? [] : [{ name: 'bun', install: (project: Project) => project.run(bun, ['add', ...PACKAGES]) }]),
  ]
}

/** Installs into an empty project and runs the example there. */
async function walk({ name, files = {}, install, start = [] }: Installer, url: string): Promise<void> {
  const { code, prints } = firstExample()
  const project = createProject(url)
  try {
    project.write('package.json', JSON.stringify({ name: 'application', version: '1.0.0', private: true }))
    project.write('.npmrc', `registry=${url}/\n`)
    for (const [file, content] of Object.entries(files)) project.write(file, content)
    project.write('example.mjs', code)
    await install(project)
    assert.equal((await project.run('node', [...start, 'example.mjs'])).trim(), prints)
    console.log(`${name}: installed, the README's first example prints: ${prints}`)
  } finally {
    rmSync(project.directory, { recursive: true, force: true })
  }
}

async function main(): Promise<void> {
  const [, , packages = '', folder = ''] = process.argv
  const [modules, tools] = [installTools('registry'), installTools('tools')]
  if (modules === null || tools === null) throw new Error("npm's registry can't be reached")
  const isListed = process.platform === 'linux' && process.arch === 'x64'
  const runtimes = isListed ? installTools('runtimes') : null
  const registry = await startRegistry(modules, folder)
  try {
    console.log(publish(packages, registry).trim())
    const again = publish(packages, registry).trim().split('\n')
    const packed = JSON.parse(readFileSync(path.join(packages, 'packed.json'), 'utf8')) as Record<string, unknown>
    assert.equal(again.length, Object.keys(packed).length)
    for (const line of again) assert.match(line, / is published$/)
    console.log(`a second run leaves all ${again.length} packages alone`)
    for (const installer of installers(tools, runtimes)) await walk(installer, registry.url)
  } finally {
    registry.process.kill()
  }
}
void main()
