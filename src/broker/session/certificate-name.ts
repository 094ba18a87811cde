import type { CertificatePart } from '../limits.ts'
import type { WireInfo } from '../ports.ts'

/** What names a client by its certificate; undefined when it has shown none. */
export function certificateName(
  part: CertificatePart | 'disabled',
  { certCommonName, certSubject, certificate, certMd5 }: WireInfo,
): string | undefined {
  switch (part) {
    case 'disabled':
      return undefined
    case 'cn':
      return certCommonName
    case 'dn':
      return certSubject
    case 'crt':
    case 'pem':
      // The bytes are no text; in Base64 they are the middle of a PEM file.
      return certificate && Buffer.from(certificate).toString('base64')
    case 'md5':
      return certMd5
  }
}
