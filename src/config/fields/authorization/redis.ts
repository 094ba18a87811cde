/** `authorization.sources`: rules in Redis. */
import { object, oneOf, string } from '../../field.ts'
import {
  redisClusterConnection,
  redisSentinelConnection,
  redisSingleConnection,
} from '../backends/redis.ts'
import { sourceEnable } from './source-enable.ts'
import { checkSourceTemplate } from './template-check.ts'

const COMMAND = /^\s*(?:hmget\s+\S+(?:\s+\S+)+|hgetall\s+\S+)\s*$/i

const keys = {
  type: oneOf(['redis'], { text: 'Rules in Redis.', required: true }),
  enable: sourceEnable,
  cmd: string({
    text:
      'Reads a hash with the rules of a client. Its fields are topic filters, its values ' +
      '`publish`, `subscribe`, `all`, or JSON with `action`, `qos` and `retain`. All rules allow.',
    required: true,
    example: 'HGETALL mqtt_acl:${username}',
    check: (text) =>
      COMMAND.test(text) ? checkSourceTemplate(text) : 'must be HGETALL or HMGET with a key',
  }),
}

export const redisSingleSource = object(
  { ...keys, ...redisSingleConnection },
  { text: 'Rules in one Redis server.' },
)

export const redisSentinelSource = object(
  { ...keys, ...redisSentinelConnection },
  { text: 'Rules in a Redis server that sentinels know.' },
)

export const redisClusterSource = object(
  { ...keys, ...redisClusterConnection },
  { text: 'Rules in a Redis cluster.' },
)
