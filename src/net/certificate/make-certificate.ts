import { createHash, type KeyObject, randomBytes, sign } from 'node:crypto'
import { isIP } from 'node:net'
import {
  bitString,
  boolean,
  element,
  integer,
  objectIdentifier,
  octetString,
  sequence,
  set,
  time,
  utf8String,
} from './der.ts'
import { ipBytes } from './ip-bytes.ts'

/** What a certificate says, and who signs it. Keys are EC keys on P-256. */
export interface CertificateRequest {
  readonly commonName: string
  readonly publicKey: KeyObject
  readonly notBefore: Date
  readonly notAfter: Date
  /** Host names and IP addresses it is valid for; unused for an authority. */
  readonly hosts: readonly string[]
  readonly isAuthority: boolean
  readonly issuer: {
    readonly commonName: string
    readonly publicKey: KeyObject
    readonly privateKey: KeyObject
  }
}

const Oid = {
  ORGANIZATION: '2.5.4.10',
  COMMON_NAME: '2.5.4.3',
  ECDSA_WITH_SHA256: '1.2.840.10045.4.3.2',
  SUBJECT_KEY_IDENTIFIER: '2.5.29.14',
  KEY_USAGE: '2.5.29.15',
  SUBJECT_ALT_NAME: '2.5.29.17',
  BASIC_CONSTRAINTS: '2.5.29.19',
  AUTHORITY_KEY_IDENTIFIER: '2.5.29.35',
  EXTENDED_KEY_USAGE: '2.5.29.37',
  SERVER_AUTH: '1.3.6.1.5.5.7.3.1',
} as const

const ORGANIZATION = 'Tideway'
const SERIAL_BYTES = 16
/** Context tags of GeneralName (RFC 5280 §4.2.1.6). */
const TAG_DNS_NAME = 0x82
const TAG_IP_ADDRESS = 0x87

/** Makes an X.509 version 3 certificate (RFC 5280) in PEM form. */
export function makeCertificate(request: CertificateRequest): string {
  const { issuer } = request
  const algorithm = sequence(objectIdentifier(Oid.ECDSA_WITH_SHA256))
  const body = sequence(
    element(0xa0, integer(Buffer.from([2]))),
    integer(positive(randomBytes(SERIAL_BYTES))),
    algorithm,
    name(issuer.commonName),
    sequence(time(request.notBefore), time(request.notAfter)),
    name(request.commonName),
    spkiOf(request.publicKey),
    element(0xa3, sequence(...extensions(request))),
  )
  const signature = sign('sha256', body, issuer.privateKey)
  return toPem(sequence(body, algorithm, bitString(signature)))
}

/** Serial numbers are positive and not zero. */
function positive(bytes: Buffer): Buffer {
  bytes[0] = ((bytes[0] ?? 0) & 0x7f) | 0x40
  return bytes
}

function name(commonName: string): Buffer {
  const attribute = (oid: string, value: string): Buffer =>
    set(sequence(objectIdentifier(oid), utf8String(value)))
  return sequence(attribute(Oid.ORGANIZATION, ORGANIZATION), attribute(Oid.COMMON_NAME, commonName))
}

function spkiOf(key: KeyObject): Buffer {
  return key.export({ type: 'spki', format: 'der' })
}

/** SHA-1 names a key here, it protects nothing (RFC 5280 §4.2.1.2). */
function keyIdentifier(key: KeyObject): Buffer {
  return createHash('sha1').update(spkiOf(key)).digest()
}

function extensions(request: CertificateRequest): readonly Buffer[] {
  const { isAuthority, hosts, publicKey, issuer } = request
  const authorityKey = element(0x80, keyIdentifier(issuer.publicKey))
  const constraints = isAuthority ? sequence(boolean(true), integer(Buffer.from([0]))) : sequence()
  const list = [
    extension(Oid.BASIC_CONSTRAINTS, true, constraints),
    // keyCertSign and cRLSign for an authority, digitalSignature for a server.
    extension(
      Oid.KEY_USAGE,
      true,
      isAuthority ? bitString(Buffer.from([0x06]), 1) : bitString(Buffer.from([0x80]), 7),
    ),
    extension(Oid.SUBJECT_KEY_IDENTIFIER, false, octetString(keyIdentifier(publicKey))),
    extension(Oid.AUTHORITY_KEY_IDENTIFIER, false, sequence(authorityKey)),
  ]
  if (isAuthority) return list
  return [
    ...list,
    extension(Oid.EXTENDED_KEY_USAGE, false, sequence(objectIdentifier(Oid.SERVER_AUTH))),
    extension(Oid.SUBJECT_ALT_NAME, false, sequence(...hosts.map(generalName))),
  ]
}

function extension(oid: string, isCritical: boolean, value: Buffer): Buffer {
  const critical = isCritical ? [boolean(true)] : []
  return sequence(objectIdentifier(oid), ...critical, octetString(value))
}

function generalName(host: string): Buffer {
  return isIP(host) === 0
    ? element(TAG_DNS_NAME, Buffer.from(host, 'latin1'))
    : element(TAG_IP_ADDRESS, ipBytes(host))
}

function toPem(der: Buffer): string {
  const lines = der.toString('base64').match(/.{1,64}/g) ?? []
  return ['-----BEGIN CERTIFICATE-----', ...lines, '-----END CERTIFICATE-----', ''].join('\n')
}
