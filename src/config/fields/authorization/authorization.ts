/** `authorization.*`: what clients may publish and subscribe. */
import type { Infer } from '../../field.ts'
import { bool, duration, int, list, object, oneOf, string, variant } from '../../field.ts'
import { builtInDatabaseSource } from './built-in-database.ts'
import { fileSource } from './file.ts'
import { httpSource } from './http.ts'
import { ldapSource } from './ldap.ts'
import { mongodbReplicaSetSource, mongodbShardedSource, mongodbSingleSource } from './mongodb.ts'
import { redisClusterSource, redisSentinelSource, redisSingleSource } from './redis.ts'
import { mysqlSource, postgresqlSource } from './sql.ts'

/** One line per kind of source, or per form it has. */
export const SOURCE_FORMS = [
  fileSource,
  builtInDatabaseSource,
  httpSource,
  ldapSource,
  mongodbSingleSource,
  mongodbReplicaSetSource,
  mongodbShardedSource,
  mysqlSource,
  postgresqlSource,
  redisSingleSource,
  redisSentinelSource,
  redisClusterSource,
] as const

const source = variant(['type', 'redis_type', 'mongo_type'], SOURCE_FORMS, {
  text: 'One source of rules.',
  example: { type: 'file', path: 'etc/acl.conf' },
})

const cache = object(
  {
    enable: bool({ text: 'Remember decisions.', default: true }),
    max_size: int({
      text: 'Topics remembered for each client; the oldest is forgotten for a further one.',
      unit: 'topics',
      min: 1,
      max: 1_048_576,
      default: 32,
    }),
    ttl: duration({ text: 'How long a decision is remembered.', min: 1, default: '1m' }),
    excludes: list(string({ text: 'A topic filter.' }), {
      text: 'Filters of topics about which no decision is remembered.',
      itemsMax: 1000,
      default: [],
      example: ['live/#'],
    }),
  },
  { text: 'Decisions that each connection remembers.' },
)

export const authorization = object(
  {
    no_match: oneOf(['allow', 'deny'], {
      text:
        'What holds when no rule matches. Absent: `deny` as soon as there is a source, `allow` ' +
        'before.',
      example: 'deny',
    }),
    deny_action: oneOf(['ignore', 'disconnect'], {
      text:
        'What happens to a client that is denied: `ignore` refuses the message or subscription, ' +
        '`disconnect` closes the connection (0x87).',
      default: 'ignore',
    }),
    cache,
    sources: list(source, {
      text: 'Sources of rules in the order they are asked. The first one that knows decides.',
      example: [{ type: 'file', path: 'etc/acl.conf' }],
      itemsMax: 32,
      default: [],
    }),
  },
  {
    text:
      'What clients may publish and subscribe. Superusers may do everything; then the rules that ' +
      'came with the credentials are asked, then the sources.',
    hot: 'live',
  },
)

/** The decoded configuration. */
export type AuthorizationConfig = Infer<typeof authorization>
/** One decoded source. */
export type SourceConfig = AuthorizationConfig['sources'][number]
