// The errors of a download in another realm, where those of Node's `fetch` and file system are no
// instances of `Error`.

import path from 'node:path'

import { loadInNewContext } from '../realms/vm-context.js'

loadInNewContext(path.join(__dirname, 'errors.test.js'))
