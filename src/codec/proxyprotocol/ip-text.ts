/** Text forms of IP addresses, without the help of the sockets' module. */

const IPV4 = /^(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)(?:\.(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)){3}$/
const GROUP = /^[0-9A-Fa-f]{1,4}$/
const GROUPS = 8

/** True for a dotted IPv4 address. */
export function isIpv4Text(text: string): boolean {
  return IPV4.test(text)
}

/** True for an IPv6 address (RFC 4291 §2.2), also with an IPv4 tail; no zone. */
export function isIpv6Text(text: string): boolean {
  const halves = text.split('::')
  if (halves.length > 2) return false
  const lengths = halves.map((half, index) => countGroups(half, index === halves.length - 1))
  if (lengths.includes(-1)) return false
  const total = lengths.reduce((sum, length) => sum + length, 0)
  return halves.length === 2 ? total < GROUPS : total === GROUPS
}

/** Number of 16-bit groups in a part without `::`; -1 when it is malformed. */
function countGroups(part: string, isLast: boolean): number {
  if (part === '') return 0
  const groups = part.split(':')
  const tail = groups.at(-1) ?? ''
  const hasIpv4Tail = isLast && isIpv4Text(tail)
  const plain = hasIpv4Tail ? groups.slice(0, -1) : groups
  if (!plain.every((group) => GROUP.test(group))) return -1
  return plain.length + (hasIpv4Tail ? 2 : 0)
}

/** `192.0.2.1` from four bytes. */
export function formatIpv4(bytes: Uint8Array): string {
  return bytes.join('.')
}

/** Shortest form of 16 bytes (RFC 5952); an IPv4-mapped address becomes plain IPv4. */
export function formatIpv6(bytes: Buffer): string {
  const groups = Array.from({ length: GROUPS }, (_, index) => bytes.readUInt16BE(index * 2))
  if (groups.slice(0, 5).every((group) => group === 0) && groups[5] === 0xffff) {
    return formatIpv4(bytes.subarray(12, 16))
  }
  const texts = groups.map((group) => group.toString(16))
  const run = longestZeroRun(groups)
  if (run.length < 2) return texts.join(':')
  return `${texts.slice(0, run.at).join(':')}::${texts.slice(run.at + run.length).join(':')}`
}

function longestZeroRun(groups: readonly number[]): { at: number; length: number } {
  let best = { at: 0, length: 0 }
  let length = 0
  for (const [index, group] of groups.entries()) {
    length = group === 0 ? length + 1 : 0
    if (length > best.length) best = { at: index - length + 1, length }
  }
  return best
}
