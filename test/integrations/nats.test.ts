import assert from 'node:assert/strict'
import { suite, test, type TestContext } from 'node:test'
import { NATS_LOGIN, needsNats, startNats } from '../support/servers/nats.ts'
import {
  assertTraced,
  clientOf,
  publishTraced,
  ruleTo,
  startIntegrated,
  TRACING,
  until,
  untilStatus,
} from './support/integration-rig.ts'
import { NATS, natsClient } from './support/sink-cases.ts'
import { testSink } from './support/sink-kit.ts'

testSink(NATS)

test('the sink nats goes on with a trace in headers', needsNats(), async (context) => {
  const server = await startNats()
  context.after(() => server.remove())
  const remote = await natsClient(server)
  context.after(() => remote.close())
  const got = new Map<string, unknown[]>([
    ['out', []],
    ['own', []],
  ])
  const names = ['traceparent', 'tracestate'] as const
  remote.subscribe('*', {
    callback: (_error, { subject, headers }) => {
      const pairs = names.flatMap(
        (name) => headers?.values(name).map((value) => [name, value]) ?? [],
      )
      got.get(subject)?.push(Object.fromEntries(pairs))
    },
  })
  await remote.flush()
  const own = { subject: 'own', headers: { traceparent: '${topic}' } }
  const broker = await startIntegrated(context, [
    TRACING,
    { connectors: { nats: { c: { servers: `127.0.0.1:${server.port}`, ...NATS_LOGIN } } } },
    {
      actions: {
        nats: {
          a: { connector: 'c', parameters: { subject: 'out' } },
          b: { connector: 'c', parameters: own },
        },
      },
    },
    ruleTo('nats:a', 'nats:b'),
  ])
  for (const id of ['nats:a', 'nats:b']) await untilStatus(broker, 'action', id, 'connected')
  await publishTraced(context, broker)
  await until('all have come', () => [...got.values()].every(({ length }) => length === 2))
  assertTraced(got.get('out') ?? [])
  assert.deepEqual(got.get('own'), [{ traceparent: 't/1' }, { traceparent: 't/1' }])
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
      const remote = await natsClient(server)
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
