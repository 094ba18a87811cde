import assert from 'node:assert/strict'
import { suite, test, type TestContext } from 'node:test'
import { jetstream, jetstreamManager } from '@nats-io/jetstream'
import { connect, type NatsConnection } from '@nats-io/transport-node'
import { NATS_LOGIN, needsNats, startNats } from '../support/servers/nats.ts'
import type { ServerProcess } from '../support/servers/server-process.ts'
import { clientOf, startIntegrated, until, untilStatus } from './support/integration-rig.ts'
import { testSink } from './support/sink-kit.ts'

const { username: user, password: pass } = NATS_LOGIN

async function remoteClient({ port }: ServerProcess): Promise<NatsConnection> {
  return connect({ servers: `127.0.0.1:${port}`, user, pass })
}

testSink({
  type: 'nats',
  needs: needsNats(),
  start: startNats,
  prepare: async (server) => {
    const client = await remoteClient(server)
    const manager = await jetstreamManager(client)
    await manager.streams.add({ name: 'kept', subjects: ['kept.>'] })
    await client.close()
  },
  connector: ({ port }) => ({ servers: `127.0.0.1:${port}`, ...NATS_LOGIN }),
  parameters: {
    subject: 'kept.${clientid}',
    payload: '${payload.n}',
    headers: { topic: '${topic}' },
    jetstream: true,
  },
  numbers: async (server) => {
    const client = await remoteClient(server)
    const manager = await jetstreamManager(client)
    const { messages: count } = (await manager.streams.info('kept')).state
    const consumer = await jetstream(client).consumers.get('kept')
    const numbers: number[] = []
    for await (const message of await consumer.fetch({ max_messages: count, expires: 2000 })) {
      assert.equal(message.headers?.get('topic'), 't/1')
      numbers.push(Number(message.string()))
    }
    await client.close()
    return numbers
  },
  wrong: {
    keys: ({ port }) => ({ servers: `127.0.0.1:${port}`, ...NATS_LOGIN, password: 'wrong' }),
    reason: /Check username and password/,
  },
})

suite('the source nats', needsNats(), () => {
  test('gives messages to rules, also after the server was away', async (context: TestContext) => {
    const server = await startNats()
    context.after(() => server.remove())
    const broker = await startIntegrated(context, [
      {
        connectors: {
          nats: {
            c: {
              servers: `127.0.0.1:${server.port}`,
              ...NATS_LOGIN,
              resource_opts: { health_check_interval: '200ms' },
            },
          },
        },
        sources: { nats: { s: { connector: 'c', parameters: { subject: 'cmd.>' } } } },
        rule_engine: {
          rules: {
            a: {
              sql: 'SELECT payload.n as n, subject FROM "$sources/nats:s"',
              actions: [
                { function: 'republish', args: { topic: 'got/${subject}', payload: '${n}' } },
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
    const send = async (n: number) => {
      await untilStatus(broker, 'source', 'nats:s', 'connected')
      const remote = await remoteClient(server)
      remote.publish('cmd.x', JSON.stringify({ n }))
      await remote.drain()
      await until(`${n} has come`, () => got.includes(`got/cmd.x ${n}`))
    }
    await send(1)
    await server.kill()
    await untilStatus(broker, 'source', 'nats:s', 'disconnected')
    await server.start()
    await send(2)
  })
})
