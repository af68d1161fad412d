// Publishes what `npm run package -- --all` packed, the main package last, so that whoever installs
// it finds the others. A version that is in the registry is left alone, so that a release that
// broke off can be run again. With trusted publishing npm adds the provenance.
//
// `--dry-run` says what would be published. `--without-provenance` is for a registry on this machine
// (scripts/test-release.mjs): only a workflow of GitHub can say where a package comes from.
// `--packages FOLDER`: where the packages are, if not in build/packages.

import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { parseArgs } from 'node:util'

import { root } from './setup.mjs'

process.chdir(root)
const { values } = parseArgs({
  options: {
    'dry-run': { type: 'boolean' },
    'without-provenance': { type: 'boolean' },
    packages: { type: 'string', default: 'build/packages' },
  },
})
const packed = Object.values(JSON.parse(readFileSync(path.join(values.packages, 'packed.json'), 'utf8')))
const options = values['dry-run'] ? ['--dry-run'] : values['without-provenance'] ? [] : ['--provenance']
const isMain = ({ name }) => name === 'model2vec-node'
for (const { name, version, filename } of [...packed.filter((one) => !isMain(one)), ...packed.filter(isMain)]) {
  if (isPublished(`${name}@${version}`)) {
    console.log(`${name}@${version} is published`)
    continue
  }
  execFileSync('npm', ['publish', path.resolve(values.packages, filename), '--access', 'public', ...options], {
    stdio: 'inherit',
  })
}

function isPublished(wanted) {
  try {
    return (
      execFileSync('npm', ['view', wanted, 'version'], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] }) !== ''
    )
  } catch (error) {
    if (String(error.stderr).includes('E404')) return false
    throw error
  }
}
