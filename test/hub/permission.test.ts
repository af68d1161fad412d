// `node --permission`: what the process may not read or write is no raw ERR_ACCESS_DENIED.

import { execFile } from 'node:child_process'
import path from 'node:path'
import { promisify } from 'node:util'

import test from 'ava'

import { SMALL } from '../test-data.js'
import { emptyCache, forgetEnvironment } from './cache-folder.js'
import { filesOf, repository } from './content.js'
import { HubServer } from './server.js'

forgetEnvironment()
const [flag] = ['--permission', '--experimental-permission'].filter((each) =>
  process.allowedNodeEnvironmentFlags.has(each),
)
const script = path.join(__dirname, '../children/load-without-permission.js')

test('without permission for the cache, the companion package is used, and a download is ERR_HUB_CACHE', async (t) => {
  const server = await HubServer.start(repository('org/Name', filesOf(SMALL)))
  const args = [flag ?? '', '--allow-addons', `--allow-fs-read=${process.cwd()}`, script, server.endpoint, emptyCache()]
  const { stdout } = await promisify(execFile)(process.execPath, ['--no-warnings', ...args])
  t.deepEqual(JSON.parse(stdout), [
    'loaded',
    ['ERR_HUB_CACHE', "the Hub cache … can't be written: Access to this API has been restricted"],
    ['ERR_MODEL_NOT_FOUND', '…: a directory is expected, but this may not be read'],
  ])
})
