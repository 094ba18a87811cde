import { builtInDatabase } from '#config/fields/authentication/built-in-database.ts'
import { defineAuthenticator, IGNORE } from '#plugin/define-authenticator.ts'
import { checkPassword } from './password/check-password.ts'
import type { PasswordCredential } from './users/password-credential.ts'
import { readUser } from './users/user-table.ts'

/** Passwords of users in the store of the broker. */
export default defineAuthenticator({
  mechanism: 'password_based',
  backend: 'built_in_database',
  fields: [builtInDatabase],
  create(config, { chain, store, passwords }) {
    const group = { chain, mechanism: 'password_based' }
    const { password_hash_algorithm: algorithm, user_id_type: type } = config
    return {
      authenticate(request) {
        const userId = type === 'username' ? request.username : request.clientId
        if (userId === undefined) return IGNORE
        const user = readUser<PasswordCredential>(store, group, userId)
        return checkPassword(passwords, algorithm, request, user)
      },
      status: () => ({ status: 'connected' }),
      close() {},
    }
  },
})
