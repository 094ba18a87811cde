import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TlsClientOptions } from '#drivers/driver.ts'
import { ensureDevelopmentCertificates } from '#net/certificate/development-certificates.ts'
import type { ServerPem } from '../support/servers/local-server.ts'
import { authorityOf } from '../support/servers/server-certificates.ts'
import type { OpenOptions } from './driver-kit.ts'

/** TLS options towards a server whose authority is known. */
export function tlsOf(
  which: OpenOptions['tls'],
  server: { readonly folder: string } | string,
): TlsClientOptions | undefined {
  if (which === undefined) return undefined
  const right = typeof server === 'string' ? server : authorityOf(server)
  const ca = which === 'right' ? right : makePem().ca
  return { ca, servername: 'localhost', rejectUnauthorized: true }
}

/** A certificate for this host with its authority. */
export function makePem(): ServerPem & { readonly ca: string } {
  const folder = mkdtempSync(join(tmpdir(), 'tideway-pem-'))
  try {
    const { certfile, keyfile, cacertfile } = ensureDevelopmentCertificates(folder, Date.now())
    const [cert = '', key = '', ca = ''] = [certfile, keyfile, cacertfile].map((path) =>
      readFileSync(path, 'utf8'),
    )
    return { cert, key, ca }
  } finally {
    rmSync(folder, { recursive: true })
  }
}
