/** The sink for Redis where several servers work together; see test/drivers for failures. */
import assert from 'node:assert/strict'
import { suite, test, type TestContext } from 'node:test'
import type { TestBroker } from '#app/start-broker.ts'
import type { Plain } from '#config/hocon/value.ts'
import {
  needsRedis,
  runRedis,
  startRedisCluster,
  startRedisSentinel,
} from '../support/servers/redis.ts'
import {
  clientOf,
  publishNumbers,
  ruleTo,
  startIntegrated,
  untilCount,
  untilStatus,
} from './support/integration-rig.ts'

const COUNT = 30
const QUICK = { health_check_interval: '200ms' }

/** A broker that sets a key for each number. */
async function start(context: TestContext, parameters: Plain): Promise<TestBroker> {
  const command = ['SET', 'n:${payload.n}', '${clientid}']
  const action = { connector: 'c', parameters: { command_template: command } }
  const broker = await startIntegrated(context, [
    { connectors: { redis: { c: { parameters, resource_opts: QUICK } } } },
    { actions: { redis: { a: action } } },
    ruleTo('redis:a'),
  ])
  await untilStatus(broker, 'action', 'redis:a', 'connected')
  return broker
}

suite('the sink redis', needsRedis(), () => {
  test('writes to every node of a cluster', async (context) => {
    const redis = await startRedisCluster()
    context.after(() => redis.remove())
    const [first] = redis.nodes
    const servers = `127.0.0.1:${first?.port}`
    const broker = await start(context, { redis_type: 'cluster', servers })
    const client = await clientOf(context, broker)
    await publishNumbers(client, 0, COUNT)
    await untilCount(broker, 'redis:a', 'success', COUNT)
    const sizes = redis.nodes.map((node) => Number(runRedis(node, ['DBSIZE'])))
    assert.ok(sizes.every((size) => size > 0))
    assert.equal(
      sizes.reduce((sum, size) => sum + size, 0),
      COUNT,
    )
  })

  test('writes to the primary that a sentinel names', async (context) => {
    const redis = await startRedisSentinel()
    context.after(() => redis.remove())
    const servers = `127.0.0.1:${redis.sentinel.port}`
    const broker = await start(context, { redis_type: 'sentinel', servers, sentinel: 'mymaster' })
    const client = await clientOf(context, broker)
    await publishNumbers(client, 0, COUNT)
    await untilCount(broker, 'redis:a', 'success', COUNT)
    const [primary] = redis.nodes
    assert.ok(primary)
    assert.equal(Number(runRedis(primary, ['DBSIZE'])), COUNT)
  })
})
