// A registry of npm packages on this machine, with the packages that `npm run package` packed: what
// `npm install model2vec-node` gets after a release. The package of a platform that wasn't packed
// is there without its native module: Yarn 1 fetches it all the same.

import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

interface PackedPackage {
  readonly name: string
  readonly version: string
  readonly filename: string
  readonly tarball: string
  readonly integrity: string
}

export interface Registry {
  readonly url: string
  /** The paths that were asked for. */
  readonly asked: string[]
  /** A package's tarball. */
  tarball: (name: string) => string
  close: () => void
}

export async function startRegistry(): Promise<Registry> {
  const packed = JSON.parse(readFileSync('build/packages/packed.json', 'utf8')) as Record<string, PackedPackage>
  const stubs = foreignPackages(packed)
  const asked: string[] = []
  const server = createServer((request, response) => {
    const place = decodeURIComponent((request.url ?? '').slice(1))
    asked.push(place)
    const tarball = Object.values(packed).find(({ filename }) => place === `-/${filename}`)
    if (tarball !== undefined) {
      response.end(readFileSync(tarball.tarball))
      return
    }
    const foreign = [...stubs].find(([name]) => place.startsWith(`-/${name}-`))?.[1]
    if (foreign !== undefined) {
      response.end(foreign)
      return
    }
    const manifest = manifestOf(place, packed)
    if (manifest === null) {
      response.statusCode = 404
      response.end('{"error":"not found"}')
      return
    }
    const { name, version } = manifest
    const dist = {
      tarball: `${url}/-/${packed[name]?.filename ?? `${name}-${version}.tgz`}`,
      integrity: packed[name]?.integrity ?? integrityOf(stubs.get(name)),
    }
    response.setHeader('content-type', 'application/json')
    response.end(
      JSON.stringify({ name, 'dist-tags': { latest: version }, versions: { [version]: { ...manifest, dist } } }),
    )
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return {
    url,
    asked,
    tarball: (name) => packed[name]?.tarball ?? '',
    close: () => {
      server.closeAllConnections()
      server.close()
    },
  }
}

/** The package.json of one of our packages. */
function manifestOf(name: string, packed: Readonly<Record<string, unknown>>): { name: string; version: string } | null {
  const folder = readdirSync('npm').find((entry) => name === `model2vec-node-${entry}`)
  if (folder === undefined && packed[name] === undefined) return null
  const file = folder === undefined ? `build/packages/${name}/package.json` : `npm/${folder}/package.json`
  return JSON.parse(readFileSync(file, 'utf8')) as { name: string; version: string }
}

/** Tarballs of the platforms that weren't packed, by name. */
function foreignPackages(packed: Readonly<Record<string, unknown>>): Map<string, Buffer> {
  const folders = readdirSync('npm').filter((folder) => packed[`model2vec-node-${folder}`] === undefined)
  return new Map(
    folders.map((folder) => {
      const rename = ['--transform', `s,^${folder},package,`]
      const tarball = execFileSync('tar', ['czf', '-', ...rename, '-C', 'npm', `${folder}/package.json`])
      return [`model2vec-node-${folder}`, tarball]
    }),
  )
}

function integrityOf(tarball: Buffer | undefined): string | undefined {
  return tarball && `sha512-${createHash('sha512').update(tarball).digest('base64')}`
}
