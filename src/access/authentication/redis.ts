import {
  redisClusterAuthentication,
  redisSentinelAuthentication,
  redisSingleAuthentication,
} from '#config/fields/authentication/redis.ts'
import { defineAuthenticator } from '#plugin/define-authenticator.ts'
import type { ValueOf } from '../backends/fill-template.ts'
import { readKnownUser } from '../backends/known-user.ts'
import { openConfiguredRedis } from '../backends/open-redis.ts'
import { passwordAuthenticator } from '../backends/password-backend.ts'
import { compileCommand, fillCommand, readHash } from '../backends/redis-command.ts'

/** Passwords in hashes of Redis. */
export default defineAuthenticator({
  mechanism: 'password_based',
  backend: 'redis',
  fields: [redisSingleAuthentication, redisSentinelAuthentication, redisClusterAuthentication],
  create(config, context) {
    const driver = openConfiguredRedis(config, context)
    const command = compileCommand(config.cmd)
    const backend = {
      driver,
      async find(valueOf: ValueOf, signal: AbortSignal) {
        const words = fillCommand(command, valueOf)
        if (words === undefined) return undefined
        const fields = readHash(words, await driver.command(words, signal))
        const password = fields.get('password_hash') ?? fields.get('password')
        if (password === undefined) return undefined
        return readKnownUser({ ...Object.fromEntries(fields), password_hash: password })
      },
    }
    return passwordAuthenticator(backend, config.password_hash_algorithm, context)
  },
})
