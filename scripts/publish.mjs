// Publishes what `npm run package -- --all` packed, the main package last, so that whoever installs
// it finds the others. A version that is in the registry is left alone, so that a release that
// broke off can be run again. With trusted publishing npm adds the provenance.
//
// `--dry-run` says what would be published.

import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import process from 'node:process'

import { root } from './setup.mjs'

process.chdir(root)
const dryRun = process.argv.includes('--dry-run')
const packed = Object.values(JSON.parse(readFileSync('build/packages/packed.json', 'utf8')))
const isMain = ({ name }) => name === 'model2vec-node'
for (const { name, version, tarball } of [...packed.filter((one) => !isMain(one)), ...packed.filter(isMain)]) {
  if (isPublished(`${name}@${version}`)) {
    console.log(`${name}@${version} is published`)
    continue
  }
  const options = dryRun ? ['--dry-run'] : ['--provenance']
  execFileSync('npm', ['publish', tarball, '--access', 'public', ...options], { stdio: 'inherit' })
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
