import {
  REDIS_PORT,
  REDIS_SENTINEL_PORT,
  type RedisConnectionConfig,
} from '#config/fields/backends/redis.ts'
import { openRedis, type RedisDriver, type RedisTopology } from '#drivers/redis.ts'
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
