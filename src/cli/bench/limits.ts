import { readFileSync } from 'node:fs'
import { isIPv4 } from 'node:net'
import type { BenchPlan } from './plan.ts'

/** Descriptors that the program needs beside one for each client. */
const OWN_DESCRIPTORS = 64
/** Ports that a Linux gives to outgoing connections unless told otherwise. */
const PORTS_DEFAULT = 28_232
const LOOPBACK = /^127\./
/**
 * Part of the ports of one loopback address that is used, because there are other addresses: the
 * fewer are left, the longer the kernel looks for a free one, up to half a millisecond for each
 * connection, and those of a run that has ended stay taken for a minute.
 */
const PORTS_SHARE = 1 / 16
/** Up to so many clients that does not matter. */
const ONE_ADDRESS_CLIENTS_MAX = 5_000
/** 127.0.0.2 to 127.0.0.254. */
const ADDRESSES_MAX = 253

/** Limits of this host for one process. */
export interface HostLimits {
  /** Open files; Node.js raises the soft limit to the hard one at start. */
  readonly descriptorsMax: number
  /** Ports for outgoing connections from one address to one address and port. */
  readonly portsEach: number
}

/** Reads the limits; without /proc they are taken to be sufficient. */
export function readHostLimits(): HostLimits {
  const files = /Max open files\s+\S+\s+(\S+)/.exec(read('/proc/self/limits'))?.[1]
  const [low, high] = read('/proc/sys/net/ipv4/ip_local_port_range').trim().split(/\s+/).map(Number)
  return {
    descriptorsMax: files === undefined || files === 'unlimited' ? Infinity : Number(files),
    portsEach: low && high ? high - low + 1 : PORTS_DEFAULT,
  }
}

/** Says what keeps so many clients from connecting, and what to do; undefined: nothing does. */
export function limitProblem(clients: number, limits: HostLimits): string | undefined {
  const needed = clients + OWN_DESCRIPTORS
  if (needed <= limits.descriptorsMax) return undefined
  return (
    `${clients} clients need ${needed} file descriptors, this process may have ` +
    `${limits.descriptorsMax}: raise the hard limit (ulimit -Hn ${needed}, LimitNOFILE= of the ` +
    `service, nofile in limits.conf), or divide the clients over several processes.`
  )
}

/**
 * Addresses of this host to connect from when one has no ports to spare: 127.0.0.2 and up for a
 * broker on the loopback address. Undefined: there are too few and the person has to name some.
 */
export function chooseLocalAddresses(
  plan: Pick<BenchPlan, 'publishers' | 'subscribers' | 'target'>,
  { portsEach }: HostLimits,
): readonly string[] | undefined {
  const { localAddresses, address } = plan.target
  const clients = plan.publishers + plan.subscribers
  if (localAddresses.length > 0) return localAddresses
  if (clients <= Math.min(ONE_ADDRESS_CLIENTS_MAX, portsEach)) return []
  if (!isIPv4(address) || !LOOPBACK.test(address)) return clients > portsEach ? undefined : []
  const wanted = Math.ceil(clients / (portsEach * PORTS_SHARE))
  return Array.from({ length: Math.min(wanted, ADDRESSES_MAX) }, (_, n) => `127.0.0.${n + 2}`)
}

function read(path: string): string {
  try {
    return readFileSync(path, 'latin1')
  } catch {
    return ''
  }
}
