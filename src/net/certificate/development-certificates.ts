import {
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  X509Certificate,
} from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { makeCertificate } from './make-certificate.ts'

/** Paths of what `ensureDevelopmentCertificates` keeps. */
export interface DevelopmentCertificates {
  /** Give this one to clients as their authority (`--cafile`). */
  readonly cacertfile: string
  readonly certfile: string
  readonly keyfile: string
  /** True when something was made now: worth a line in the log. */
  readonly isNew: boolean
}

const DAY_MS = 86_400_000
const AUTHORITY_DAYS = 3650
/** Clients refuse server certificates that are valid for longer. */
const SERVER_DAYS = 825
/** A certificate is replaced when less than this is left of it. */
const RENEW_BEFORE_MS = 7 * DAY_MS
/** Clocks of clients may be behind. */
const BACKDATED_MS = DAY_MS
const PRIVATE_MODE = 0o600
const PUBLIC_MODE = 0o644

interface Authority {
  readonly commonName: string
  readonly privateKey: KeyObject
  readonly publicKey: KeyObject
  readonly isNew: boolean
}

/**
 * Makes an authority and a certificate for this host in `folder`, unless valid ones are there.
 *
 * For trying out and closed networks: TLS without buying or building a certificate first. The
 * certificate is valid for localhost, 127.0.0.1, ::1 and the host name, 825 days; the authority 10
 * years. An expired or damaged one is replaced. Private keys are readable by the owner only.
 * @throws the error of the file system when the folder cannot be written
 */
export function ensureDevelopmentCertificates(
  folder: string,
  nowMs: number,
): DevelopmentCertificates {
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const authority = ensureAuthority(folder, nowMs)
  const certfile = join(folder, 'server.pem')
  const keyfile = join(folder, 'server.key')
  const cacertfile = join(folder, 'ca.pem')
  const existing = authority.isNew ? undefined : loadPair(certfile, keyfile, nowMs)
  const isKept = existing !== undefined && existing.certificate.verify(authority.publicKey)
  if (!isKept) writeServer(authority, certfile, keyfile, nowMs)
  return { cacertfile, certfile, keyfile, isNew: !isKept }
}

function ensureAuthority(folder: string, nowMs: number): Authority {
  const certfile = join(folder, 'ca.pem')
  const keyfile = join(folder, 'ca.key')
  const existing = loadPair(certfile, keyfile, nowMs)
  if (existing !== undefined) {
    const { certificate, privateKey } = existing
    const commonName = /^CN=(.*)$/m.exec(certificate.subject)?.[1] ?? ''
    return { commonName, privateKey, publicKey: certificate.publicKey, isNew: false }
  }
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const commonName = `Tideway development CA ${new Date(nowMs).toISOString()}`
  const issuer = { commonName, privateKey, publicKey }
  const pem = makeCertificate({
    commonName,
    publicKey,
    notBefore: new Date(nowMs - BACKDATED_MS),
    notAfter: new Date(nowMs + AUTHORITY_DAYS * DAY_MS),
    hosts: [],
    isAuthority: true,
    issuer,
  })
  writePrivate(keyfile, privateKey)
  writeWhole(certfile, pem, PUBLIC_MODE)
  return { ...issuer, isNew: true }
}

function writeServer(authority: Authority, certfile: string, keyfile: string, nowMs: number): void {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const hosts = [...new Set(['localhost', '127.0.0.1', '::1', hostname()])]
  const pem = makeCertificate({
    commonName: 'localhost',
    publicKey,
    notBefore: new Date(nowMs - BACKDATED_MS),
    notAfter: new Date(nowMs - BACKDATED_MS + SERVER_DAYS * DAY_MS),
    hosts,
    isAuthority: false,
    issuer: authority,
  })
  writePrivate(keyfile, privateKey)
  writeWhole(certfile, pem, PUBLIC_MODE)
}

/** A certificate with its key; undefined when they are missing, damaged, or not for use now. */
function loadPair(
  certfile: string,
  keyfile: string,
  nowMs: number,
): { certificate: X509Certificate; privateKey: KeyObject } | undefined {
  if (!existsSync(certfile) || !existsSync(keyfile)) return undefined
  try {
    const certificate = new X509Certificate(readFileSync(certfile))
    const privateKey = createPrivateKey(readFileSync(keyfile))
    const hasBegun = certificate.validFromDate.getTime() <= nowMs
    const isCurrent = hasBegun && certificate.validToDate.getTime() - nowMs > RENEW_BEFORE_MS
    const isPair = createPublicKey(privateKey).equals(certificate.publicKey)
    return isCurrent && isPair ? { certificate, privateKey } : undefined
  } catch {
    return undefined // Damaged: made anew.
  }
}

function writePrivate(path: string, key: KeyObject): void {
  writeWhole(path, key.export({ type: 'pkcs8', format: 'pem' }).toString(), PRIVATE_MODE)
}

/** A crash in between leaves the old file or the new one. */
function writeWhole(path: string, text: string, mode: number): void {
  const temporary = `${path}.new`
  writeFileSync(temporary, text, { mode })
  renameSync(temporary, path)
}
