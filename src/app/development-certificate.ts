import { join } from 'node:path'
import type { Log } from '#broker/ports.ts'
import { ensureDevelopmentCertificates } from '#net/certificate/development-certificates.ts'
import type { CertificateFiles } from './listener-settings.ts'

/** A certificate for trying out, kept in the data directory; made when there is none. */
export function developmentCertificate(dataDir: string, log: Log): CertificateFiles {
  const folder = join(dataDir, 'certs')
  const { isNew, cacertfile, ...files } = ensureDevelopmentCertificates(folder, Date.now())
  if (isNew) log.warn('development_certificate_made', { cacertfile, ...files })
  return files
}
