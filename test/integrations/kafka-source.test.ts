import assert from 'node:assert/strict'
import { suite, test, type TestContext } from 'node:test'
import type { TestBroker } from '#app/start-broker.ts'
import type { Plain } from '#config/hocon/value.ts'
import { openKafkaProducer } from '#drivers/kafka-producer.ts'
import { KAFKA_LOGIN, type KafkaFake, startKafkaFake } from '../support/servers/kafka/kafka-fake.ts'
import { clientOf, startIntegrated, until, untilStatus } from './support/integration-rig.ts'

const QUICK = { health_check_interval: '200ms' }
const GROUP = 'plant'

async function launch(context: TestContext): Promise<KafkaFake> {
  const server = await startKafkaFake({ topics: { cmd: 2 }, login: KAFKA_LOGIN })
  context.after(() => server.remove())
  return server
}

/** Produces texts to partition 0, in one batch. */
async function produce({ port }: KafkaFake, ...texts: readonly (string | Buffer)[]): Promise<void> {
  const producer = await openKafkaProducer({
    servers: [{ host: '127.0.0.1', port }],
    clientId: 'remote',
    sasl: { mechanism: 'PLAIN', ...KAFKA_LOGIN },
    connectTimeoutMs: 20_000,
    metadataTimeoutMs: 20_000,
    refreshIntervalMs: 0,
    healthTopic: undefined,
    tls: undefined,
  })
  const messages = texts.map((text) => ({
    topic: 'cmd',
    partition: 0,
    key: Buffer.from('k'),
    value: Buffer.from(text),
    timestampMs: 1_700_000_000_000,
    headers: [['h', 'v']] as const,
  }))
  await producer.send(messages, { acks: 'all', compression: 'gzip', timeoutMs: 20_000 })
  await producer.close()
}

/** A broker that republishes what comes; `got` has `topic payload`. */
async function consume(
  context: TestContext,
  { port }: KafkaFake,
  parameters: Plain,
): Promise<{ readonly broker: TestBroker; readonly got: readonly string[] }> {
  const connector = {
    bootstrap_hosts: `127.0.0.1:${port}`,
    authentication: { mechanism: 'scram_sha_512', ...KAFKA_LOGIN },
    resource_opts: QUICK,
  }
  const source = {
    connector: 'c',
    parameters: {
      topic: 'cmd',
      group_id: GROUP,
      offset_commit_interval_seconds: '50ms',
      ...(parameters as object),
    } as Plain,
    resource_opts: QUICK,
  }
  const sql =
    'SELECT key, value, offset, ts, headers.h as h, topic FROM "$sources/kafka_consumer:s"'
  const payload = '${key} ${value} ${offset} ${ts} ${h}'
  const args = { topic: 'got/${topic}', payload, qos: 1 }
  const broker = await startIntegrated(context, [
    { connectors: { kafka_consumer: { c: connector } } },
    { sources: { kafka_consumer: { s: source } } },
    { rule_engine: { rules: { a: { sql, actions: [{ function: 'republish', args }] } } } },
  ])
  const client = await clientOf(context, broker)
  const got: string[] = []
  client.on('message', (topic, bytes) => got.push(`${topic} ${bytes.toString()}`))
  await client.subscribeAsync('got/#', { qos: 1 })
  return { broker, got }
}

function line(offset: number, text: string, key = 'k'): string {
  return `got/cmd ${key} ${text} ${offset} 1700000000000 v`
}

function kept(server: KafkaFake): bigint | undefined {
  return server.groups.get(GROUP)?.offsets.get('cmd:0')
}

suite('the source kafka_consumer', () => {
  test('gives messages to rules in order, and keeps its place over a crash', async (context) => {
    const server = await launch(context)
    await produce(server, 'a', 'b')
    const { broker, got } = await consume(context, server, { offset_reset_policy: 'earliest' })
    await until('both have come', () => got.length === 2)
    await until('the place is kept', () => kept(server) === 2n)
    await server.kill()
    await untilStatus(broker, 'source', 'kafka_consumer:s', 'disconnected')
    await server.start()
    await produce(server, 'c')
    await until('the third has come', () => got.length >= 3)
    assert.deepEqual(got, [line(0, 'a'), line(1, 'b'), line(2, 'c')])
    assert.equal(server.groups.get(GROUP)?.memberCount, 1, 'it took its own place again')
  })

  test('begins at the end, and misses nothing from then on', async (context) => {
    const server = await launch(context)
    await produce(server, 'before')
    const first = await consume(context, server, {})
    await until('the place is kept', () => kept(server) === 1n)
    await first.broker.stop()
    assert.equal(server.groups.get(GROUP)?.memberCount, 0, 'it has left the group')
    await produce(server, 'while away')
    const { got } = await consume(context, server, {})
    await until('it has come', () => got.length > 0)
    assert.deepEqual(got, [line(1, 'while away')])
  })

  test('gives bytes as base64 when it is told so', async (context) => {
    const server = await launch(context)
    const { got } = await consume(context, server, {
      offset_reset_policy: 'earliest',
      key_encoding_mode: 'base64',
      value_encoding_mode: 'base64',
    })
    await produce(server, Buffer.from([0xff, 0x00]))
    await until('it has come', () => got.length > 0)
    assert.deepEqual(got, [line(0, '/wA=', 'aw==')])
  })
})
