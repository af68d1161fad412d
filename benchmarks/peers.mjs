// Who is compared, how each is installed and started, and what its users would install. Versions
// are pinned in peers/transformers-js/package.json, peers/requirements.txt and Cargo.toml.

import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'

export const here = fileURLToPath(new URL('.', import.meta.url))
const root = path.join(here, '..')
const windows = process.platform === 'win32'
const at = (...parts) => path.join(here, ...parts)
const venv = path.join(root, 'build', 'bench-python')
const python = path.join(venv, ...(windows ? ['Scripts', 'python.exe'] : ['bin', 'python']))
const node = (script) => [process.execPath, '--expose-gc', at('peers', script)]
const rust = (binary, ...args) => [at('target', 'release', windows ? `${binary}.exe` : binary), ...args]

/** The packages in Python and their versions, as requirements.txt has them. */
function requirement(name) {
  return new RegExp(`^${name}==(.*)$`, 'm').exec(readFileSync(at('peers', 'requirements.txt'), 'utf8'))[1]
}

const manifest = JSON.parse(readFileSync(at('peers', 'transformers-js', 'package.json'), 'utf8'))

/**
 * Name → peer. `title` is what tables call it; `language` is the one that it is called from; `kind`
 * is what it does: 'embed' or 'tokenize'; `by` is the installer that it needs; `environment` is
 * added to the process's.
 */
export const PEERS = Object.fromEntries(
  [
    {
      name: 'ours',
      title: 'model2vec-node',
      language: 'JavaScript',
      kind: 'embed',
      command: () => node('ours.mjs'),
    },
    {
      name: 'model2vec-rs',
      title: 'model2vec-rs 0.4.0',
      language: 'Rust',
      kind: 'embed',
      by: 'cargo',
      command: () => rust('model2vec-rs'),
    },
    {
      name: 'laghu',
      title: `laghu ${requirement('laghu')} with laghu-rs ${requirement('laghu-rs')}`,
      language: 'Python',
      kind: 'embed',
      by: 'pip',
      command: () => [python, at('peers', 'python.py'), 'laghu'],
      // Its vocabulary files, which it would write to the user's cache.
      environment: { LAGHU_CACHE: path.join(venv, 'laghu-cache') },
      packages: ['laghu', 'laghu-rs'],
    },
    {
      name: 'model2vec',
      title: `model2vec ${requirement('model2vec')}`,
      language: 'Python',
      kind: 'embed',
      by: 'pip',
      command: () => [python, at('peers', 'python.py'), 'model2vec'],
      packages: ['model2vec'],
    },
    {
      name: 'transformers-js',
      title: `transformers.js tokenizer ${manifest.dependencies['@huggingface/tokenizers']} + JS`,
      language: 'JavaScript',
      kind: 'embed',
      by: 'npm',
      command: () => node(path.join('transformers-js', 'peer.mjs')),
    },
    {
      name: 'tokie',
      title: 'tokie 0.1.4',
      language: 'Rust',
      kind: 'tokenize',
      by: 'cargo',
      command: () => rust('tokenizing', 'tokie'),
    },
    {
      name: 'tokenizers-next',
      title: 'tokenizers 1.0.0-rc.3',
      language: 'Rust',
      kind: 'tokenize',
      by: 'cargo',
      command: () => rust('tokenizing', 'tokenizers-next'),
    },
    {
      name: 'tokenizers',
      title: 'tokenizers 0.23.2',
      language: 'Rust',
      kind: 'tokenize',
      by: 'cargo',
      command: () => rust('tokenizing', 'tokenizers'),
    },
  ].map((peer) => [peer.name, peer]),
)

/** What brings peers of a kind onto the machine. Each throws when it can't. */
const INSTALLERS = {
  cargo: () => run('cargo', ['build', '--release', '--quiet', '--locked']),
  npm: () =>
    run(
      'npm',
      ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'],
      at('peers', 'transformers-js'),
    ),
  pip: () => pythonFor('bench-python', at('peers', 'requirements.txt')),
}

/**
 * An environment in build/ with the packages of a requirements file, made anew when they have changed.
 *
 * @returns its interpreter
 */
export function pythonFor(name, requirements) {
  const folder = path.join(root, 'build', name)
  const interpreter = path.join(folder, ...(windows ? ['Scripts', 'python.exe'] : ['bin', 'python']))
  const wanted = readFileSync(requirements, 'utf8')
  const stamp = path.join(folder, 'installed.txt')
  if (existsSync(interpreter) && existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return interpreter
  rmSync(folder, { recursive: true, force: true })
  run(windows ? 'python' : 'python3', ['-m', 'venv', folder])
  run(interpreter, ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '-r', requirements])
  writeFileSync(stamp, wanted)
  return interpreter
}

/**
 * Installs what `peers` need, and says what it does.
 *
 * @returns name → why a peer is not at hand
 */
export function install(peers, say) {
  const missing = {}
  for (const installer of new Set(peers.map(({ by }) => by).filter((by) => by !== undefined))) {
    const concerned = peers.filter(({ by }) => by === installer)
    say(`installing with ${installer}: ${concerned.map(({ title }) => title).join(', ')}`)
    try {
      INSTALLERS[installer]()
    } catch (error) {
      for (const { name } of concerned) missing[name] = `${installer}: ${error.message.trim().split('\n').at(-1)}`
    }
  }
  return missing
}

function run(command, args, cwd = here) {
  const { error, status, stderr } = spawnSync(command, args, {
    cwd,
    // npm is a script on Windows, which only a shell can start.
    shell: windows && command === 'npm',
    stdio: ['ignore', 'ignore', 'pipe'],
    encoding: 'utf8',
    maxBuffer: 1 << 28,
  })
  if (error !== undefined) throw error
  if (status !== 0) throw new Error(stderr.trim() === '' ? `${command} ended with ${status}` : stderr)
}

/**
 * What `npm install` of this package brings, without a model: the native module and the compiled
 * TypeScript, in bytes.
 */
export function ownSize() {
  const files = JSON.parse(
    execFileSync('npm', ['pack', '--dry-run', '--json', '--ignore-scripts', '--loglevel=error'], {
      cwd: root,
      encoding: 'utf8',
      shell: windows,
      stdio: ['ignore', 'pipe', 'ignore'],
    }),
  )[0].unpackedSize
  const addons = readdirSync(root).filter((name) => /^model2vec\..*\.node$/.test(name))
  return files + Math.max(0, ...addons.map((name) => statSync(path.join(root, name)).size))
}

/** The bytes of all files below a folder. */
export function folderSize(folder) {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .reduce((sum, entry) => sum + statSync(path.join(entry.parentPath ?? entry.path, entry.name)).size, 0)
}

/** The program that has model2vec-rs linked in: its size, and no package's. */
export function rustSize() {
  return statSync(rust('model2vec-rs')[0]).size
}
