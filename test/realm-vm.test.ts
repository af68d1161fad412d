// errors.test.ts and realm.test.ts in a `vm` context, where what native code and Node make is no
// instance of that realm's classes.

import path from 'node:path'

import { loadInNewContext } from './realms/vm-context.js'

loadInNewContext(path.join(__dirname, 'errors.test.js'))
loadInNewContext(path.join(__dirname, 'realm.test.js'))
