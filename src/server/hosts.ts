// The names that a server is known by. A page of a foreign site can have the site's name resolved
// to this machine (DNS rebinding), and is of the server's own origin then; its requests still have
// the name.

import { isIP } from 'node:net'

/**
 * Whether a request may have this `Host`: an address, localhost, or one of the names, in lower
 * case. Without one it does not come from a browser.
 */
export function isKnownHost(host: string | undefined, names: readonly string[]): boolean {
  if (host === undefined || names.includes('*')) return true
  const name = host.toLowerCase().replace(/:\d*$/, '').replace(/\.$/, '')
  return (
    isIP(name.replace(/^\[(.*)\]$/, '$1')) !== 0 ||
    name === 'localhost' ||
    name.endsWith('.localhost') ||
    names.includes(name)
  )
}
