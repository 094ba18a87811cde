import {
  redisClusterAuthentication,
  redisSentinelAuthentication,
  redisSingleAuthentication,
} from '#config/fields/authentication/redis.ts'
import { defineAuthenticator } from '#plugin/define-authenticator.ts'
import { compileText, fillText } from '../backends/fill-template.ts'
import { readKnownUser } from '../backends/known-user.ts'
import { openConfiguredRedis, readHash, splitCommand } from '../backends/open-redis.ts'
import { passwordAuthenticator } from '../backends/password-backend.ts'

/** Passwords in hashes of Redis. */
export default defineAuthenticator({
  mechanism: 'password_based',
  backend: 'redis',
  fields: [redisSingleAuthentication, redisSentinelAuthentication, redisClusterAuthentication],
  create(config, context) {
    const driver = openConfiguredRedis(config, context)
    const templates = splitCommand(config.cmd).map(compileText)
    const backend = {
      driver,
      async find(valueOf: (name: string) => string | undefined, signal: AbortSignal) {
        const words = templates.map((template) => fillText(template, valueOf))
        // Without the value there is no key that could be this client's.
        if (words.some((word) => word === undefined)) return undefined
        const command = words.filter((word) => word !== undefined)
        const fields = readHash(command, await driver.command(command, signal))
        const password = fields.get('password_hash') ?? fields.get('password')
        if (password === undefined) return undefined
        return readKnownUser({ ...Object.fromEntries(fields), password_hash: password })
      },
    }
    return passwordAuthenticator(backend, config.password_hash_algorithm, context)
  },
})
