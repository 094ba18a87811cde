import { readFileSync } from 'node:fs'
import { isIPv4 } from 'node:net'
import type { BenchPlan } from './plan.ts'

/** Descriptors that the program needs beside one for each client. */
const OWN_DESCRIPTORS = 64
/** Ports that a Linux gives to outgoing connections unless told otherwise. */
const PORTS_DEFAULT = 28_232
const LOOPBACK = /^127\./

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
 * Addresses of this host to connect from when one does not have enough ports: 127.0.0.2 and up for
 * a broker on the loopback address. Undefined: there are too few and the person has to name some.
 */
export function chooseLocalAddresses(
  plan: Pick<BenchPlan, 'publishers' | 'subscribers' | 'target'>,
  { portsEach }: HostLimits,
): readonly string[] | undefined {
  const { localAddresses, address } = plan.target
  const clients = plan.publishers + plan.subscribers
  const needed = Math.ceil(clients / portsEach)
  if (localAddresses.length > 0) return localAddresses
  if (needed <= 1) return []
  if (!isIPv4(address) || !LOOPBACK.test(address)) return undefined
  return Array.from({ length: needed }, (_, n) => `127.0.0.${n + 2}`)
}

function read(path: string): string {
  try {
    return readFileSync(path, 'latin1')
  } catch {
    return ''
  }
}
