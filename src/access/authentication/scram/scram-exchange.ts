import type { Accepted, AuthenticateResult, Continued, Refused } from '#broker/ports.ts'
import { ReasonCode } from '#codec/mqtt/reason-codes.ts'
import { proofIsRight, type ScramDigest, type ScramKeys, serverSignature } from './scram-keys.ts'
import { parseClientFinal, parseClientFirst, serverFirst } from './scram-messages.ts'

/** What the exchange needs of a user. One that does not exist has values too, which fit nobody. */
export interface ScramUser extends ScramKeys {
  readonly salt: Buffer
  readonly iterations: number
  readonly isSuperuser: boolean
}

/** Surroundings of an exchange. */
export interface ScramServer {
  readonly digest: ScramDigest
  /** A part of a nonce that was never used. */
  readonly makeNonce: () => string
  readonly findUser: (username: string) => ScramUser
  /** The name that CONNECT gave: the exchange must not be about somebody else. */
  readonly claimedName: string | undefined
}

const MALFORMED = refused('The SCRAM message is malformed, or asks for channel binding.')
const WRONG = refused('The user name or the password is wrong.')
const OTHER_NAME = refused('The user name of the SCRAM exchange is not that of the connection.')
const NOTHING: Uint8Array = new Uint8Array(0)

function refused(reasonString: string): Refused {
  return Object.freeze({ allowed: false, reason: ReasonCode.NOT_AUTHORIZED, reasonString })
}

/**
 * One SCRAM exchange (RFC 5802 §5): client-first, server-first, client-final, server-final.
 * @param first what CONNECT brought; without it the client is asked for it
 */
export function beginScram(
  server: ScramServer,
  first: Uint8Array | undefined,
): Continued | Refused {
  if (first === undefined || first.length === 0)
    return goOn(NOTHING, (data) => answer(server, data))
  return answer(server, first)
}

function answer(server: ScramServer, first: Uint8Array): Continued | Refused {
  const message = parseClientFirst(first)
  if (message === undefined) return MALFORMED
  const { username, header, bare } = message
  if (server.claimedName !== undefined && server.claimedName !== username) return OTHER_NAME
  const user = server.findUser(username)
  const nonce = message.nonce + server.makeNonce()
  const question = serverFirst(nonce, user.salt, user.iterations)
  const binding = Buffer.from(header, 'utf8').toString('base64')
  return goOn(Buffer.from(question), (data) => {
    const final = parseClientFinal(data)
    if (final === undefined || final.channelBinding !== binding) return MALFORMED
    const authMessage = `${bare},${question},${final.withoutProof}`
    // The nonce is no secret; whoever has another one answers another question.
    const isRight =
      final.nonce === nonce && proofIsRight(server.digest, user, authMessage, final.proof)
    return isRight ? accept(server, user, username, authMessage) : WRONG
  })
}

function accept(
  { digest }: ScramServer,
  user: ScramUser,
  username: string,
  authMessage: string,
): Accepted {
  const signature = serverSignature(digest, user, authMessage).toString('base64')
  const methodData = Buffer.from(`v=${signature}`)
  return { allowed: true, isSuperuser: user.isSuperuser, username, methodData }
}

function goOn(methodData: Uint8Array, next: (data: Uint8Array) => AuthenticateResult): Continued {
  return { allowed: 'continue', methodData, next: (data, done) => done(next(data)) }
}
