/**
 * PROXY protocol, versions 1 and 2: what a load balancer says of the client before its bytes.
 *
 * Layout of version 2: signature (12 bytes), version and command, family and transport, length
 * (2 bytes), addresses, then TLVs (type, 2 bytes of length, value).
 */
import { formatIpv4, formatIpv6, isIpv4Text, isIpv6Text } from './ip-text.ts'

/** What the header says. Without an address the connection speaks for itself (health check). */
export interface ProxyHeader {
  readonly source: ProxyAddress | undefined
  /** Common name of the client's certificate, which the proxy has verified. */
  readonly certCommonName: string | undefined
}

export interface ProxyAddress {
  readonly host: string
  readonly port: number
}

export type ProxyResult =
  | { readonly kind: 'more' }
  /** `rest`: bytes behind the header; they may be a view into what was pushed last. */
  | { readonly kind: 'done'; readonly header: ProxyHeader; readonly rest: Buffer }
  | { readonly kind: 'malformed'; readonly reason: string }

const V2_SIGNATURE = Buffer.from('0d0a0d0a000d0a515549540a', 'hex')
const V1_PREFIX = Buffer.from('PROXY ')
const V1_BYTES_MAX = 107
const V2_FIXED_BYTES = 16
/** Longest version 2 header accepted: addresses and TLVs of real proxies stay far below. */
const V2_BYTES_MAX = 16_384

const V2_COMMAND_LOCAL = 0x20
const V2_COMMAND_PROXY = 0x21
const V2_TCP4 = 0x11
const V2_TCP6 = 0x21
/** Bytes of the address block by address family (high half of byte 13). */
const V2_ADDRESS_BYTES: readonly number[] = [0, 12, 36, 216]

const TLV_SSL = 0x20
const TLV_SSL_COMMON_NAME = 0x22
const TLV_SSL_FIXED_BYTES = 5
/** Flags of the SSL TLV: the client gave a certificate on this connection, or in this session. */
const CLIENT_GAVE_CERTIFICATE = 0x06

const MORE: ProxyResult = Object.freeze({ kind: 'more' })
const NO_BYTES = Buffer.alloc(0)

/** Collects a header from pieces of any size. */
export class ProxyHeaderReader {
  #collected: Buffer = NO_BYTES

  /** Takes the next bytes of the connection. After `done` or `malformed` nothing may follow. */
  push(bytes: Buffer): ProxyResult {
    this.#collected = Buffer.concat([this.#collected, bytes])
    return parseProxyHeader(this.#collected)
  }
}

/** Parses a header at the start of `bytes`; `more` when they may be the beginning of one. */
export function parseProxyHeader(bytes: Buffer): ProxyResult {
  if (startsLike(bytes, V2_SIGNATURE)) return parseV2(bytes)
  if (startsLike(bytes, V1_PREFIX)) return parseV1(bytes)
  return malformed('the connection does not begin with a PROXY header')
}

function malformed(reason: string): ProxyResult {
  return { kind: 'malformed', reason }
}

function startsLike(bytes: Buffer, prefix: Buffer): boolean {
  const length = Math.min(bytes.length, prefix.length)
  return bytes.compare(prefix, 0, length, 0, length) === 0
}

/** `PROXY TCP4 192.0.2.1 198.51.100.1 56324 1883\r\n` */
function parseV1(bytes: Buffer): ProxyResult {
  const end = bytes.subarray(0, V1_BYTES_MAX).indexOf('\r\n')
  if (end < 0) {
    return bytes.length < V1_BYTES_MAX ? MORE : malformed('the first line is too long')
  }
  const rest = bytes.subarray(end + 2)
  const [, family, source = '', target = '', sourcePort, targetPort, ...more] = bytes
    .toString('latin1', 0, end)
    .split(' ')
  if (family === 'UNKNOWN') return done(undefined, undefined, rest)
  const isAddress = family === 'TCP4' ? isIpv4Text : family === 'TCP6' ? isIpv6Text : undefined
  if (isAddress === undefined) return malformed('the family is not TCP4, TCP6 or UNKNOWN')
  const port = parsePort(sourcePort)
  const isComplete = more.length === 0 && port >= 0 && parsePort(targetPort) >= 0
  if (!isComplete || !isAddress(source) || !isAddress(target)) {
    return malformed('the addresses of the first line are not valid')
  }
  return done({ host: source.toLowerCase(), port }, undefined, rest)
}

function parsePort(text: string | undefined): number {
  if (text === undefined || !/^(?:0|[1-9]\d{0,4})$/.test(text)) return -1
  const port = Number(text)
  return port <= 65_535 ? port : -1
}

function parseV2(bytes: Buffer): ProxyResult {
  if (bytes.length < V2_FIXED_BYTES) return MORE
  const command = bytes.readUInt8(12)
  const family = bytes.readUInt8(13)
  const total = V2_FIXED_BYTES + bytes.readUInt16BE(14)
  if (command !== V2_COMMAND_LOCAL && command !== V2_COMMAND_PROXY) {
    return malformed(`version and command 0x${command.toString(16)} are not known`)
  }
  const addressBytes = V2_ADDRESS_BYTES[family >> 4]
  if (addressBytes === undefined || (family & 0x0f) > 2) {
    return malformed(`family and transport 0x${family.toString(16)} are not known`)
  }
  if (total > V2_BYTES_MAX) return malformed(`the header has ${total} bytes`)
  if (bytes.length < total) return MORE
  const rest = bytes.subarray(total)
  // A proxy that speaks for itself (health check): whatever follows is to be ignored.
  if (command === V2_COMMAND_LOCAL) return done(undefined, undefined, rest)
  const body = bytes.subarray(V2_FIXED_BYTES, total)
  if (body.length < addressBytes) return malformed('the addresses are cut off')
  const common = findCommonName(body.subarray(addressBytes))
  if (common === null) return malformed('a TLV is cut off')
  return done(addressOf(family, body), common, rest)
}

function addressOf(family: number, body: Buffer): ProxyAddress | undefined {
  if (family === V2_TCP4)
    return { host: formatIpv4(body.subarray(0, 4)), port: body.readUInt16BE(8) }
  if (family === V2_TCP6) {
    return { host: formatIpv6(body.subarray(0, 16)), port: body.readUInt16BE(32) }
  }
  return undefined // Unix sockets and datagrams have no address that means something here.
}

function done(
  source: ProxyAddress | undefined,
  certCommonName: string | undefined,
  rest: Buffer,
): ProxyResult {
  return { kind: 'done', header: { source, certCommonName }, rest }
}

/** Common name of a verified client certificate; null when the TLVs are malformed. */
function findCommonName(tlvs: Buffer): string | undefined | null {
  const ssl = findTlv(tlvs, TLV_SSL)
  if (ssl === null || ssl === undefined) return ssl
  if (ssl.length < TLV_SSL_FIXED_BYTES) return null
  const common = findTlv(ssl.subarray(TLV_SSL_FIXED_BYTES), TLV_SSL_COMMON_NAME)
  if (common === null) return null
  const isVerified = ssl.readUInt32BE(1) === 0 && (ssl.readUInt8(0) & CLIENT_GAVE_CERTIFICATE) !== 0
  return isVerified ? common?.toString('utf8') : undefined
}

/** Value of the first TLV of a type; null when the list is malformed. */
function findTlv(tlvs: Buffer, wanted: number): Buffer | undefined | null {
  let found: Buffer | undefined
  let at = 0
  while (at < tlvs.length) {
    if (tlvs.length - at < 3) return null
    const type = tlvs.readUInt8(at)
    const end = at + 3 + tlvs.readUInt16BE(at + 1)
    if (end > tlvs.length) return null
    if (type === wanted) found ??= tlvs.subarray(at + 3, end)
    at = end
  }
  return found
}
