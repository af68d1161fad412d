// The address of Redis.

import { UsageError } from '../command.js'

/** The address as it may be printed: without the password. @throws UsageError when it is none */
export function shownUrl(redis: string): string {
  const url = URL.canParse(redis) ? new URL(redis) : null
  if (url === null || !/^rediss?:$/.test(url.protocol)) {
    // It may have a password.
    throw new UsageError('--redis should be a URL such as redis://localhost:6379 or rediss://user:password@host:6380/0')
  }
  if (url.password !== '') url.password = '…'
  return decodeURI(url.href)
}
