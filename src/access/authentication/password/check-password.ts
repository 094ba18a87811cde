import type { Accepted, ConnectRequest, Refused } from '#broker/ports.ts'
import { ReasonCode } from '#codec/mqtt/reason-codes.ts'
import type { PasswordHashAlgorithm } from '#config/fields/authentication/password-hash.ts'
import {
  type AuthenticatorResult,
  IGNORE,
  type PasswordChecks,
  type PasswordVerdict,
  type StoredPassword,
} from '#plugin/define-authenticator.ts'

/** What a backend knows of a user. */
export interface KnownUser extends StoredPassword {
  readonly isSuperuser: boolean
}

/** The same words whether the name or the password is wrong. */
export const WRONG_PASSWORD: Refused = Object.freeze({
  allowed: false,
  reason: ReasonCode.BAD_USER_NAME_OR_PASSWORD,
  reasonString: 'The user name or the password is wrong.',
})
const BUSY: Refused = Object.freeze({
  allowed: false,
  reason: ReasonCode.SERVER_BUSY,
  reasonString: 'Too many passwords are being checked. Try again later.',
})
const SUPERUSER: Accepted = Object.freeze({ allowed: true, isSuperuser: true })
const ORDINARY: Accepted = Object.freeze({ allowed: true, isSuperuser: false })

/**
 * The end of every authenticator with passwords: compares the password of the request with what
 * the backend has.
 * @param user undefined when the backend does not know it: the next authenticator is asked, after
 *   the time that a comparison takes
 */
export function checkPassword(
  passwords: PasswordChecks,
  algorithm: PasswordHashAlgorithm,
  request: ConnectRequest,
  user: KnownUser | undefined,
): AuthenticatorResult | Promise<AuthenticatorResult> {
  if (request.password === undefined) return user === undefined ? IGNORE : WRONG_PASSWORD
  const verdict = passwords.verify(algorithm, request, user)
  if (typeof verdict === 'string') return resultOf(verdict, user)
  return verdict.then((later) => resultOf(later, user))
}

function resultOf(verdict: PasswordVerdict, user: KnownUser | undefined): AuthenticatorResult {
  if (verdict === 'busy') return BUSY
  if (user === undefined) return IGNORE
  if (verdict === 'mismatch') return WRONG_PASSWORD
  return user.isSuperuser ? SUPERUSER : ORDINARY
}
