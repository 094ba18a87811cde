import { createPublicKey, createSecretKey, type KeyObject } from 'node:crypto'
import { readFileSync } from 'node:fs'
import type { ConnectRequest } from '#broker/ports.ts'
import { jwtHmac, jwtPublicKey } from '#config/fields/authentication/jwt.ts'
import type { JwtConfig } from '#config/fields/authentication/jwt.ts'
import {
  type AuthenticatorContext,
  type AuthenticatorResult,
  defineAuthenticator,
  IGNORE,
} from '#plugin/define-authenticator.ts'
import { checkClaims, compileClaimRules } from './check-claims.ts'
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
  fields: [jwtHmac, jwtPublicKey],
  create(config, context) {
    const key = keyOf(config, context)
    const algorithms = algorithmsOf(key)
    const rules = compileClaimRules(config)
    return {
      async authenticate(request): Promise<AuthenticatorResult> {
        const token = tokenOf(config, request)
        if (token === undefined) return IGNORE
        const claims = await verifyToken(token, key, algorithms)
        if (typeof claims === 'string') return IGNORE
        return checkClaims(rules, claims, request, context.clock.nowMs())
      },
      status: () => ({ status: 'connected' }),
      close() {},
    }
  },
})

function tokenOf({ from }: JwtConfig, { username, password }: ConnectRequest): string | undefined {
  if (from === 'username') return username
  return password && Buffer.from(password).toString('latin1')
}

function keyOf(config: JwtConfig, { readSecret }: AuthenticatorContext): KeyObject {
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
