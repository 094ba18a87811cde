import { suite, test, type TestContext } from 'node:test'
import { connect } from 'amqplib'
import { needsRabbitmq, RABBITMQ_LOGIN, startRabbitmq } from '../support/servers/rabbitmq.ts'
import type { ServerProcess } from '../support/servers/server-process.ts'
import { clientOf, startIntegrated, until, untilStatus } from './support/integration-rig.ts'
import { testSink } from './support/sink-kit.ts'

const QUEUE = 'kept'

function remoteClient({ port }: ServerProcess) {
  return connect({ hostname: '127.0.0.1', port, ...RABBITMQ_LOGIN })
}

async function makeQueue(server: ServerProcess): Promise<void> {
  const client = await remoteClient(server)
  const channel = await client.createChannel()
  await channel.assertQueue(QUEUE, { durable: true })
  await client.close()
}

testSink({
  type: 'rabbitmq',
  needs: needsRabbitmq(),
  start: startRabbitmq,
  prepare: makeQueue,
  connector: ({ port }) => ({ server: '127.0.0.1', port, ...RABBITMQ_LOGIN }),
  parameters: {
    routing_key: QUEUE,
    delivery_mode: 'persistent',
    payload_template: '${payload.n}',
  },
  numbers: async (server) => {
    const client = await remoteClient(server)
    const channel = await client.createChannel()
    const numbers: number[] = []
    for (;;) {
      const message = await channel.get(QUEUE, { noAck: true })
      if (message === false) break
      numbers.push(Number(message.content.toString()))
    }
    await client.close()
    return numbers
  },
  wrong: {
    keys: ({ port }) => ({ server: '127.0.0.1', port, ...RABBITMQ_LOGIN, password: 'wrong' }),
    reason: /Check username, password and virtual_host/,
  },
})

suite('the source rabbitmq', needsRabbitmq(), () => {
  test('gives messages to rules', async (context: TestContext) => {
    const server = await startRabbitmq()
    context.after(() => server.remove())
    await makeQueue(server)
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
    const remote = await remoteClient(server)
    const channel = await remote.createChannel()
    channel.sendToQueue(QUEUE, Buffer.from('one'))
    await until('it has come', () => got.includes('got/kept one'))
    await remote.close()
  })
})
