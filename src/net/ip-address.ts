import { BlockList, isIP, isIPv6 } from 'node:net'

/** The address as people write it: an IPv4 address that came in IPv6 form becomes plain again. */
export function plainAddress(address: string): string {
  const isMapped = /^::ffff:\d+\.\d+\.\d+\.\d+$/i.test(address)
  return isMapped ? address.slice('::ffff:'.length) : address
}

/** True for addresses of this host itself: 127.0.0.0/8 and ::1, also in IPv4-mapped form. */
export function isLoopbackAddress(address: string): boolean {
  const plain = plainAddress(address)
  return plain === '::1' || /^127\.\d+\.\d+\.\d+$/.test(plain)
}

/** Text of an address with a port: `192.0.2.1:1883`, `[2001:db8::1]:1883`. */
export function formatAddress(host: string, port: number): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`
}

/** An address and how many of its first bits count. */
export interface Network {
  readonly address: string
  readonly prefixBits: number
}

/** An address or a CIDR such as `10.0.0.0/8`; undefined when the text is neither. */
export function parseNetwork(text: string): Network | undefined {
  const [address = '', bitsText, ...rest] = text.split('/')
  const bitsMax = ADDRESS_BITS[isIP(address)] ?? 0
  if (bitsMax === 0 || rest.length > 0) return undefined
  if (bitsText === undefined) return { address, prefixBits: bitsMax }
  const prefixBits = /^\d{1,3}$/.test(bitsText) ? Number(bitsText) : Infinity
  return prefixBits <= bitsMax ? { address, prefixBits } : undefined
}

/** By what `isIP` says. */
const ADDRESS_BITS: Readonly<Record<number, number>> = { 4: 32, 6: 128 }

/** A rule about who may connect. Without an address it covers everybody. */
export interface AddressRule {
  readonly permission: 'allow' | 'deny'
  readonly address?: string
  readonly prefixBits?: number
}

/**
 * Makes the decision function for an ordered list of rules: the first one that covers the address
 * decides; an address that none covers is refused.
 *
 * @throws when an address or a prefix length of a rule is invalid
 */
export function makeAddressFilter(rules: readonly AddressRule[]): (address: string) => boolean {
  const steps = rules.map((rule) => ({ allow: rule.permission === 'allow', covers: cover(rule) }))
  const [first] = steps
  if (first?.covers === everybody) return () => first.allow
  return (address) => steps.find((step) => step.covers(address))?.allow ?? false
}

function everybody(): boolean {
  return true
}

function cover(rule: AddressRule): (address: string) => boolean {
  const { address, prefixBits } = rule
  if (address === undefined) return everybody
  const list = new BlockList()
  const family = familyOf(address)
  list.addSubnet(address, prefixBits ?? (family === 'ipv6' ? 128 : 32), family)
  return (candidate) => list.check(candidate, familyOf(candidate))
}

function familyOf(address: string): 'ipv4' | 'ipv6' {
  return isIPv6(address) ? 'ipv6' : 'ipv4'
}
