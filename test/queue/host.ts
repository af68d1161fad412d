// Hosts on this machine: network namespaces, each with an address and a cable to the one that has Redis.
// To make one takes root, and `ip` of iproute2.

import { spawnSync } from 'node:child_process'

export interface Host {
  /** Of its namespace, for `ip netns exec`. */
  readonly name: string
  /** The address of Redis, as this host has it. */
  readonly redis: string
}

function ip(...args: readonly string[]): boolean {
  return spawnSync('ip', args, { stdio: 'ignore' }).status === 0
}

function nameOf(index: number): string {
  return `m2v${process.pid}h${index}`
}

/** A host with a cable to this one. Null where it can't be made. To be removed by {@link removeHosts}. */
export function makeHost(index: number): Host | null {
  const name = nameOf(index)
  const [here, there] = [`${name}a`, `${name}b`]
  // 10.213.0.0/16 in networks of two addresses each.
  const [redis, own] = [1, 2].map((last) => `10.213.${process.pid % 256}.${4 * index + last}`) as [string, string]
  const isMade =
    ip('netns', 'add', name) &&
    ip('link', 'add', here, 'type', 'veth', 'peer', 'name', there, 'netns', name) &&
    ip('address', 'add', `${redis}/30`, 'dev', here) &&
    ip('link', 'set', here, 'up') &&
    ip('-n', name, 'address', 'add', `${own}/30`, 'dev', there) &&
    ip('-n', name, 'link', 'set', there, 'up')
  return isMade ? { name, redis } : null
}

/** Removes the hosts of this process with indexes below `count`. */
export function removeHosts(count: number): void {
  // The cable goes with its host.
  for (let i = 0; i < count; i++) ip('netns', 'delete', nameOf(i))
}

/** Pulls the cable of a host, or puts it back. */
export function cable({ name }: Host, isIn: boolean): void {
  if (!ip('link', 'set', `${name}a`, isIn ? 'up' : 'down')) throw new Error(`no cable of ${name}`)
}
