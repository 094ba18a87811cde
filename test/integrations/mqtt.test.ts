import assert from 'node:assert/strict'
import { describe, test, type TestContext } from 'node:test'
import { connectAsync, type MqttClient } from 'mqtt'
import {
  MOSQUITTO_LOGIN,
  needsMosquittoServer,
  startMosquitto,
} from '../support/servers/mosquitto.ts'
import type { ServerProcess } from '../support/servers/server-process.ts'
import {
  assertTraced,
  clientOf,
  publishNumbers,
  publishTraced,
  ruleTo,
  startIntegrated,
  TRACING,
  until,
  untilCount,
  untilStatus,
} from './support/integration-rig.ts'

function connector({ port }: ServerProcess, more: object = {}) {
  const { username, password } = MOSQUITTO_LOGIN
  const keys = { server: `127.0.0.1:${port}`, username, password, pool_size: 2 }
  const options = { resource_opts: { health_check_interval: '200ms' } }
  return { connectors: { mqtt: { other: { ...keys, ...options, ...more } } } } as never
}

async function remoteClient(
  context: TestContext,
  server: ServerProcess,
  clientId: string,
): Promise<MqttClient> {
  const url = `mqtt://127.0.0.1:${server.port}`
  const client = await connectAsync(url, { ...MOSQUITTO_LOGIN, clientId, clean: false })
  context.after(() => client.endAsync(true))
  return client
}

async function mosquitto(context: TestContext): Promise<ServerProcess> {
  const { server } = await startMosquitto()
  context.after(() => server.remove())
  return server
}

function numberOf(payload: Buffer): number {
  return Number(/\d+/.exec(payload.toString())?.[0])
}

describe('a bridge to Mosquitto', needsMosquittoServer(), () => {
  test('publishes, and loses nothing while the other broker is killed', async (context) => {
    const server = await mosquitto(context)
    const remote = await remoteClient(context, server, 'reader')
    const got: { topic: string; n: number; qos: number }[] = []
    remote.on('message', (topic, payload, { qos }) => {
      got.push({ topic, n: numberOf(payload), qos })
    })
    await remote.subscribeAsync('up/#', { qos: 2 })
    const action = {
      connector: 'other',
      parameters: { topic: 'up/${clientid}/${topic}', qos: '${qos}', payload: '${payload}' },
      resource_opts: { inflight_window: 1, health_check_interval: '200ms' },
    }
    const broker = await startIntegrated(context, [
      connector(server, { proto_ver: 'v5' }),
      { actions: { mqtt: { up: action } } },
      ruleTo('mqtt:up'),
    ])
    const client = await clientOf(context, broker, 'device-1')
    await untilStatus(broker, 'action', 'mqtt:up', 'connected')
    await publishNumbers(client, 0, 20)
    await until('the first have come', () => got.length >= 20)
    await server.kill()
    await publishNumbers(client, 20, 50)
    await untilStatus(broker, 'connector', 'mqtt:other', 'disconnected')
    await server.start()
    await untilCount(broker, 'mqtt:up', 'success', 50)
    await until('all have come', () => new Set(got.map(({ n }) => n)).size === 50)
    assert.deepEqual(got[0], { topic: 'up/device-1/t/1', n: 0, qos: 1 })
    const firsts = [...new Set(got.map(({ n }) => n))]
    assert.deepEqual(
      firsts,
      firsts.toSorted((a, b) => a - b),
    )
  })

  test('goes on with a trace in user properties', async (context) => {
    const server = await mosquitto(context)
    const url = `mqtt://127.0.0.1:${server.port}`
    const remote = await connectAsync(url, { ...MOSQUITTO_LOGIN, protocolVersion: 5 })
    context.after(() => remote.endAsync(true))
    const got: unknown[] = []
    remote.on('message', (_topic, _payload, { properties }) => got.push(properties?.userProperties))
    await remote.subscribeAsync('up/#', { qos: 1 })
    const parameters = { topic: 'up/${topic}', qos: 1, payload: '${payload}' }
    const broker = await startIntegrated(context, [
      TRACING,
      connector(server, { proto_ver: 'v5', pool_size: 1 }),
      { actions: { mqtt: { up: { connector: 'other', parameters } } } },
      ruleTo('mqtt:up'),
    ])
    await untilStatus(broker, 'action', 'mqtt:up', 'connected')
    await publishTraced(context, broker)
    await until('both have come', () => got.length === 2)
    assertTraced(got)
  })

  test('subscribes, and its messages are read by rules under both names', async (context) => {
    const server = await mosquitto(context)
    const broker = await startIntegrated(context, [
      connector(server),
      {
        sources: { mqtt: { down: { connector: 'other', parameters: { topic: 'cmd/#' } } } },
        rule_engine: {
          rules: {
            a: {
              sql: 'SELECT topic, payload.n as n, server FROM "$bridges/mqtt:down"',
              actions: [{ function: 'republish', args: { topic: 'a/${topic}', payload: '${n}' } }],
            },
            b: {
              sql: 'SELECT * FROM "$sources/mqtt:down" WHERE topic =~ \'cmd/+\'',
              actions: [
                { function: 'republish', args: { topic: 'b/${topic}', payload: '${qos}' } },
              ],
            },
          },
        },
      },
    ])
    const client = await clientOf(context, broker)
    const got: string[] = []
    client.on('message', (topic, payload) => got.push(`${topic} ${payload.toString()}`))
    await client.subscribeAsync(['a/#', 'b/#'], { qos: 1 })
    await untilStatus(broker, 'source', 'mqtt:down', 'connected')
    const remote = await remoteClient(context, server, 'sender')
    await remote.publishAsync('cmd/1', '{"n":5}', { qos: 1 })
    await until('both rules have run', () => got.length === 2)
    assert.deepEqual(got.toSorted(), ['a/cmd/1 5', 'b/cmd/1 1'])
    await server.kill()
    await untilStatus(broker, 'source', 'mqtt:down', 'disconnected')
    await server.start()
    await untilStatus(broker, 'source', 'mqtt:down', 'connected')
    const again = await remoteClient(context, server, 'another sender')
    await again.publishAsync('cmd/2', '{"n":6}', { qos: 1 })
    await until('it reads again', () => got.includes('a/cmd/2 6'))
  })

  test('a shared filter is read over all connections, each message once', async (context) => {
    const server = await mosquitto(context)
    const broker = await startIntegrated(
      context,
      [
        connector(server, { pool_size: 4 }),
        {
          sources: {
            mqtt: { down: { connector: 'other', parameters: { topic: '$share/g/cmd/#' } } },
          },
          rule_engine: {
            rules: {
              a: {
                sql: 'SELECT * FROM "$bridges/mqtt:down"',
                actions: [{ function: 'republish', args: { topic: 'a', payload: '${payload}' } }],
              },
            },
          },
        },
      ],
      { shards: 2 },
    )
    const client = await clientOf(context, broker)
    const got: number[] = []
    client.on('message', (_, payload) => got.push(numberOf(payload)))
    await client.subscribeAsync('a', { qos: 1 })
    await untilStatus(broker, 'source', 'mqtt:down', 'connected')
    const remote = await remoteClient(context, server, 'sender')
    for (let n = 0; n < 40; n++) await remote.publishAsync(`cmd/${n}`, String(n), { qos: 1 })
    await until('all have come', () => got.length >= 40)
    assert.deepEqual(
      got.toSorted((a, b) => a - b),
      [...Array(40).keys()],
    )
  })

  test('a wrong password is told', async (context) => {
    const server = await mosquitto(context)
    const broker = await startIntegrated(context, [connector(server, { password: 'wrong' })])
    await until('the reason is known', async () => {
      const [reading] = await broker.node.integrations.read()
      return /Check username and password/.test(reading?.status.reason ?? '')
    })
  })
})
