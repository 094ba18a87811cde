import type { Accepted, ConnectRequest, Refused } from '#broker/ports.ts'
import { ReasonCode } from '#codec/mqtt/reason-codes.ts'
import { parseCredentialAcl, CredentialAclError } from '../credential-acl.ts'
import { compileText, fillText, type TextTemplate } from '../../backends/fill-template.ts'
import { valuesOf } from '../credential-values.ts'
import type { Claims } from './verify-token.ts'

/** Attributes that one client may bring. */
const ATTRIBUTES_MAX = 100

/** Checks of claims as they are configured. */
export interface ClaimRules {
  readonly required: readonly (readonly [claim: string, value: TextTemplate])[]
  readonly aclClaim: string
  readonly disconnectAtExpiry: boolean
}

/** Compiles `verify_claims` and what goes with them. */
export function compileClaimRules(config: {
  readonly verify_claims: Readonly<Record<string, string>>
  readonly acl_claim_name: string
  readonly disconnect_after_expire: boolean
}): ClaimRules {
  return {
    required: Object.entries(config.verify_claims).map(([claim, value]) => {
      return [claim, compileText(value)] as const
    }),
    aclClaim: config.acl_claim_name,
    disconnectAtExpiry: config.disconnect_after_expire,
  }
}

/**
 * Decides by the claims of a token with a valid signature: times (`exp`, `nbf`, `iat`, in seconds),
 * then required values. Accepted, the client has what the token says of it.
 */
export function checkClaims(
  rules: ClaimRules,
  claims: Claims,
  request: ConnectRequest,
  nowMs: number,
): Accepted | Refused {
  const { exp, nbf, iat } = claims
  const expiresAtMs = numericDate(exp)
  const isTimely =
    expiresAtMs !== 'broken' &&
    (expiresAtMs ?? Infinity) > nowMs &&
    isPast(numericDate(nbf), nowMs) &&
    isPast(numericDate(iat), nowMs)
  if (!isTimely) return refused('The token is expired or not valid yet.')
  for (const [claim, template] of rules.required) {
    if (!isEqual(claims[claim], fillText(template, valuesOf(request)))) {
      return refused('The token is not for this client.')
    }
  }
  try {
    return accept(rules, claims, expiresAtMs)
  } catch (error) {
    if (error instanceof CredentialAclError) return refused('The rules in the token are broken.')
    throw error
  }
}

function accept(rules: ClaimRules, claims: Claims, expiresAtMs: number | undefined): Accepted {
  const acl = claims[rules.aclClaim]
  const attributes = claims['client_attrs']
  return {
    allowed: true,
    isSuperuser: claims['is_superuser'] === true,
    ...(acl === undefined ? {} : { acl: parseCredentialAcl(acl) }),
    ...(attributes === undefined ? {} : { clientAttributes: attributesOf(attributes) }),
    ...(expiresAtMs === undefined
      ? {}
      : { expiresAtMs, disconnectAtExpiry: rules.disconnectAtExpiry }),
  }
}

function refused(reasonString: string): Refused {
  return { allowed: false, reason: ReasonCode.BAD_USER_NAME_OR_PASSWORD, reasonString }
}

function numericDate(value: unknown): number | undefined | 'broken' {
  if (value === undefined) return undefined
  const seconds = typeof value === 'string' ? Number(value || NaN) : value
  return typeof seconds === 'number' && Number.isFinite(seconds) ? seconds * 1000 : 'broken'
}

function isPast(timeMs: number | undefined | 'broken', nowMs: number): boolean {
  return timeMs !== 'broken' && (timeMs ?? 0) <= nowMs
}

/** Numbers and switches are compared as they are written. */
function isEqual(claim: unknown, wanted: string | undefined): boolean {
  if (typeof claim === 'string') return claim === wanted
  return (typeof claim === 'number' || typeof claim === 'boolean') && String(claim) === wanted
}

/** Attributes as a token or an answer states them: texts, numbers and switches. */
export function attributesOf(value: unknown): Readonly<Record<string, string>> {
  if (typeof value !== 'object' || value === null) return {}
  const entries = Object.entries(value).filter(([name, one]) => {
    const isPlain = typeof one === 'string' || typeof one === 'number' || typeof one === 'boolean'
    return isPlain && /^[A-Za-z0-9_-]{1,255}$/.test(name)
  })
  return Object.fromEntries(entries.slice(0, ATTRIBUTES_MAX).map(([k, one]) => [k, String(one)]))
}
