import { createHash } from 'node:crypto'
import type { Refusal, WireInfo } from '#broker/ports.ts'
import type { Incoming } from '#net/acceptor.ts'
import type { ListenerOptions } from './listener-options.ts'

/** The client at the other end, as far as it is known at some stage. */
export interface Peer {
  readonly host: string
  readonly port: number
  /** Address the connection itself comes from: the client's, or that of a proxy. */
  readonly directHost: string
  readonly localHost: string
  readonly localPort: number
  readonly certCommonName: string | undefined
  readonly certSubject: string | undefined
  /** DER. */
  readonly certificate: Uint8Array | undefined
  /** Of the pre-shared key of TLS. */
  readonly pskIdentity?: string
  /** There is no room for it, see `WireInfo`. */
  readonly refusal?: Refusal | undefined
}

/** What the connection itself says of its peer. */
export function peerOf(incoming: Incoming, refusal?: Refusal): Peer {
  return {
    host: incoming.peerHost,
    port: incoming.peerPort,
    directHost: incoming.peerHost,
    localHost: incoming.localHost,
    localPort: incoming.localPort,
    certCommonName: undefined,
    certSubject: undefined,
    certificate: undefined,
    refusal,
  }
}

/** Facts for the broker core. */
export function wireInfo(
  { id, type, zone }: Pick<ListenerOptions, 'id' | 'type' | 'zone'>,
  peer: Peer,
): WireInfo {
  const { certificate } = peer
  return {
    listener: id,
    transport: type,
    zone,
    peerHost: peer.host,
    peerPort: peer.port,
    localHost: peer.localHost,
    localPort: peer.localPort,
    ...(peer.certCommonName !== undefined && { certCommonName: peer.certCommonName }),
    ...(peer.refusal !== undefined && { refusal: peer.refusal }),
    ...(peer.certSubject !== undefined && { certSubject: peer.certSubject }),
    ...(peer.pskIdentity !== undefined && { pskIdentity: peer.pskIdentity }),
    ...(certificate !== undefined && {
      certificate,
      certMd5: createHash('md5').update(certificate).digest('hex'),
    }),
  }
}
