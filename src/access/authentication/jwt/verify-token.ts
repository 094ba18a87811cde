import { compactVerify, errors, type CompactVerifyGetKey } from 'jose'

/** What tokens are checked with: a key, or something that finds the key for a token. */
export type TokenKeys = Parameters<typeof compactVerify>[1] | CompactVerifyGetKey

/** Facts that a token states. */
export type Claims = Readonly<Record<string, unknown>>

/**
 * Why a token says nothing: it was not signed by us (`foreign`), or nobody has the key of its
 * `kid` (`no-key`), or what it holds is no set of claims (`broken`).
 */
export type TokenFault = 'foreign' | 'no-key' | 'broken'

/**
 * Checks the signature of a token and reads its claims, which are not checked yet.
 * @param algorithms those that the key is meant for: a token must not choose another kind
 */
export async function verifyToken(
  token: string,
  keys: TokenKeys,
  algorithms: readonly string[],
): Promise<Claims | TokenFault> {
  try {
    const payload = await payloadOf(token, keys, { algorithms: [...algorithms] })
    const claims: unknown = JSON.parse(new TextDecoder().decode(payload))
    const isSet = typeof claims === 'object' && claims !== null && !Array.isArray(claims)
    return isSet ? { ...claims } : 'broken'
  } catch (error) {
    if (error instanceof errors.JWKSNoMatchingKey) return 'no-key'
    if (error instanceof SyntaxError) return 'broken'
    if (error instanceof errors.JOSEError) return 'foreign'
    throw error
  }
}

type Options = Parameters<typeof compactVerify>[2]

async function payloadOf(token: string, keys: TokenKeys, options: Options): Promise<Uint8Array> {
  try {
    // Two signatures with the same meaning for the compiler: a key, or a way to it.
    const verified =
      typeof keys === 'function'
        ? await compactVerify(token, keys, options)
        : await compactVerify(token, keys, options)
    return verified.payload
  } catch (error) {
    if (!(error instanceof errors.JWKSMultipleMatchingKeys)) throw error
    // A set with several keys for this token, which does not name one: each is tried.
    for await (const key of error) {
      try {
        return (await compactVerify(token, key, options)).payload
      } catch (other) {
        if (!(other instanceof errors.JWSSignatureVerificationFailed)) throw other
      }
    }
    throw new errors.JWSSignatureVerificationFailed()
  }
}
