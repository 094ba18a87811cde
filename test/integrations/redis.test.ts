import { needsRedis, REDIS_LOGIN, runRedis, startRedis } from '../support/servers/redis.ts'
import { testSink } from './support/sink-kit.ts'

testSink({
  type: 'redis',
  needs: needsRedis(),
  start: async () => (await startRedis()).server,
  connector: ({ port }) => ({
    parameters: { redis_type: 'single', server: `127.0.0.1:${port}`, ...REDIS_LOGIN },
  }),
  parameters: { command_template: ['ZADD', 'kept:${clientid}', '${payload.n}', '${payload.n}'] },
  numbers: (server) => {
    const output = runRedis(server, ['ZRANGE', 'kept:tester', '0', '-1'], REDIS_LOGIN.password)
    return output
      .split('\n')
      .filter((line) => /^\d+$/.test(line))
      .map(Number)
  },
  wrong: {
    keys: ({ port }) => ({
      parameters: {
        redis_type: 'single',
        server: `127.0.0.1:${port}`,
        ...REDIS_LOGIN,
        password: 'wrong',
      },
    }),
    reason: /Check username and password/,
  },
})
