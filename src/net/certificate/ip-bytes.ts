import { isIPv4 } from 'node:net'

/** The 4 or 16 bytes of a valid IP address without a zone. */
export function ipBytes(address: string): Buffer {
  if (isIPv4(address)) return Buffer.from(address.split('.').map(Number))
  const [head = '', tail] = address.split('::')
  const before = groupBytes(head)
  const after = groupBytes(tail ?? '')
  const gapBytes = tail === undefined ? 0 : 16 - before.length - after.length
  return Buffer.concat([Buffer.from(before), Buffer.alloc(gapBytes), Buffer.from(after)])
}

function groupBytes(part: string): number[] {
  if (part === '') return []
  return part.split(':').flatMap((group) => {
    if (group.includes('.')) return group.split('.').map(Number)
    const value = Number.parseInt(group, 16)
    return [value >> 8, value & 0xff]
  })
}
