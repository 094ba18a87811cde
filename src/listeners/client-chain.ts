/** What is asked of the chain of a client's certificate beyond what OpenSSL has checked. */
import type { DetailedPeerCertificate } from 'node:tls'

/** Rules for certificates of clients. */
export interface ClientChainRules {
  /** Authorities that may stand between the certificate and the trusted one. */
  readonly depthMax: number
  /** Usages one of which the certificate has to be made for, as OIDs; empty = any. */
  readonly keyUsages: readonly string[]
}

/** Names of extended key usages as they are written in configurations (RFC 5280 §4.2.1.12). */
export const KEY_USAGES = {
  serverAuth: '1.3.6.1.5.5.7.3.1',
  clientAuth: '1.3.6.1.5.5.7.3.2',
  codeSigning: '1.3.6.1.5.5.7.3.3',
  emailProtection: '1.3.6.1.5.5.7.3.4',
  timeStamping: '1.3.6.1.5.5.7.3.8',
  ocspSigning: '1.3.6.1.5.5.7.3.9',
} as const

/** Why a verified certificate is not good enough; undefined when it is. */
export function chainProblem(
  certificate: DetailedPeerCertificate,
  { depthMax, keyUsages }: ClientChainRules,
): string | undefined {
  const between = authoritiesBetween(certificate)
  if (between > depthMax) return `CHAIN_TOO_LONG: ${between} authorities between, limit ${depthMax}`
  const usages = certificate.ext_key_usage ?? []
  if (keyUsages.length === 0 || keyUsages.some((usage) => usages.includes(usage))) return undefined
  return 'KEY_USAGE: the certificate is not made for any of verify_peer_ext_key_usage'
}

/** Authorities between the certificate and the one that ends the chain. */
function authoritiesBetween(certificate: DetailedPeerCertificate): number {
  let above = 0
  let current = certificate
  // A chain ends with a certificate that has signed itself, or with the last one that is known.
  for (;;) {
    const next = current.issuerCertificate as DetailedPeerCertificate | undefined
    if (next === undefined || next.fingerprint256 === current.fingerprint256) break
    above++
    current = next
  }
  return Math.max(0, above - 1)
}
