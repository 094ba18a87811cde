import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { suite, test, type TestContext } from 'node:test'
import type { Plain } from '#config/hocon/value.ts'
import { ensureDevelopmentCertificates } from '#net/certificate/development-certificates.ts'
import { murmur2 } from '#integrations/murmur2.ts'
import {
  KAFKA_LOGIN,
  type KafkaFake,
  type KafkaFakeOptions,
  startKafkaFake,
} from '../support/servers/kafka/kafka-fake.ts'
import type { StoredRecord } from '../support/servers/kafka/partition-log.ts'
import {
  assertTraced,
  clientOf,
  publishNumbers,
  publishTraced,
  readingOf,
  ruleTo,
  startIntegrated,
  TRACING,
  until,
  untilCount,
  untilStatus,
} from './support/integration-rig.ts'
import { testSink } from './support/sink-kit.ts'

const LOGIN = { mechanism: 'scram_sha_256', ...KAFKA_LOGIN }
const QUICK = { health_check_interval: '200ms' }

testSink({
  type: 'kafka_producer',
  needs: {},
  start: () => startKafkaFake({ topics: { kept: 3 }, login: KAFKA_LOGIN }),
  connector: ({ port }) => ({
    bootstrap_hosts: `127.0.0.1:${port}`,
    authentication: LOGIN,
    min_metadata_refresh_interval: '100ms',
  }),
  parameters: {
    topic: 'kept',
    message: { value: '${payload.n}' },
    partition_strategy: 'key_dispatch',
    compression: 'gzip',
  },
  numbers: (server) => server.records('kept').map(({ value }) => Number(value)),
  isOrdered: true,
  wrong: {
    keys: ({ port }) => ({
      bootstrap_hosts: `127.0.0.1:${port}`,
      authentication: { ...LOGIN, password: 'wrong-Secret' },
    }),
    reason: /Check authentication/,
  },
})

/** A stand-in that ends with the test. */
async function launch(context: TestContext, options: KafkaFakeOptions): Promise<KafkaFake> {
  const server = await startKafkaFake(options)
  context.after(() => server.remove())
  return server
}

/** Publishes numbers below `t/` through an action with these parameters; the records that came. */
async function produced(
  context: TestContext,
  parameters: Plain,
  count = 1,
): Promise<{ readonly server: KafkaFake; readonly records: readonly StoredRecord[] }> {
  const server = await launch(context, { topics: { out: 4 } })
  const broker = await startIntegrated(context, [
    { connectors: { kafka_producer: { c: { bootstrap_hosts: `127.0.0.1:${server.port}` } } } },
    {
      actions: {
        kafka_producer: {
          a: { connector: 'c', parameters: { topic: 'out', ...(parameters as object) } as Plain },
        },
      },
    },
    {
      rule_engine: {
        rules: {
          out: {
            sql: 'SELECT *, json_decode(payload) as doc FROM "t/#"',
            actions: ['kafka_producer:a'],
          },
        },
      },
    },
  ])
  await untilStatus(broker, 'action', 'kafka_producer:a', 'connected')
  const client = await clientOf(context, broker)
  await publishNumbers(client, 0, count)
  await untilCount(broker, 'kafka_producer:a', 'success', count)
  return { server, records: server.records('out') }
}

suite('the sink kafka_producer', () => {
  test('makes key, value, time and headers by its templates', async (context) => {
    const { records, server } = await produced(context, {
      message: {
        key: '${clientid}/${payload.n}',
        value: 'n=${payload.n}',
        timestamp: '1700000000000',
      },
      kafka_headers: '${doc}',
      kafka_ext_headers: [
        { kafka_ext_header_key: 'to-${qos}', kafka_ext_header_value: '${topic}' },
      ],
      required_acks: 'leader_only',
    })
    const [record] = records
    assert.equal(record?.key, 'tester/0')
    assert.equal(record?.value, 'n=0')
    assert.equal(record?.timestampMs, 1_700_000_000_000)
    assert.deepEqual({ ...record?.headers }, { n: '0', 'to-1': 't/1' })
    assert.deepEqual([...server.acks], [1])
  })

  test('writes values of headers as JSON when it is told so', async (context) => {
    const { records } = await produced(context, {
      kafka_ext_headers: [{ kafka_ext_header_key: 'k', kafka_ext_header_value: '${topic}' }],
      kafka_header_value_encode_mode: 'json',
      compression: 'snappy',
    })
    assert.deepEqual({ ...records[0]?.headers }, { k: '"t/1"' })
    assert.equal(records[0]?.key, 'tester')
    assert.equal(records[0]?.compression, 2)
    assert.equal(JSON.parse(records[0]?.value ?? '').topic, 't/1')
  })

  test('goes on with a trace in headers, unless they are configured', async (context) => {
    const server = await launch(context, { topics: { out: 1, own: 1 } })
    const own = [{ kafka_ext_header_key: 'traceparent', kafka_ext_header_value: '${topic}' }]
    const broker = await startIntegrated(context, [
      TRACING,
      { connectors: { kafka_producer: { c: { bootstrap_hosts: `127.0.0.1:${server.port}` } } } },
      {
        actions: {
          kafka_producer: {
            a: { connector: 'c', parameters: { topic: 'out' } },
            b: { connector: 'c', parameters: { topic: 'own', kafka_ext_headers: own } },
          },
        },
      },
      ruleTo('kafka_producer:a', 'kafka_producer:b'),
    ])
    for (const id of ['kafka_producer:a', 'kafka_producer:b']) {
      await untilStatus(broker, 'action', id, 'connected')
    }
    await publishTraced(context, broker)
    for (const id of ['kafka_producer:a', 'kafka_producer:b']) {
      await untilCount(broker, id, 'success', 2)
    }
    const headersOf = (topic: string) => server.records(topic).map(({ headers }) => headers)
    assertTraced(headersOf('out'))
    assert.deepEqual(
      headersOf('own').map((headers) => ({ ...headers })),
      [{ traceparent: 't/1' }, { traceparent: 't/1' }],
    )
  })

  test('sends a key to the partition that other producers take, in order', async (context) => {
    const { server } = await produced(context, { partition_strategy: 'key_dispatch' }, 20)
    const place = murmur2(Buffer.from('tester')) % 4
    const counts = server.topics.get('out')?.map((log) => log.records().length)
    assert.deepEqual(
      counts,
      [0, 1, 2, 3].map((index) => (index === place ? 20 : 0)),
    )
    const values = server.records('out').map(({ value }) => JSON.parse(value ?? '').payload)
    assert.deepEqual(
      values,
      [...Array(20).keys()].map((n) => JSON.stringify({ n })),
    )
  })

  test('keeps to the first partitions when it is told so', async (context) => {
    const { server } = await produced(context, { partitions_limit: 1, query_mode: 'sync' }, 10)
    assert.deepEqual(
      server.topics.get('out')?.map((log) => log.records().length),
      [10, 0, 0, 0],
    )
  })

  test('fails a message that is too large, and only that', async (context) => {
    const server = await launch(context, { topics: { out: 1 }, batchBytesMax: 2000 })
    const broker = await startIntegrated(context, [
      { connectors: { kafka_producer: { c: { bootstrap_hosts: `127.0.0.1:${server.port}` } } } },
      {
        actions: {
          kafka_producer: {
            a: { connector: 'c', parameters: { topic: 'out', message: { value: '${payload}' } } },
          },
        },
      },
      ruleTo('kafka_producer:a'),
    ])
    await untilStatus(broker, 'action', 'kafka_producer:a', 'connected')
    const client = await clientOf(context, broker)
    const sent = ['one', 'x'.repeat(5000), 'three']
    await Promise.all(sent.map((text) => client.publishAsync('t/1', text, { qos: 1 })))
    await untilCount(broker, 'kafka_producer:a', 'success', 2)
    await untilCount(broker, 'kafka_producer:a', 'failed', 1)
    assert.deepEqual(
      server.records('out').map(({ value }) => value),
      ['one', 'three'],
    )
  })

  test('says which topic is not there, and sends when it is', async (context) => {
    const server = await launch(context, { topics: { other: 1 } })
    const connector = {
      bootstrap_hosts: `127.0.0.1:${server.port}`,
      health_check_topic: 'health',
      resource_opts: QUICK,
    }
    const broker = await startIntegrated(context, [
      { connectors: { kafka_producer: { c: connector } } },
      {
        actions: {
          kafka_producer: {
            a: { connector: 'c', parameters: { topic: 'out' }, resource_opts: QUICK },
          },
        },
      },
    ])
    const reasonOf = async (kind: 'connector' | 'action', id: string) =>
      (await readingOf(broker, kind, id)).status.reason
    await until('the connector says so', async () =>
      /Unknown topic health. Make the topic/.test(await reasonOf('connector', 'kafka_producer:c')),
    )
    const other = server.topics.get('other') ?? []
    server.topics.set('health', other)
    await until('the action says so', async () =>
      /topic out is not there. Make/.test(await reasonOf('action', 'kafka_producer:a')),
    )
    server.topics.set('out', other)
    await untilStatus(broker, 'action', 'kafka_producer:a', 'connected')
  })
})

for (const type of ['confluent_producer', 'azure_event_hub_producer']) {
  test(`the sink ${type} logs in, always over TLS`, async (context) => {
    const folder = mkdtempSync(join(tmpdir(), 'tideway-kafka-'))
    context.after(() => rmSync(folder, { recursive: true }))
    const { certfile, keyfile, cacertfile } = ensureDevelopmentCertificates(folder, Date.now())
    const pem = { cert: readFileSync(certfile, 'utf8'), key: readFileSync(keyfile, 'utf8') }
    const isAzure = type === 'azure_event_hub_producer'
    const { password } = KAFKA_LOGIN
    const login = { username: isAzure ? '$ConnectionString' : 'api-key', password }
    const server = await launch(context, { topics: { out: 1 }, login, pem })
    const connector = {
      bootstrap_hosts: `localhost:${server.port}`,
      authentication: isAzure ? { password } : login,
      ssl: { cacertfile },
    }
    const broker = await startIntegrated(context, [
      { connectors: { [type]: { c: connector } } },
      { actions: { [type]: { a: { connector: 'c', parameters: { topic: 'out' } } } } },
      ruleTo(`${type}:a`),
    ])
    await untilStatus(broker, 'action', `${type}:a`, 'connected')
    const client = await clientOf(context, broker)
    await publishNumbers(client, 0, 3)
    await untilCount(broker, `${type}:a`, 'success', 3)
    assert.equal(server.records('out').length, 3)
  })
}
