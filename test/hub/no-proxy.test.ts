// NO_PROXY: which URLs are asked directly.

import test from 'ava'

import { forgetEnvironment } from './cache-folder.js'
import { load } from '../modules.js'

forgetEnvironment()

/** The built module: through the package each case would be a download. */
const { proxyFor } = load('hub/proxy') as { proxyFor: (url: URL) => unknown }

/**
 * NO_PROXY, a URL, and what `should_bypass_proxies(url, None)` of Python's requests 2.34.2
 * (requests.utils) says with no_proxy set to it.
 */
const OF_REQUESTS: readonly (readonly [string, string, boolean])[] = [
  ['127.0.0.0/8', 'http://127.0.0.1:8080', true],
  ['10.0.0.0/8', 'https://10.1.2.3', true],
  ['10.0.0.0/8', 'https://11.1.2.3', false],
  ['a.com, 192.168.4.0/22', 'https://192.168.7.255', true],
  ['192.168.4.0/22', 'https://192.168.8.0', false],
  ['10.1.2.3/32', 'https://10.1.2.3', true],
  ['0.0.0.0/0', 'https://10.1.2.3', false],
  ['10.0.0.0/33', 'https://10.1.2.3', false],
  ['10.0.0.0/8', 'https://ten.example.com', false],
  ['10.0.0.0/x', 'https://10.1.2.3', false],
  ['*.example.com', 'https://a.example.com', false],
  ['example.com', 'https://a.example.com', true],
  ['example.com', 'https://badexample.com', false],
  ['.example.com', 'https://example.com', true],
  ['a.com,*', 'https://b.com', false],
  ['*', 'https://b.com', true],
  ['example.com:443', 'https://example.com', false],
  ['example.com:443', 'https://example.com:443', true],
  ['example.com:8443', 'https://example.com:8443', true],
  ['example.com:8443', 'https://example.com:9443', false],
  ['[::1]', 'http://[::1]:80', false],
  ['::1', 'http://[::1]:80', true],
  ['a.com b.com', 'https://b.com', false],
  ['EXAMPLE.com', 'https://example.COM', true],
  ['https://example.com', 'https://example.com', false],
  ['example.com.', 'https://example.com', false],
  ['..example.com', 'https://example.com', true],
  ['10.1.2', 'https://10.1.2.3', false],
  ['10.1.2.3', 'https://10.1.2.3', true],
]

/** Where we ask directly, as curl does, and requests asks the proxy. */
const OURS_ALONE: ReadonlySet<string> = new Set(['*.example.com', 'a.com,*', 'example.com:443', '[::1]', 'a.com b.com'])

test("NO_PROXY has the meaning that it has in Python's requests, networks too, or that of curl", (t) => {
  process.env.all_proxy = 'http://127.0.0.1:9'
  for (const [list, url, isBypassed] of OF_REQUESTS) {
    process.env.no_proxy = list
    const expected = isBypassed || OURS_ALONE.has(list)
    t.is(proxyFor(new URL(url)) === null, expected, `${list} and ${url}`)
  }
  Reflect.deleteProperty(process.env, 'all_proxy')
  Reflect.deleteProperty(process.env, 'no_proxy')
})
