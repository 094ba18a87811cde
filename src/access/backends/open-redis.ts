import {
  REDIS_PORT,
  REDIS_SENTINEL_PORT,
  type RedisConnectionConfig,
} from '#config/fields/backends/redis.ts'
import { openRedis, type RedisDriver, type RedisReply, type RedisTopology } from '#drivers/redis.ts'
import {
  commonLimits,
  type ConnectionContext,
  secretOf,
  serverOf,
  serversOf,
  tlsOf,
} from './driver-settings.ts'

/** Opens the Redis that the configuration describes. */
export function openConfiguredRedis(
  config: RedisConnectionConfig,
  context: ConnectionContext,
): RedisDriver {
  return openRedis({
    ...commonLimits(config, context),
    topology: topologyOf(config),
    username: config.username,
    password: secretOf(config.password, context),
    database: config.redis_type === 'cluster' ? 0 : config.database,
    tls: tlsOf(config.ssl, context),
  })
}

function topologyOf(config: RedisConnectionConfig): RedisTopology {
  switch (config.redis_type) {
    case 'single':
      return { type: 'single', server: serverOf(config.server, REDIS_PORT) }
    case 'sentinel': {
      const servers = serversOf(config.servers, REDIS_SENTINEL_PORT)
      return { type: 'sentinel', servers, primary: config.sentinel }
    }
    case 'cluster':
      return { type: 'cluster', servers: serversOf(config.servers, REDIS_PORT) }
  }
}

/** Cuts a command into words. Placeholders are filled in afterwards: a value is never two words. */
export function splitCommand(command: string): readonly string[] {
  return command.trim().split(/\s+/)
}

/**
 * Fields and values that a command which reads a hash has answered.
 * @param words the command as it was sent
 * @throws an Error when the answer has another form
 */
export function readHash(words: readonly string[], reply: RedisReply): Map<string, string> {
  const [name = '', , ...fields] = words
  if (name.toLowerCase() === 'hget') return pairUp(fields, [reply])
  if (!Array.isArray(reply)) throw new Error(`the answer of ${name} is no list`)
  const values = reply as readonly RedisReply[]
  if (name.toLowerCase() === 'hmget') return pairUp(fields, values)
  const names = values.filter((_, index) => index % 2 === 0).map(String)
  return pairUp(
    names,
    values.filter((_, index) => index % 2 === 1),
  )
}

function pairUp(names: readonly string[], values: readonly RedisReply[]): Map<string, string> {
  const pairs = new Map<string, string>()
  for (const [index, name] of names.entries()) {
    const value = values[index]
    if (typeof value === 'string' || typeof value === 'number') pairs.set(name, String(value))
  }
  return pairs
}
