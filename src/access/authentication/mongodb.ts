import {
  mongodbReplicaSetAuthentication,
  mongodbShardedAuthentication,
  mongodbSingleAuthentication,
} from '#config/fields/authentication/mongodb.ts'
import { defineAuthenticator } from '#plugin/define-authenticator.ts'
import type { ValueOf } from '../backends/fill-template.ts'
import { readKnownUser } from '../backends/known-user.ts'
import { compileFilter, fillFilter, openConfiguredMongodb } from '../backends/open-mongodb.ts'
import { passwordAuthenticator } from '../backends/password-backend.ts'

/** Passwords in documents of MongoDB. */
export default defineAuthenticator({
  mechanism: 'password_based',
  backend: 'mongodb',
  fields: [
    mongodbSingleAuthentication,
    mongodbReplicaSetAuthentication,
    mongodbShardedAuthentication,
  ],
  create(config, context) {
    const driver = openConfiguredMongodb(config, context)
    const filter = compileFilter(config.filter)
    const fields = {
      password: config.password_hash_field,
      salt: config.salt_field,
      isSuperuser: config.is_superuser_field,
    }
    const backend = {
      driver,
      async find(valueOf: ValueOf, signal: AbortSignal) {
        const filled = fillFilter(filter, valueOf)
        if (filled === undefined) return undefined
        const [document] = await driver.find(config.collection, filled, 1, signal)
        return document === undefined ? undefined : readKnownUser(document, fields)
      },
    }
    return passwordAuthenticator(backend, config.password_hash_algorithm, context)
  },
})
