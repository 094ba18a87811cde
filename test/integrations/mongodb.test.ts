import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Plain } from '#config/hocon/value.ts'
import {
  MONGODB_LOGIN,
  type MongodbFakeKind,
  REPLICA_SET,
  startMongodbFake,
} from '../support/servers/mongodb-fake.ts'
import {
  clientOf,
  publishNumbers,
  readingOf,
  ruleTo,
  startIntegrated,
  untilCount,
  untilStatus,
} from './support/integration-rig.ts'
import { testSink } from './support/sink-kit.ts'

const LOGIN = { database: 'mqtt', ...MONGODB_LOGIN }

testSink({
  type: 'mongodb',
  needs: {},
  async start() {
    const { server, collections } = await startMongodbFake()
    const { port } = server
    return {
      port,
      collections,
      start: () => server.start(),
      kill: () => server.kill(),
      remove: () => server.remove(),
    }
  },
  connector: ({ port }) => ({ parameters: { server: `127.0.0.1:${port}` }, ...LOGIN }),
  parameters: { payload_template: '{"n": ${payload.n}, "from": "${clientid}"}' },
  numbers: ({ collections }) =>
    (collections.get('mqtt') ?? []).map(({ n, from }) => {
      assert.equal(from, 'tester')
      return Number(n)
    }),
  isOrdered: true,
  wrong: {
    keys: ({ port }) => ({
      parameters: { server: `127.0.0.1:${port}` },
      ...LOGIN,
      password: 'wrong-Secret',
    }),
    reason: /Check username, password and auth_source/,
  },
})

for (const kind of ['single', 'rs', 'sharded'] satisfies MongodbFakeKind[]) {
  for (const mode of ['safe', 'unsafe']) {
    test(`mongodb inserts into ${kind}, ${mode}: records with their types`, async (context) => {
      const { server, collections } = await startMongodbFake(undefined, kind)
      context.after(() => server.remove())
      const address = `127.0.0.1:${server.port}`
      const servers: Plain =
        kind === 'single' ? { server: address } : { mongo_type: kind, servers: address }
      const parameters = {
        ...(servers as object),
        w_mode: mode,
        ...(kind === 'rs' && { replica_set_name: REPLICA_SET }),
      }
      const sql =
        'SELECT clientid, payload.n as n, mongo_date(1700000000, \'second\') as at FROM "t/#"'
      const action = { connector: 'c', parameters: { collection: 'of_${clientid}' } }
      const broker = await startIntegrated(context, [
        { connectors: { mongodb: { c: { parameters, ...LOGIN } } } },
        { actions: { mongodb: { a: action } } },
        { rule_engine: { rules: { a: { sql, actions: ['mongodb:a'] } } } },
      ])
      await untilStatus(broker, 'action', 'mongodb:a', 'connected')
      const client = await clientOf(context, broker)
      await publishNumbers(client, 0, 3)
      await untilCount(broker, 'mongodb:a', 'success', 3)
      if (mode === 'unsafe') return // Nobody knows when the server has them.
      const documents = collections.get('of_tester') ?? []
      assert.deepEqual(
        documents.map(({ n, clientid, at }) => ({ n, clientid, at })),
        [0, 1, 2].map((n) => ({ n, clientid: 'tester', at: new Date(1_700_000_000_000) })),
      )
    })
  }
}

test('mongodb fails documents that are refused, and only those', async (context) => {
  const { server, collections } = await startMongodbFake()
  context.after(() => server.remove())
  const template = '{"_id": ${payload.id}, "at": {"$date": "2026-01-01T00:00:00Z"}}'
  const connector = { parameters: { server: `127.0.0.1:${server.port}` }, ...LOGIN }
  const action = {
    connector: 'c',
    parameters: { payload_template: template },
    resource_opts: { batch_time: '50ms' },
  }
  const broker = await startIntegrated(context, [
    { connectors: { mongodb: { c: connector } } },
    { actions: { mongodb: { a: action } } },
    ruleTo('mongodb:a'),
  ])
  await untilStatus(broker, 'action', 'mongodb:a', 'connected')
  const client = await clientOf(context, broker)
  const ids = [1, 2, 1, 3]
  await Promise.all(ids.map((id) => client.publishAsync('t/1', JSON.stringify({ id }), { qos: 1 })))
  await untilCount(broker, 'mongodb:a', 'success', 3)
  await untilCount(broker, 'mongodb:a', 'failed', 1)
  const documents = collections.get('mqtt') ?? []
  assert.deepEqual(
    documents.map(({ _id: id }) => id),
    [1, 2, 3],
  )
  assert.ok(documents.every(({ at }) => at instanceof Date))
})

test('mongodb: what is tried again is there once', async (context) => {
  const fake = await startMongodbFake()
  const { server, collections } = fake
  context.after(() => server.remove())
  const connector = { parameters: { server: `127.0.0.1:${server.port}` }, ...LOGIN }
  const action = {
    connector: 'c',
    parameters: { collection: 'c', payload_template: '${payload}' },
    resource_opts: { batch_size: 2, batch_time: '10s' },
  }
  const broker = await startIntegrated(context, [
    { connectors: { mongodb: { c: connector } } },
    { actions: { mongodb: { a: action } } },
    ruleTo('mongodb:a'),
  ])
  await untilStatus(broker, 'action', 'mongodb:a', 'connected')
  const client = await clientOf(context, broker)
  const unconfirmed = { code: 64, errmsg: 'waiting for replication timed out' }
  const stepDown = { index: 0, code: 11_602, errmsg: 'operation was interrupted' }
  const answers = [
    { n: 2, ok: 1, writeConcernError: unconfirmed },
    { n: 1, ok: 1, writeErrors: [stepDown] },
    { n: 1, ok: 1, writeErrors: [stepDown], writeConcernError: unconfirmed },
    { ok: 0, code: 11_600, errmsg: 'interrupted at shutdown' },
  ]
  let n = 0
  for (const answer of answers) {
    fake.answerAfter = answer
    await Promise.all([
      client.publishAsync('t/1', JSON.stringify({ n: n++ }), { qos: 1 }),
      client.publishAsync('t/1', JSON.stringify({ n: n++, _id: n }), { qos: 1 }),
    ])
    await untilCount(broker, 'mongodb:a', 'success', n)
    assert.equal(fake.answerAfter, undefined)
  }
  const documents = collections.get('c') ?? []
  assert.deepEqual(
    documents.map((document) => document['n']),
    Array.from({ length: n }, (_, index) => index),
  )
  const { metrics } = await readingOf(broker, 'action', 'mongodb:a')
  assert.equal(metrics['failed'], 0)
})
