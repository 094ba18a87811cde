import { suite, test, type TestContext } from 'node:test'
import { needsRabbitmq, RABBITMQ_LOGIN, startRabbitmq } from '../support/servers/rabbitmq.ts'
import { clientOf, startIntegrated, until, untilStatus } from './support/integration-rig.ts'
import { makeRabbitQueue, RABBITMQ, rabbitClient } from './support/sink-cases.ts'
import { testSink } from './support/sink-kit.ts'

const QUEUE = 'kept'

testSink(RABBITMQ)

suite('the source rabbitmq', needsRabbitmq(), () => {
  test('gives messages to rules', async (context: TestContext) => {
    const server = await startRabbitmq()
    context.after(() => server.remove())
    await makeRabbitQueue(server)
    const broker = await startIntegrated(context, [
      {
        connectors: {
          rabbitmq: { c: { server: '127.0.0.1', port: server.port, ...RABBITMQ_LOGIN } },
        },
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
