/** `password_based:redis`. */
import { object, string } from '../../field.ts'
import {
  redisClusterConnection,
  redisSentinelConnection,
  redisSingleConnection,
} from '../backends/redis.ts'
import { authenticatorKeys } from './common.ts'
import { passwordHashAlgorithm } from './password-hash.ts'
import { checkTemplate } from './template-check.ts'

const COMMAND = /^\s*(?:hmget\s+\S+(?:\s+\S+)+|hget\s+\S+\s+\S+|hgetall\s+\S+)\s*$/i
const PASSWORD_FIELD = /\spassword(?:_hash)?(?:\s|$)/

function checkCommand(text: string): string | undefined {
  if (!COMMAND.test(text)) return 'must be HGET, HMGET or HGETALL with a key'
  if (!/^\s*hgetall/i.test(text) && !PASSWORD_FIELD.test(text)) {
    return 'must ask for the field password_hash'
  }
  return checkTemplate(text)
}

const keys = {
  ...authenticatorKeys('password_based', 'redis'),
  cmd: string({
    text:
      'Reads the fields `password_hash`, `salt` and `is_superuser` of a client; the latter two ' +
      'may be missing.',
    required: true,
    example: 'HMGET mqtt_user:${username} password_hash salt is_superuser',
    check: checkCommand,
  }),
  password_hash_algorithm: passwordHashAlgorithm,
}

export const redisSingleAuthentication = object(
  { ...keys, ...redisSingleConnection },
  { text: 'Passwords in one Redis server.' },
)

export const redisSentinelAuthentication = object(
  { ...keys, ...redisSentinelConnection },
  { text: 'Passwords in a Redis server that sentinels know.' },
)

export const redisClusterAuthentication = object(
  { ...keys, ...redisClusterConnection },
  { text: 'Passwords in a Redis cluster.' },
)
