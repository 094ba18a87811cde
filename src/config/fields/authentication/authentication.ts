/** `authentication`: chains of authenticators. */
import { list, variant } from '../../field.ts'
import type { Finding, Infer } from '../../field.ts'
import { builtInDatabase } from './built-in-database.ts'
import { httpAuthentication } from './http.ts'
import { jwtHmac, jwtKeySet, jwtPublicKey } from './jwt.ts'
import { ldapAuthentication } from './ldap.ts'
import {
  mongodbReplicaSetAuthentication,
  mongodbShardedAuthentication,
  mongodbSingleAuthentication,
} from './mongodb.ts'
import {
  redisClusterAuthentication,
  redisSentinelAuthentication,
  redisSingleAuthentication,
} from './redis.ts'
import { scram } from './scram.ts'
import { mysqlAuthentication, postgresqlAuthentication } from './sql.ts'

/** One line per kind of authenticator, or per form it has. */
export const AUTHENTICATOR_FORMS = [
  builtInDatabase,
  httpAuthentication,
  jwtHmac,
  jwtPublicKey,
  jwtKeySet,
  ldapAuthentication,
  mongodbSingleAuthentication,
  mongodbReplicaSetAuthentication,
  mongodbShardedAuthentication,
  mysqlAuthentication,
  postgresqlAuthentication,
  redisSingleAuthentication,
  redisSentinelAuthentication,
  redisClusterAuthentication,
  scram,
] as const

/** What tells the forms apart. */
export const TELLING_KEYS = [
  'mechanism',
  'backend',
  'algorithm',
  'use_jwks',
  'redis_type',
  'mongo_type',
] as const
const CHAIN_LENGTH_MAX = 30
const EXAMPLE = [{ mechanism: 'password_based', backend: 'built_in_database' }]

const authenticator = variant(TELLING_KEYS, AUTHENTICATOR_FORMS, {
  text: 'One authenticator.',
})

/** One authenticator, decoded. */
export type AuthenticatorConfig = Exclude<Infer<typeof authenticator>, undefined>

export const authentication = list(authenticator, {
  text:
    'Who may connect: authenticators that are asked in this order until one accepts or refuses ' +
    'the client. A client that none of them knows is refused. As long as there is none, only ' +
    'clients on this host are accepted; see `allow_anonymous`.',
  hot: 'new-connections',
  itemsMax: CHAIN_LENGTH_MAX,
  single: true,
  default: [],
  example: EXAMPLE,
})

export const listenerAuthentication = list(authenticator, {
  text: 'Authenticators for the clients of this listener, which take the place of the global ones.',
  hot: 'new-connections',
  itemsMax: CHAIN_LENGTH_MAX,
  single: true,
  default: [],
  example: EXAMPLE,
})

/** `mechanism:backend`, which names an authenticator within its chain. */
export function authenticatorId(config: AuthenticatorConfig): string {
  const { mechanism, backend } = config as { mechanism: string; backend?: string }
  return backend === undefined ? mechanism : `${mechanism}:${backend}`
}

/** Every kind once in a chain: that is how they are named. */
export function checkChain(chain: readonly AuthenticatorConfig[]): readonly Finding[] {
  const seen = new Set<string>()
  return chain.flatMap((config, index) => {
    const id = authenticatorId(config)
    const isTwice = seen.has(id)
    seen.add(id)
    return isTwice ? [{ path: [String(index)], message: `is a second ${id} in one chain` }] : []
  })
}
