import { createHash } from 'node:crypto'
import { certificateParts } from './certificate-parts.ts'
import { element, objectIdentifier, octetString, sequence } from './der.ts'

const SHA1 = '1.3.14.3.2.26'
const TAG_INTEGER = 0x02
const TAG_NULL = 0x05

/**
 * A request for the status of a certificate (RFC 6960 §4.1), both certificates in DER form. SHA-1
 * names the issuer here, it protects nothing; responders know no other name for sure.
 * @throws RangeError when one of them is no certificate
 */
export function makeOcspRequest(certificate: Buffer, issuer: Buffer): Buffer {
  const { serialNumber } = certificateParts(certificate)
  const { subject, publicKey } = certificateParts(issuer)
  const id = sequence(
    sequence(objectIdentifier(SHA1), element(TAG_NULL)),
    octetString(sha1(subject)),
    octetString(sha1(publicKey)),
    element(TAG_INTEGER, serialNumber),
  )
  return sequence(sequence(sequence(sequence(id))))
}

function sha1(bytes: Buffer): Buffer {
  return createHash('sha1').update(bytes).digest()
}
