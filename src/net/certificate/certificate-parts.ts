/** Takes the parts of an X.509 certificate that OCSP names it by (RFC 5280 §4.1). */

const TAG_VERSION = 0xa0
const TAG_BIT_STRING = 0x03
const LONG_LENGTH = 0x80

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

interface Element {
  readonly tag: number
  readonly start: number
  readonly contentStart: number
  readonly end: number
}

function elementAt(der: Buffer, start: number): Element {
  const tag = der.readUInt8(start)
  const first = der.readUInt8(start + 1)
  const lengthBytes = first < LONG_LENGTH ? 0 : first - LONG_LENGTH
  const length = lengthBytes === 0 ? first : der.readUIntBE(start + 2, lengthBytes)
  const contentStart = start + 2 + lengthBytes
  const end = contentStart + length
  if (end > der.length) throw new RangeError('the certificate is cut off')
  return { tag, start, contentStart, end }
}

function childrenOf(der: Buffer, parent: Element): readonly Element[] {
  const children: Element[] = []
  for (let at = parent.contentStart; at < parent.end;) {
    const child = elementAt(der, at)
    children.push(child)
    at = child.end
  }
  return children
}

function contentOf(der: Buffer, { contentStart, end }: Element): Buffer {
  return der.subarray(contentStart, end)
}

function need(element: Element | undefined): Element {
  if (element === undefined) throw new RangeError('the certificate lacks a part')
  return element
}
