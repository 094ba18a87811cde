/** Connections to Redis, in the three ways that Redis is set up. */
import { int, oneOf, string } from '../../field.ts'
import type { InferFields } from '../../field.ts'
import {
  backendPassword,
  clientSsl,
  poolSize,
  serverKey,
  serversKey,
  timeoutKey,
} from './connection.ts'

export const REDIS_PORT = 6379
export const REDIS_SENTINEL_PORT = 26_379

const DATABASES_MAX = 65_535
const TYPE = { text: 'How Redis is set up.', required: true } as const

const common = {
  username: string({ text: 'User who logs in (Redis 6 and later).' }),
  password: backendPassword,
  pool_size: poolSize,
  query_timeout: timeoutKey('A command that takes longer is given up.', '5s'),
  connect_timeout: timeoutKey('A connection that takes longer to open is given up.', '5s'),
} as const

const database = int({
  text: 'Number of the database.',
  min: 0,
  max: DATABASES_MAX,
  default: 0,
})

/** One server, without its TLS. */
export const redisSingleServer = {
  redis_type: oneOf(['single'], { text: TYPE.text, default: 'single' }),
  server: serverKey(REDIS_PORT),
  database,
  ...common,
} as const

/** A primary that sentinels know, without its TLS. */
export const redisSentinelServers = {
  redis_type: oneOf(['sentinel'], TYPE),
  servers: serversKey(REDIS_SENTINEL_PORT),
  sentinel: string({
    text: 'Name under which the sentinels know the primary.',
    required: true,
    example: 'mymaster',
  }),
  database,
  ...common,
} as const

/** A cluster, without its TLS. */
export const redisClusterServers = {
  redis_type: oneOf(['cluster'], TYPE),
  servers: serversKey(REDIS_PORT),
  ...common,
} as const

/** One server. */
export const redisSingleConnection = { ...redisSingleServer, ssl: clientSsl } as const

/** A primary that sentinels know. */
export const redisSentinelConnection = { ...redisSentinelServers, ssl: clientSsl } as const

/** A cluster. */
export const redisClusterConnection = { ...redisClusterServers, ssl: clientSsl } as const

/** Any of the three, decoded. */
export type RedisConnectionConfig =
  | InferFields<typeof redisSingleConnection>
  | InferFields<typeof redisSentinelConnection>
  | InferFields<typeof redisClusterConnection>
