import { createPublicKey, createSecretKey, type KeyObject } from 'node:crypto'
import { readFileSync } from 'node:fs'
import type { ConnectRequest } from '#broker/ports.ts'
import { jwtHmac, jwtKeySet, jwtPublicKey } from '#config/fields/authentication/jwt.ts'
import type { JwtConfig, JwtKeySetConfig } from '#config/fields/authentication/jwt.ts'
import {
  type AuthenticatorContext,
  type AuthenticatorStatus,
  type AuthenticatorResult,
  defineAuthenticator,
  IGNORE,
  UNAVAILABLE,
} from '#plugin/define-authenticator.ts'
import { checkClaims, compileClaimRules } from './check-claims.ts'
import { KeySet, type UsableKeys } from './key-set.ts'
import { verifyToken } from './verify-token.ts'

const HMAC_ALGORITHMS: readonly string[] = ['HS256', 'HS384', 'HS512']
const RSA_ALGORITHMS: readonly string[] = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512']
const EC_ALGORITHMS: readonly string[] = ['ES256', 'ES384', 'ES512']
const EDWARDS_ALGORITHMS: readonly string[] = ['EdDSA', 'Ed25519']

/**
 * Signed tokens (RFC 7519). A token that was not signed with our key is left to the next
 * authenticator; one that was is decided by its claims.
 */
export default defineAuthenticator({
  mechanism: 'jwt',
  fields: [jwtHmac, jwtPublicKey, jwtKeySet],
  create(config, context) {
    const rules = compileClaimRules(config)
    const source =
      config.use_jwks === 'true' ? new KeySet(config, context) : oneKey(config, context)
    return {
      async authenticate(request): Promise<AuthenticatorResult> {
        const token = tokenOf(config, request)
        if (token === undefined || !LOOKS_LIKE_TOKEN.test(token)) return IGNORE
        const keys = source.current()
        if (keys === undefined) return UNAVAILABLE
        let claims = await verifyToken(token, keys.keys, keys.algorithms)
        if (claims === 'no-key') {
          const newer = await source.newer()
          if (newer !== undefined) claims = await verifyToken(token, newer.keys, newer.algorithms)
        }
        if (typeof claims === 'string') return IGNORE
        return checkClaims(rules, claims, request, context.clock.nowMs())
      },
      status: () => source.status(),
      close: () => source.close(),
    }
  },
})

/** Anything else is a password for another authenticator: no key is asked for it. */
const LOOKS_LIKE_TOKEN = /^[\w-]+\.[\w-]*\.[\w-]*$/

/** Where keys come from. */
interface KeySource {
  /** Undefined as long as there are none. */
  current(): UsableKeys | undefined
  /** Keys that are newer than the current ones, if there may be any. */
  newer(): Promise<UsableKeys | undefined>
  status(): AuthenticatorStatus
  close(): void | Promise<void>
}

function oneKey(config: Exclude<JwtConfig, JwtKeySetConfig>, context: AuthenticatorContext) {
  const keys = keyOf(config, context)
  const usable = { keys, algorithms: algorithmsOf(keys) }
  return {
    current: () => usable,
    newer: () => Promise.resolve(undefined),
    status: () => ({ status: 'connected' }),
    close() {},
  } satisfies KeySource
}

function tokenOf({ from }: JwtConfig, { username, password }: ConnectRequest): string | undefined {
  if (from === 'username') return username
  return password && Buffer.from(password).toString('latin1')
}

function keyOf(
  config: Exclude<JwtConfig, JwtKeySetConfig>,
  { readSecret }: AuthenticatorContext,
): KeyObject {
  if (config.algorithm === 'public-key') return readPublicKey(config.public_key)
  const secret = readSecret(config.secret)
  const bytes = Buffer.from(secret, config.secret_base64_encoded ? 'base64' : 'utf8')
  if (bytes.length === 0) throw new Error('`secret` is empty')
  return createSecretKey(bytes)
}

function readPublicKey(written: string): KeyObject {
  const isText = written.includes('-----BEGIN ')
  const path = written.startsWith('file://') ? written.slice('file://'.length) : written
  try {
    return createPublicKey(isText ? written : readFileSync(path))
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    const where = isText ? '`public_key`' : `\`public_key\` ${path}`
    throw new Error(`${where} is no public key or certificate in PEM: ${reason}`, { cause: error })
  }
}

function algorithmsOf({ type, asymmetricKeyType: kind }: KeyObject): readonly string[] {
  if (type === 'secret') return HMAC_ALGORITHMS
  if (kind === 'rsa' || kind === 'rsa-pss') return RSA_ALGORITHMS
  if (kind === 'ec') return EC_ALGORITHMS
  if (kind === 'ed25519') return EDWARDS_ALGORITHMS
  throw new Error(
    `\`public_key\` is of the kind ${kind}; tokens are signed with RSA, EC or Ed25519`,
  )
}
