/** At least once from the publisher to the other system: `wait_for_actions` of rules. */
import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { connectAsync, type MqttClient } from 'mqtt'
import type { TestBroker } from '#app/start-broker.ts'
import { launchHttp } from '../support/servers/local-server.ts'
import { clientOf, startIntegrated, until, untilCount } from './support/integration-rig.ts'

interface Setup {
  readonly broker: TestBroker
  readonly hook: Awaited<ReturnType<typeof launchHttp>>
  readonly bodies: string[]
  readonly client: MqttClient
}

async function setUp(context: TestContext, protocolVersion: 4 | 5, rule: object, options: object) {
  const bodies: string[] = []
  const status = { code: 200 }
  const hook = await launchHttp(({ body }, response) => {
    bodies.push(body)
    response.statusCode = status.code
    response.end()
  })
  context.after(() => hook.remove())
  const action = {
    connector: 'c',
    parameters: { body: '${payload}' },
    resource_opts: { worker_pool_size: 1, health_check_interval: '200ms', ...options },
  }
  const out = {
    sql: 'SELECT payload FROM "t/#"',
    actions: ['http:a'],
    wait_for_actions: true,
    ...rule,
  }
  const broker = await startIntegrated(context, [
    { connectors: { http: { c: { url: `http://127.0.0.1:${hook.port}` } } } },
    { actions: { http: { a: action } } },
    { rule_engine: { rules: { out } } },
  ])
  const client = await connectAsync(`mqtt://127.0.0.1:${broker.port('tcp:default')}`, {
    protocolVersion,
    reconnectPeriod: 0,
  })
  context.after(() => client.endAsync(true))
  return { broker, hook, bodies, client, status } satisfies Setup & { status: object }
}

for (const version of [4, 5] as const) {
  test(`MQTT ${version}: the acknowledgement comes after the delivery`, async (context) => {
    const { hook, bodies, client, broker } = await setUp(context, version, {}, {})
    hook.pause()
    const acked: string[] = []
    const publish = async (topic: string, text: string): Promise<void> => {
      await client.publishAsync(topic, text, { qos: 1 })
      acked.push(text)
    }
    const all = [publish('t/1', 'a'), publish('other', 'b')]
    await until('a connection is made for the record', () => hook.connections > 0)
    const other = await clientOf(context, broker, 'other')
    await other.publishAsync('x', '', { qos: 1 }) // Others do not wait.
    assert.deepEqual(acked, [])
    hook.resume()
    await Promise.all(all)
    assert.deepEqual([acked, bodies], [['a', 'b'], ['a']])
  })
}

test('a delayed message of another client does not take their place', async (context) => {
  const { hook, client, broker } = await setUp(context, 5, {}, {})
  const other = await clientOf(context, broker, 'other')
  hook.pause()
  const held = client.publishAsync('t/1', 'a', { qos: 1 })
  await until('a connection is made for the record', () => hook.connections > 0)
  await other.publishAsync('$delayed/3600/x', 'b', { qos: 1 })
  hook.resume()
  await held
  await client.publishAsync('x', '', { qos: 1 }) // Nothing stays behind it.
})

test('a rule that does not wait has its messages acknowledged at once', async (context) => {
  const { hook, client, bodies } = await setUp(context, 5, { wait_for_actions: false }, {})
  await hook.kill()
  await client.publishAsync('t/1', 'a', { qos: 1 })
  assert.deepEqual(bodies, [])
})

test('what is safe on disk is acknowledged while the other side is away', async (context) => {
  const { hook, client, bodies } = await setUp(context, 5, {}, { buffer_mode: 'disk' })
  await hook.kill()
  await client.publishAsync('t/1', 'a', { qos: 1 })
  await hook.start()
  await until('it has come', () => bodies.includes('a'))
})

const SMALL = { buffer_mode: 'memory', max_buffer_bytes: '1KB' }

test('MQTT 5: what an action has no room for is refused', async (context) => {
  const { client, broker } = await setUp(context, 5, {}, SMALL)
  await assert.rejects(client.publishAsync('t/1', 'x'.repeat(2000), { qos: 1 }), (error) => {
    return (error as { code?: number }).code === 0x83
  })
  assert.ok(client.connected)
  await untilCount(broker, 'http:a', 'dropped.queue_full', 1)
})

test('MQTT 3.1.1: what an action has no room for ends the connection', async (context) => {
  const { client } = await setUp(context, 4, {}, SMALL)
  const closed = new Promise((resolve) => client.once('close', () => resolve(undefined)))
  client.publish('t/1', 'x'.repeat(2000), { qos: 1 })
  await closed
})

test('what is buried or refused for good is acknowledged', async (context) => {
  const buried = await setUp(context, 5, { dead_letter_topic: 'dead' }, SMALL)
  await buried.client.publishAsync('t/1', 'x'.repeat(2000), { qos: 1 })
  const refused = await setUp(context, 5, {}, {})
  refused.status.code = 400
  await refused.client.publishAsync('t/1', 'a', { qos: 1 })
  await untilCount(refused.broker, 'http:a', 'failed', 1)
})
