import assert from 'node:assert/strict'
import { after, before, suite, test, type TestContext } from 'node:test'
import { needsRabbitmq, RABBITMQ_LOGIN, startRabbitmq } from '../support/servers/rabbitmq.ts'
import {
  assertTraced,
  clientOf,
  publishTraced,
  ruleTo,
  startIntegrated,
  TRACING,
  until,
  untilCount,
  untilStatus,
} from './support/integration-rig.ts'
import type { ServerProcess } from '../support/servers/server-process.ts'
import { makeRabbitQueue, RABBITMQ, rabbitClient } from './support/sink-cases.ts'
import { testSink } from './support/sink-kit.ts'

const QUEUE = 'kept'

testSink(RABBITMQ)

suite('rabbitmq', needsRabbitmq(), () => {
  let server: ServerProcess
  const connectors = () => ({
    connectors: { rabbitmq: { c: { server: '127.0.0.1', port: server.port, ...RABBITMQ_LOGIN } } },
  })
  before(async () => {
    server = await startRabbitmq()
    await makeRabbitQueue(server)
  })
  after(() => server.remove())

  test('the sink goes on with a trace in headers', async (context: TestContext) => {
    const broker = await startIntegrated(context, [
      TRACING,
      connectors(),
      { actions: { rabbitmq: { a: { connector: 'c', parameters: { routing_key: QUEUE } } } } },
      ruleTo('rabbitmq:a'),
    ])
    await untilStatus(broker, 'action', 'rabbitmq:a', 'connected')
    await publishTraced(context, broker)
    await untilCount(broker, 'rabbitmq:a', 'success', 2)
    const remote = await rabbitClient(server)
    const channel = await remote.createChannel()
    const got: unknown[] = []
    for (let count = 0; count < 2; count++) {
      const message = await channel.get(QUEUE, { noAck: true })
      assert.ok(message)
      got.push(message.properties.headers)
    }
    await remote.close()
    assertTraced(got)
  })

  test('the source gives messages to rules', async (context: TestContext) => {
    const broker = await startIntegrated(context, [
      connectors(),
      {
        sources: { rabbitmq: { s: { connector: 'c', parameters: { queue: QUEUE } } } },
        rule_engine: {
          rules: {
            a: {
              sql: 'SELECT payload, routing_key FROM "$bridges/rabbitmq:s"',
              actions: [
                {
                  function: 'republish',
                  args: { topic: 'got/${routing_key}', payload: '${payload}' },
                },
              ],
            },
          },
        },
      },
    ])
    const client = await clientOf(context, broker)
    const got: string[] = []
    client.on('message', (topic, payload) => got.push(`${topic} ${payload.toString()}`))
    await client.subscribeAsync('got/#')
    await untilStatus(broker, 'source', 'rabbitmq:s', 'connected')
    const remote = await rabbitClient(server)
    const channel = await remote.createChannel()
    channel.sendToQueue(QUEUE, Buffer.from('one'))
    await until('it has come', () => got.includes('got/kept one'))
    await remote.close()
  })
})
