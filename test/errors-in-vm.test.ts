// The errors of errors.test.ts in a realm of their own, where what native code and Node throw is no instance of `Error`.

import path from 'node:path'

import { loadInNewContext } from './realms/vm-context.js'

loadInNewContext(path.join(__dirname, 'errors.test.js'))
