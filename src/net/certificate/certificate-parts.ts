/** Takes the parts of an X.509 certificate that OCSP names it by (RFC 5280 §4.1). */
import { childrenOf, contentOf, elementAt, need } from './der-reader.ts'

const TAG_VERSION = 0xa0
const TAG_BIT_STRING = 0x03

/** Parts of a certificate, as they stand in it. */
export interface CertificateParts {
  /** Contents of the INTEGER. */
  readonly serialNumber: Buffer
  /** The whole Name. */
  readonly subject: Buffer
  /** Contents of the BIT STRING of the key, without the count of unused bits. */
  readonly publicKey: Buffer
}

/**
 * Takes a certificate in DER form apart.
 * @throws RangeError when it is none
 */
export function certificateParts(der: Buffer): CertificateParts {
  const [body] = childrenOf(der, elementAt(der, 0))
  const fields = childrenOf(der, need(body)).filter(({ tag }, at) => at > 0 || tag !== TAG_VERSION)
  const [serialNumber, , , , subject, keyInfo] = fields
  const key = childrenOf(der, need(keyInfo)).find(({ tag }) => tag === TAG_BIT_STRING)
  return {
    serialNumber: contentOf(der, need(serialNumber)),
    subject: der.subarray(need(subject).start, need(subject).end),
    publicKey: contentOf(der, need(key)).subarray(1),
  }
}
