import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { suite, test, type TestContext } from 'node:test'
import type { TestBroker } from '#app/start-broker.ts'
import type { Plain } from '#config/hocon/value.ts'
import { type S3Fake, S3_LOGIN, startS3Fake } from '../support/servers/s3-fake.ts'
import {
  clientOf,
  publishNumbers,
  startIntegrated,
  until,
  untilCount,
  untilStatus,
} from './support/integration-rig.ts'
import { testSink } from './support/sink-kit.ts'

function keys({ port }: S3Fake) {
  return { host: 'localhost', port, ...S3_LOGIN }
}

testSink({
  type: 's3',
  needs: {},
  start: () => startS3Fake('plant'),
  connector: keys,
  parameters: {
    bucket: 'plant',
    key: 'n/${payload.n} (${clientid}).json',
    content: '${payload.n}',
    acl: 'bucket_owner_full_control',
  },
  numbers: ({ objects }) =>
    [...objects].map(([name, { body, headers }]) => {
      assert.equal(name, `plant/n/${body} (tester).json`)
      assert.equal(headers['x-amz-acl'], 'bucket-owner-full-control')
      return Number(body)
    }),
  wrong: {
    keys: (server) => ({ ...keys(server), secret_access_key: 'wrong' }),
    reason: /SignatureDoesNotMatch.*Check access_key_id/,
  },
})

test('s3 refuses places that are no objects, and only those', async (context) => {
  const server = await startS3Fake('plant')
  context.after(() => server.remove())
  const broker = await start(context, server, { bucket: 'plant', key: '${n}' })
  const client = await clientOf(context, broker)
  for (const n of ['../x', '', 'a//b']) {
    await client.publishAsync('t/1', JSON.stringify({ n }), { qos: 1 })
  }
  await untilCount(broker, 's3:a', 'success', 1)
  await untilCount(broker, 's3:a', 'failed', 2)
  assert.deepEqual([...server.objects.keys()], ['plant/a//b'])
})

const RULE = 'SELECT payload.n as n, clientid, payload as text FROM "t/#"'

/** A broker whose rule sends to S3. */
async function start(
  context: TestContext,
  server: S3Fake,
  parameters: Plain,
  dataDir?: string,
): Promise<TestBroker> {
  const broker = await startIntegrated(
    context,
    [
      {
        connectors: { s3: { c: { ...keys(server), access_method: 'vhost' } } },
      },
      { actions: { s3: { a: { connector: 'c', parameters } } } },
      { rule_engine: { rules: { a: { sql: RULE, actions: ['s3:a'] } } } },
    ],
    dataDir === undefined ? {} : { dataDir },
  )
  await untilStatus(broker, 'action', 's3:a', 'connected')
  return broker
}

suite('the sink s3 that gathers records', () => {
  const aggregated = {
    mode: 'aggregated',
    bucket: 'plant',
    key: '${node}/${action}/${datetime.unix}/${sequence}.csv',
    container: { type: 'csv', column_order: ['n'] },
  }
  /** Bodies of all objects, by their number. */
  const bodies = ({ objects }: S3Fake) =>
    [...objects]
      .map(([name, { body }]) => [Number(/(\d+)\.csv$/.exec(name)?.[1]), body] as const)
      .toSorted(([a], [b]) => a - b)
      .map(([, body]) => body)

  test('uploads CSV when an object has its records', async (context) => {
    const server = await startS3Fake('plant')
    context.after(() => server.remove())
    const aggregation = { max_records: 2, time_interval: '1h' }
    const broker = await start(context, server, { ...aggregated, aggregation })
    const client = await clientOf(context, broker)
    await publishNumbers(client, 0, 4)
    await until('both are there', () => server.objects.size === 2)
    const row = (n: number) => `${n},tester,"{""n"":${n}}"\n`
    assert.deepEqual(bodies(server), [
      `n,clientid,text\n${row(0)}${row(1)}`,
      `n,clientid,text\n${row(2)}${row(3)}`,
    ])
    const [name = ''] = [...server.objects.keys()]
    assert.match(name, /^plant\/[^/]+\/a\/\d{10}\/0\.csv$/)
  })

  test('uploads JSON Lines when their time is over, again when it failed', async (context) => {
    const server = await startS3Fake('plant')
    context.after(() => server.remove())
    const broker = await start(context, server, {
      ...aggregated,
      container: { type: 'json_lines' },
      aggregation: { time_interval: '300ms' },
    })
    server.refusals.push({ status: 503, code: 'SlowDown' })
    const client = await clientOf(context, broker)
    await publishNumbers(client, 0, 3)
    const lines = () => bodies(server).join('').split('\n').slice(0, -1)
    await until('all are there', () => lines().length === 3)
    assert.deepEqual(
      lines().map((line) => JSON.parse(line)),
      [0, 1, 2].map((n) => ({ n, clientid: 'tester', text: `{"n":${n}}` })),
    )
  })

  test('uploads after the next start what a node had gathered', async (context) => {
    const server = await startS3Fake('plant')
    context.after(() => server.remove())
    const dataDir = mkdtempSync(join(tmpdir(), 'tideway-s3-'))
    context.after(() => rmSync(dataDir, { recursive: true, force: true }))
    const first = await start(context, server, aggregated, dataDir)
    const client = await clientOf(context, first)
    await publishNumbers(client, 0, 3)
    await untilCount(first, 's3:a', 'success', 3)
    await first.stop()
    assert.equal(server.objects.size, 0)
    await start(context, server, aggregated, dataDir)
    await until('it is there', () => server.objects.size === 1)
    assert.equal(bodies(server)[0]?.split('\n').length, 5)
  })

  test('uploads what is large in parts', async (context) => {
    const server = await startS3Fake('plant')
    context.after(() => server.remove())
    const aggregation = { max_records: 13, time_interval: '1h' }
    const broker = await start(context, server, {
      ...aggregated,
      container: { type: 'csv', column_order: ['text', 'clientid', 'n'] },
      aggregation,
    })
    const client = await clientOf(context, broker)
    for (let n = 0; n < 13; n++) {
      await client.publishAsync('t/1', JSON.stringify({ n, x: 'x'.repeat(500_000) }), { qos: 1 })
    }
    await until('it is there', () => server.objects.size === 1)
    const [object] = [...server.objects.values()]
    assert.equal(object?.parts, 2)
    const ends = object?.body.split('\n').map((line) => line.split(',').at(-1))
    assert.deepEqual(ends, ['n', ...Array.from({ length: 13 }, (_, n) => String(n)), ''])
  })
})
