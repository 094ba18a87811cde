import { chmodSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import {
  type DevelopmentCertificates,
  ensureDevelopmentCertificates,
} from '#net/certificate/development-certificates.ts'
import { giveToServer } from './server-process.ts'

/** Puts an authority and a certificate for this host into the folder of a server. */
export function putServerCertificates(folder: string): DevelopmentCertificates {
  const certificates = ensureDevelopmentCertificates(join(folder, 'certs'), Date.now())
  giveToServer(join(folder, 'certs'))
  for (const path of [certificates.certfile, certificates.keyfile, certificates.cacertfile]) {
    giveToServer(path)
    chmodSync(path, 0o600)
  }
  return certificates
}

/** The authority that signed the certificate of a server, in PEM form. */
export function authorityOf(server: { readonly folder: string }): string {
  return readFileSync(join(server.folder, 'certs', 'ca.pem'), 'utf8')
}
