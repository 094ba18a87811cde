/** `redis`: commands to Redis and Valkey. */
import { list, object, string, variant } from '../../field.ts'
import { clientSsl } from '../backends/connection.ts'
import { redisClusterServers, redisSentinelServers, redisSingleServer } from '../backends/redis.ts'
import { describeIntegration } from './integration.ts'

const WORDS_MAX = 1000

export const redis = describeIntegration({
  type: 'redis',
  title: 'Redis, Valkey',
  text: 'Runs a command for each record; the commands of a batch are sent together.',
  proof: 'server',
  connector: {
    parameters: variant(
      ['redis_type'],
      [
        object(redisSingleServer, { text: 'One server.' }),
        object(redisSentinelServers, { text: 'A primary that sentinels know.' }),
        object(redisClusterServers, { text: 'A cluster.' }),
      ],
      { text: 'The servers.', example: { server: '127.0.0.1:6379' } },
    ),
    ssl: clientSsl,
  },
  action: object(
    {
      command_template: list(string({ text: 'A word of the command; may hold places.' }), {
        text: 'The command and its arguments.',
        required: true,
        itemsMax: WORDS_MAX,
        example: ['HSET', 'device:${clientid}', 'value', '${payload.value}'],
      }),
    },
    { text: 'What is run for each record.' },
  ),
  batchSize: 100,
})
