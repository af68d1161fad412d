// `npm run sbom`: a bill of materials (CycloneDX, JSON) for each package that `npm run package` has
// packed, in build/sbom/. A platform's package has the crates that are linked into its native
// module, as cargo-cyclonedx lists them, which must be installed; crates that only ran in the build
// have the scope `excluded`. The main package has the platforms' packages, of which one is installed.
//
// cargo says another way what is linked: each of those crates must be listed.

import { execFileSync } from 'node:child_process'
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'

import { root } from './setup.mjs'

const DESTINATION = 'build/sbom'
/** cargo-cyclonedx writes this file beside the Cargo.toml of each crate of the workspace. */
const NAME = 'sbom-of-one-target'

process.chdir(root)
const epoch = execFileSync('git', ['log', '-1', '--format=%ct'], { encoding: 'utf8' }).trim()
const { napi } = JSON.parse(readFileSync('package.json', 'utf8'))
const packed = Object.values(JSON.parse(readFileSync('build/packages/packed.json', 'utf8')))
rmSync(DESTINATION, { recursive: true, force: true })
mkdirSync(DESTINATION, { recursive: true })
for (const { name } of packed) {
  const file = path.join(DESTINATION, `${name}.cdx.json`)
  const bill = billOf(name)
  writeFileSync(file, `${JSON.stringify(bill, null, 2)}\n`)
  const linked = bill.components.filter(({ scope }) => scope !== 'excluded')
  console.log(`${file}: ${linked.length} components, ${bill.components.length - linked.length} more of the build`)
}

function billOf(name) {
  const target = napi.targets.find((each) => name === `model2vec-node-${platformOf(each)}`)
  const { components, dependencies } = target === undefined ? packagesOf(name) : cratesOf(name, target)
  return {
    bomFormat: 'CycloneDX',
    specVersion: '1.5',
    version: 1,
    metadata: { timestamp: new Date(epoch * 1000).toISOString(), component: component(name) },
    components,
    dependencies,
  }
}

/** A package of ours, with the hash of its tarball. */
function component(name) {
  const { version, integrity } = packed.find((each) => each.name === name)
  const content = Buffer.from(integrity.replace('sha512-', ''), 'base64').toString('hex')
  const purl = purlOf(name, version)
  return {
    type: 'library',
    'bom-ref': purl,
    name,
    version,
    purl,
    hashes: [{ alg: 'SHA-512', content }],
    licenses: [{ license: { id: 'MIT' } }],
  }
}

function purlOf(name, version) {
  return `pkg:npm/${name}@${version}`
}

/** What package.json asks for: nothing, or one of the platforms' packages. */
function packagesOf(name) {
  const folder =
    name === 'model2vec-node' ? path.join('build/packages', name) : `npm/${name.replace(/^model2vec-node-/, '')}`
  const {
    version,
    dependencies = {},
    optionalDependencies = {},
  } = JSON.parse(readFileSync(path.join(folder, 'package.json'), 'utf8'))
  if (Object.keys(dependencies).length > 0) throw new Error(`${name} has dependencies, expected none`)
  const components = Object.keys(optionalDependencies)
    .filter((each) => packed.some((other) => other.name === each))
    .map((each) => ({ ...component(each), scope: 'optional' }))
  const refs = components.map((each) => each['bom-ref'])
  const leaves = refs.map((ref) => ({ ref, dependsOn: [] }))
  return { components, dependencies: [{ ref: purlOf(name, version), dependsOn: refs }, ...leaves] }
}

/** The crates of a target, and which asks for which. The binding itself is the package. */
function cratesOf(name, target) {
  const options = ['--manifest-path', 'crates/node/Cargo.toml', '--target', target, '--no-build-deps', '--quiet']
  const format = ['--format', 'json', '--spec-version', '1.5', '--override-filename', NAME]
  cargo('cyclonedx', ...options, ...format)
  const found = JSON.parse(readFileSync(`crates/node/${NAME}.json`, 'utf8'))
  for (const crate of readdirSync('crates')) rmSync(`crates/${crate}/${NAME}.json`, { force: true })

  const linked = linkedCrates(target)
  const listed = new Set(found.components.map((each) => `${each.name} ${each.version}`))
  const missing = [...linked].filter((crate) => !listed.has(crate))
  if (missing.length > 0) throw new Error(`${target}: cargo-cyclonedx doesn't list ${missing.join(', ')}`)

  // Its own names for our crates have the path of this checkout.
  const { version } = packed.find((each) => each.name === name)
  const refs = new Map(found.components.map((each) => [each['bom-ref'], `pkg:cargo/${each.name}@${each.version}`]))
  refs.set(found.metadata.component['bom-ref'], purlOf(name, version))
  return {
    components: found.components.map((each) => ({
      ...each,
      'bom-ref': refs.get(each['bom-ref']),
      purl: refs.get(each['bom-ref']),
      scope: linked.has(`${each.name} ${each.version}`) ? 'required' : 'excluded',
    })),
    dependencies: found.dependencies.map(({ ref, dependsOn = [] }) => ({
      ref: refs.get(ref),
      dependsOn: dependsOn.map((each) => refs.get(each)),
    })),
  }
}

/** Name and version of each crate that is linked, without our binding: no build scripts, no macros. */
function linkedCrates(target) {
  const options = ['-e', 'normal,no-proc-macro', '--target', target, '--prefix', 'none', '--format', '{p}']
  const lines = cargo('tree', '--locked', '-p', 'model2vec-node', ...options).split('\n')
  const crates = lines.flatMap((line) => (/^(\S+) v(\S+)/.exec(line) ?? []).slice(1).join(' ') || [])
  return new Set(crates.filter((crate) => !crate.startsWith('model2vec-node ')))
}

/** Rust's name of a target as npm's packages have it. */
function platformOf(target) {
  const [cpu, , system, abi] = target.split('-')
  const names = { x86_64: 'x64', aarch64: 'arm64', linux: 'linux', darwin: 'darwin', windows: 'win32' }
  return [names[system], names[cpu], abi].filter((part) => part !== undefined).join('-')
}

function cargo(...args) {
  return execFileSync('cargo', args, {
    encoding: 'utf8',
    maxBuffer: 1 << 28,
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, SOURCE_DATE_EPOCH: epoch },
  })
}
