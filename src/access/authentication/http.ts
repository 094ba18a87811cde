import { backendStatus } from '../backends/backend-status.ts'
import type { Accepted, ClientAttributes, Refused } from '#broker/ports.ts'
import { ReasonCode } from '#codec/mqtt/reason-codes.ts'
import { httpAuthentication } from '#config/fields/authentication/http.ts'
import type { HttpAnswer } from '#drivers/http.ts'
import {
  type AuthenticatorResult,
  defineAuthenticator,
  IGNORE,
} from '#plugin/define-authenticator.ts'
import { openConfiguredHttp, readAnswerFields } from '../backends/http-request.ts'
import { valuesOf } from './credential-values.ts'
import { isYes } from '../backends/stored-values.ts'
import { parseCredentialAcl } from './credential-acl.ts'

const ATTRIBUTES_MAX = 100
const REFUSED: Refused = Object.freeze({
  allowed: false,
  reason: ReasonCode.NOT_AUTHORIZED,
  reasonString: 'The authentication server refuses this client.',
})
const EXPIRED: Refused = Object.freeze({
  allowed: false,
  reason: ReasonCode.NOT_AUTHORIZED,
  reasonString: 'The credentials have expired.',
})

/** A server that says allow, deny or ignore. */
export default defineAuthenticator({
  mechanism: 'password_based',
  backend: 'http',
  fields: [httpAuthentication],
  create(config, context) {
    const { driver, ask } = openConfiguredHttp(config, context)
    return {
      async authenticate(request, signal) {
        const answer = await ask(valuesOf(request), signal)
        return readDecision(answer, context.clock.nowMs())
      },
      status: () => backendStatus(driver),
      close: () => driver.close(),
    }
  },
})

/**
 * What an answer says of a client. 204 accepts, 4xx leaves the decision to the next authenticator.
 * @throws an Error when it is none that the server should give
 */
export function readDecision(answer: HttpAnswer, nowMs: number): AuthenticatorResult {
  const { status } = answer
  if (status === 204) return { allowed: true, isSuperuser: false }
  if (status >= 400 && status < 500) return IGNORE
  if (status !== 200) throw new Error(`the authentication server answers with status ${status}`)
  const fields = readAnswerFields(answer)
  switch (fields['result']) {
    case 'allow':
      return readAccepted(fields, nowMs)
    case 'deny':
      return REFUSED
    case 'ignore':
      return IGNORE
    default:
      throw new Error('the answer of the authentication server has no `result`')
  }
}

function readAccepted(
  fields: Readonly<Record<string, unknown>>,
  nowMs: number,
): Accepted | Refused {
  const { client_attrs: attributes, acl, expire_at: expiry } = fields
  const expiresAtMs = readExpiry(expiry)
  if (expiresAtMs !== undefined && expiresAtMs <= nowMs) return EXPIRED
  return {
    allowed: true,
    isSuperuser: isYes(fields['is_superuser']),
    ...(attributes !== undefined && { clientAttributes: readAttributes(attributes) }),
    ...(acl !== undefined && acl !== null && { acl: parseCredentialAcl(acl) }),
    ...(expiresAtMs !== undefined && { expiresAtMs, disconnectAtExpiry: true }),
  }
}

/** Seconds since the epoch. */
function readExpiry(value: unknown): number | undefined {
  if (value === undefined || value === null) return undefined
  const seconds = typeof value === 'string' ? Number(value || NaN) : value
  if (typeof seconds === 'number' && Number.isFinite(seconds)) return seconds * 1000
  throw new Error('`expire_at` in the answer is no number of seconds')
}

function readAttributes(value: unknown): ClientAttributes {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new Error('`client_attrs` in the answer is no object')
  }
  const entries = Object.entries(value as Record<string, unknown>)
  if (entries.length > ATTRIBUTES_MAX) {
    throw new Error(`\`client_attrs\` in the answer has more than ${ATTRIBUTES_MAX} entries`)
  }
  return Object.fromEntries(
    entries.filter((entry): entry is [string, string] => {
      return typeof entry[1] === 'string'
    }),
  )
}
