import { createHmac, randomBytes } from 'node:crypto'
import { scram } from '#config/fields/authentication/scram.ts'
import type { ScramConfig } from '#config/fields/authentication/scram.ts'
import { defineAuthenticator } from '#plugin/define-authenticator.ts'
import type { AuthenticatorContext } from '#plugin/define-authenticator.ts'
import type { ScramCredential } from '../users/scram-credential.ts'
import { readUser } from '../users/user-table.ts'
import { beginScram, type ScramUser } from './scram-exchange.ts'

const NONCE_BYTES = 24
/** As long as the salts that are made here. */
const SALT_DIGITS = 32
const METHODS = { sha256: 'SCRAM-SHA-256', sha512: 'SCRAM-SHA-512' } as const

/** SCRAM (RFC 5802, RFC 7677) with users in the store of the broker. */
export default defineAuthenticator({
  mechanism: 'scram',
  backend: 'built_in_database',
  fields: [scram],
  methods: ({ algorithm }) => [METHODS[algorithm]],
  create(config, context) {
    const makeNonce = (): string => randomBytes(NONCE_BYTES).toString('base64')
    const findUser = (username: string) => find(config, context, username)
    return {
      authenticate({ username: claimedName, methodData }) {
        const server = { digest: config.algorithm, makeNonce, findUser, claimedName }
        return beginScram(server, methodData)
      },
      status: () => ({ status: 'connected' }),
      close() {},
    }
  },
})

function find(
  { algorithm, iteration_count: iterations }: ScramConfig,
  { store, chain, nodeSecret }: AuthenticatorContext,
  username: string,
): ScramUser {
  const user = readUser<ScramCredential>(store, { chain, mechanism: 'scram' }, username)
  if (user !== undefined && user.digest === algorithm) {
    return {
      isSuperuser: user.isSuperuser,
      iterations: user.iterations,
      salt: Buffer.from(user.salt, 'base64'),
      storedKey: Buffer.from(user.storedKey, 'base64'),
      serverKey: Buffer.from(user.serverKey, 'base64'),
    }
  }
  // The same question each time, as for a user who exists, and no answer that would be right.
  const made = createHmac('sha512', nodeSecret).update(username).digest()
  const salt = Buffer.from(made.toString('hex').slice(0, SALT_DIGITS))
  const keyBytes = algorithm === 'sha256' ? 32 : 64
  const storedKey = randomBytes(keyBytes)
  return { isSuperuser: false, iterations, salt, storedKey, serverKey: storedKey }
}
