/** Checks and readers of addresses, binds and access rules. */

/** An address to listen on. */
export interface Bind {
  readonly host: string
  readonly port: number
}

const IPV4 = /^(?:25[0-5]|2[0-4]\d|1?\d?\d)(?:\.(?:25[0-5]|2[0-4]\d|1?\d?\d)){3}$/
const HOST_NAME = /^[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?$/
const BIND = /^(?:\[([^\]]*)\]:|([^:]*):)?(\d{1,5})$/
const RULE = /^(allow|deny)\s+(\S+)$/

/** Whether the text could be an IPv6 address; full parsing is left to the socket. */
function looksLikeIpv6(text: string): boolean {
  if (!/^[0-9A-Fa-f:.]+(?:%[\w.-]+)?$/.test(text) || !text.includes(':')) return false
  const groups = text.split('%')[0]?.split(':') ?? []
  return groups.length <= 9 && groups.every((group) => group.length <= 4 || IPV4.test(group))
}

function looksLikeIpv4(text: string): boolean {
  return IPV4.test(text)
}

/** Reads `host:port`, `[ipv6]:port` or `port` (all IPv4 addresses); undefined when it is none. */
export function parseBind(text: string): Bind | undefined {
  const match = BIND.exec(text.trim())
  if (match === null) return undefined
  const [, ipv6, name, portText] = match
  const port = Number(portText)
  if (port > 65_535) return undefined
  if (ipv6 !== undefined) return looksLikeIpv6(ipv6) ? { host: ipv6, port } : undefined
  const host = name === undefined || name === '' ? '0.0.0.0' : name
  const numeric = /^[\d.]+$/.test(host)
  return (numeric ? looksLikeIpv4(host) : HOST_NAME.test(host)) ? { host, port } : undefined
}

/** What is wrong with a bind address, or undefined. */
export function checkBind(text: string): string | undefined {
  if (parseBind(text) !== undefined) return undefined
  return 'must be a port (0..65535), `address:port` or `[IPv6 address]:port`'
}

/** One access rule. `cidr` is absent for `all`. */
export interface AccessRule {
  readonly permission: 'allow' | 'deny'
  readonly address?: string
  readonly prefixBits?: number
}

/** Reads `allow all`, `deny 10.0.0.0/8`, `allow ::1`; undefined when it is none. */
export function parseAccessRule(text: string): AccessRule | undefined {
  const match = RULE.exec(text.trim())
  if (match === null) return undefined
  const permission = match[1] === 'allow' ? 'allow' : 'deny'
  const who = match[2] ?? ''
  if (who === 'all') return { permission }
  const [address = '', bitsText, ...rest] = who.split('/')
  const bitsMax = looksLikeIpv4(address) ? 32 : looksLikeIpv6(address) ? 128 : -1
  if (bitsMax < 0 || rest.length > 0) return undefined
  if (bitsText === undefined) return { permission, address, prefixBits: bitsMax }
  const prefixBits = /^\d{1,3}$/.test(bitsText) ? Number(bitsText) : Infinity
  return prefixBits <= bitsMax ? { permission, address, prefixBits } : undefined
}

/** What is wrong with an access rule, or undefined. */
export function checkAccessRule(text: string): string | undefined {
  if (parseAccessRule(text) !== undefined) return undefined
  return 'must be `allow` or `deny`, then `all`, an address or a CIDR such as `10.0.0.0/8`'
}

/** Largest values that Linux takes; others would be ignored by it without a word. */
const KEEPALIVE_SECONDS_MAX = 32_767
const KEEPALIVE_PROBES_MAX = 127

/** What is wrong with a TCP keep-alive, or undefined. */
export function checkKeepAlive(text: string): string | undefined {
  if (text === 'none') return undefined
  const match = /^(\d{1,5})\s*,\s*(\d{1,5})\s*,\s*(\d{1,3})$/.exec(text)
  const [idle = 0, interval = 0, probes = 0] = match?.slice(1).map(Number) ?? []
  const isRight =
    [idle, interval].every((seconds) => seconds >= 1 && seconds <= KEEPALIVE_SECONDS_MAX) &&
    probes >= 1 &&
    probes <= KEEPALIVE_PROBES_MAX
  if (isRight) return undefined
  return 'must be `none` or three numbers such as `240,30,5` (1..32767 s, 1..32767 s, 1..127)'
}
