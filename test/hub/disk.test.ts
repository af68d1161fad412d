// A disk that is full, and one that is read-only: real ones, mounted where only the test's process
// sees them. Skipped where the system has no such mounts (`unshare`), or doesn't allow them.

import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import path from 'node:path'

import test from 'ava'

import { SMALL } from '../test-data.js'
import { emptyCache, forgetEnvironment } from './cache-folder.js'
import { filesOf, repository } from './content.js'
import { HubServer } from './server.js'

forgetEnvironment()

const UNSHARE = ['--map-root-user', '--mount', 'sh', '-ec']
const canMount =
  spawnSync('unshare', [...UNSHARE, `mount -t tmpfs -o size=64k tmpfs ${emptyCache()}`], { stdio: 'ignore' }).status ===
  0
const mounted = canMount ? test : test.skip

/**
 * Runs a script whose `$load` loads a model into the cache `$disk`, a mount point. Returns its
 * lines.
 */
async function run(server: HubServer, script: string): Promise<string[]> {
  const disk = emptyCache()
  const load = `"${process.execPath}" "${path.join(__dirname, '..', 'children', 'load-from-hub.js')}" ${server.endpoint} ${disk} org/Name`
  const child = spawn('unshare', [...UNSHARE, script], {
    env: { ...process.env, disk, load },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let output = ''
  child.stdout.on('data', (data: Buffer) => (output += data.toString()))
  await once(child, 'close')
  return output.split('\n').filter((line) => line !== '' && line !== 'started')
}

mounted('a disk that is full is ERR_HUB_CACHE, leaves no broken cache, and works again with room', async (t) => {
  const server = await HubServer.start(repository('org/Name', filesOf(SMALL)))
  const lines = await run(
    server,
    `mount -t tmpfs -o size=800k tmpfs $disk
     eval "$load"
     find $disk -name '*.incomplete' -o -path '*/refs/*'
     mount -o remount,size=64m $disk
     eval "$load"`,
  )
  t.is(lines.length, 2, lines.join('\n'))
  t.regex(lines[0] ?? '', /^ERR_HUB_CACHE the Hub cache \S+ can't be written: ENOSPC/)
  t.is(lines[1], '32')
})

mounted('a read-only cache is ERR_HUB_CACHE, and one that has the model is used', async (t) => {
  const server = await HubServer.start(repository('org/Name', filesOf(SMALL)))
  const lines = await run(
    server,
    `mount -t tmpfs -o size=64m tmpfs $disk
     mount -o remount,ro $disk
     eval "$load"
     mount -o remount,rw $disk
     eval "$load"
     mount -o remount,ro $disk
     eval "$load"`,
  )
  t.regex(lines[0] ?? '', /^ERR_HUB_CACHE the Hub cache \S+ can't be written: EROFS/)
  t.deepEqual(lines.slice(1), ['32', '32'])
})
