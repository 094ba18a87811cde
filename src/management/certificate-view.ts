import { X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { formatTime } from './time-text.ts'

/** What a listener of TLS shows its clients. */
export interface CertificateView {
  readonly file: string
  readonly subject?: string
  readonly issuer?: string
  readonly names?: string
  readonly valid_from?: string
  readonly valid_to?: string
  /** Why the file tells nothing. */
  readonly problem?: string
}

/**
 * The certificate of a listener.
 * @param certfile undefined: the one that is made at the first start
 */
export function viewCertificate(certfile: string | undefined, dataDir: string): CertificateView {
  const file = certfile ?? join(dataDir, 'certs', 'server.pem')
  try {
    const { subject, issuer, subjectAltName, validFrom, validTo } = new X509Certificate(
      readFileSync(file),
    )
    return {
      file,
      subject: subject.replaceAll('\n', ', '),
      issuer: issuer.replaceAll('\n', ', '),
      ...(subjectAltName !== undefined && { names: subjectAltName }),
      valid_from: formatTime(Date.parse(validFrom)),
      valid_to: formatTime(Date.parse(validTo)),
    }
  } catch (error) {
    return { file, problem: error instanceof Error ? error.message : String(error) }
  }
}
