import { backendStatus } from '../backends/backend-status.ts'
import {
  redisClusterSource,
  redisSentinelSource,
  redisSingleSource,
} from '#config/fields/authorization/redis.ts'
import { defineAuthorizer } from '#plugin/define-authorizer.ts'
import { openConfiguredRedis } from '../backends/open-redis.ts'
import { compileCommand, fillCommand, readHash } from '../backends/redis-command.ts'
import { requestValues } from '../backends/request-values.ts'
import { readAllowed } from '../backends/rule-record.ts'
import { decideByRules } from './rule.ts'

/** `type = redis`: topics that are allowed, in hashes of Redis. */
export const redisAuthorizer = defineAuthorizer({
  type: 'redis',
  fields: [redisSingleSource, redisSentinelSource, redisClusterSource],
  create(config, context) {
    const driver = openConfiguredRedis(config, context)
    const command = compileCommand(config.cmd)
    return {
      async authorize(request, signal) {
        const words = fillCommand(command, requestValues(request))
        if (words === undefined) return 'ignore'
        const allowed = readHash(words, await driver.command(words, signal))
        const rules = [...allowed].map(([topic, value]) => readAllowed(topic, value))
        return decideByRules(rules, request)
      },
      status: () => backendStatus(driver),
      close: () => driver.close(),
    }
  },
})
