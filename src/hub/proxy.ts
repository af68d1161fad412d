// The proxies that the environment names, by the rules of Python's `urllib.request.getproxies` and
// `proxy_bypass`: HTTPS_PROXY, HTTP_PROXY, ALL_PROXY and NO_PROXY; a name in small letters wins,
// and is nothing when it is empty.

import net from 'node:net'

import { Model2VecError } from '../errors.js'
import { process, URL } from '../runtime/node-globals.js'

/** A proxy for one URL. */
export interface Proxy {
  /** With the user and the password, which no message shows. */
  readonly url: URL
  /** The variable that names it. */
  readonly variable: string
}

/**
 * The proxy for a URL, or null.
 *
 * @throws Model2VecError ERR_HUB_OFFLINE when the variable names something that is no HTTP proxy
 */
export function proxyFor(url: URL): Proxy | null {
  if (isBypassed(url)) return null
  const [variable, value] = given(`${url.protocol.slice(0, -1)}_proxy`) ?? given('all_proxy') ?? []
  if (variable === undefined || value === undefined) return null
  const text = value.includes('://') ? value : `http://${value}`
  const found = URL.canParse(text) ? new URL(text) : null
  // `http://user:1234#secret@host`: with a `#`, `?`, `/` or `\\` in it, a password's begin would be
  // read, and shown, as the host's port.
  const isCut = found === null ? text.includes('@') : (found.pathname + found.search + found.hash).includes('@')
  if (found !== null && !isCut && /^https?:$/.test(found.protocol)) return { url: found, variable }
  const noUrl = isCut ? 'no URL (special characters of a user or password must be percent-encoded)' : 'no URL'
  const what = found === null || isCut ? noUrl : `a ${found.protocol.slice(0, -1)} proxy`
  throw new Model2VecError(
    'ERR_HUB_OFFLINE',
    `the environment variable ${variable} names ${what}: expected an http or https proxy, or NO_PROXY=${url.hostname} for none; ` +
      'for another kind, give `fetch` a function that uses it',
  )
}

/** A variable by its name in small or capital letters, and its value; null = not given. */
function given(name: string): [string, string] | null {
  const small = process.env[name]
  if (small !== undefined) return small === '' ? null : [name, small]
  const capital = name.toUpperCase()
  // A web server's CGI scripts get their request's header `Proxy` under this name (CVE-2016-5385).
  if (capital === 'HTTP_PROXY' && process.env.REQUEST_METHOD !== undefined) return null
  const value = process.env[capital]
  return value === undefined || value === '' ? null : [capital, value]
}

/**
 * NO_PROXY: hosts with those below them, and networks of IPv4 addresses (`10.0.0.0/8`), as
 * `requests.utils.should_bypass_proxies` reads them. Beyond that, as curl and others: `*` also
 * beside others, `*.host`, a port that the URL leaves to its scheme, `[::1]`, and spaces between
 * entries.
 */
function isBypassed({ hostname, port, protocol }: URL): boolean {
  const [, list = ''] = given('no_proxy') ?? []
  const host = hostname.replace(/^\[|\]$/g, '').toLowerCase()
  const actualPort = port === '' ? (protocol === 'https:' ? '443' : '80') : port
  return list.split(/[\s,]+/).some((entry) => {
    if (entry === '*' || isInNetwork(host, entry)) return true
    const [, name = '', , only] = /^\[?(.*?)(\]?:(\d+)|\])?$/.exec(entry.toLowerCase()) ?? []
    // An IPv6 address has colons of its own.
    const [pattern, wanted] =
      entry.split(':').length > 2 && !entry.startsWith('[') ? [entry.toLowerCase(), undefined] : [name, only]
    const domain = pattern.replace(/^\*?\.+/, '')
    if (domain === '' || (wanted !== undefined && wanted !== actualPort)) return false
    return host === domain || host.endsWith(`.${domain}`)
  })
}

/** Whether an IPv4 address is in `address/bits`, from 1 to 32 bits. */
function isInNetwork(host: string, network: string): boolean {
  const [, address = '', bits = ''] = /^([\d.]+)\/(\d+)$/.exec(network) ?? []
  const prefix = Number(bits)
  if (!net.isIPv4(host) || !net.isIPv4(address) || prefix < 1 || prefix > 32) return false
  const block = new net.BlockList()
  block.addSubnet(address, prefix, 'ipv4')
  return block.check(host, 'ipv4')
}
