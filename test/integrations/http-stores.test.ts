/** Systems that are spoken to by HTTP, against stand-ins that take what documents describe. */
import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import type { Plain } from '#config/hocon/value.ts'
import { launchHttp, type ReceivedRequest } from '../support/servers/local-server.ts'
import { clientOf, ruleTo, startIntegrated, untilCount } from './support/integration-rig.ts'

/** What a stand-in answers: status and body. */
type Answer = readonly [status: number, body: string]

interface Trial {
  readonly type: string
  readonly connector: (port: number) => Plain
  readonly parameters: Plain
  readonly payloads?: readonly string[]
  readonly answer?: (request: ReceivedRequest) => Answer
  readonly success?: number
}

/** Sends payloads as one batch; gives the requests that write. */
async function requestsOf(context: TestContext, trial: Trial, isWrite: RegExp) {
  const requests: ReceivedRequest[] = []
  const server = await launchHttp((request, response) => {
    const [status, body] = trial.answer?.(request) ?? [200, '{}']
    if (isWrite.test(`${request.url} ${request.body}`)) requests.push(request)
    response.statusCode = status
    response.end(body)
  })
  context.after(() => server.remove())
  const { type, parameters, payloads = ['{"v":1}', '{"v":2.5,"s":"it\'s \\\\ \\"x\\""}'] } = trial
  const resource_opts = { batch_time: '200ms', worker_pool_size: 1 }
  const broker = await startIntegrated(context, [
    { connectors: { [type]: { c: trial.connector(server.port) } } },
    { actions: { [type]: { a: { connector: 'c', parameters, resource_opts } } } },
    ruleTo(`${type}:a`),
  ])
  const client = await clientOf(context, broker, 'dev')
  for (const payload of payloads) await client.publishAsync('t/1', payload, { qos: 1 })
  const count = trial.success ?? payloads.length
  const { metrics } = await untilCount(broker, `${type}:a`, 'success', count)
  return { requests, metrics, broker }
}

function basic(text: string): string {
  return `Basic ${Buffer.from(text).toString('base64')}`
}

test('clickhouse: rows of a batch in one statement, values quoted', async (context) => {
  const { requests } = await requestsOf(
    context,
    {
      type: 'clickhouse',
      connector: (port) => ({ url: `http://127.0.0.1:${port}`, database: 'd', password: 'p' }),
      parameters: {
        sql: "INSERT INTO t (c, v, s) VALUES ('${clientid}', ${payload.v}, ${payload.s})",
      },
    },
    /INSERT/,
  )
  assert.equal(requests.length, 1)
  const [request] = requests
  assert.equal(request?.url, '/?database=d')
  assert.equal(request.headers['x-clickhouse-user'], 'default')
  assert.equal(request.headers['x-clickhouse-key'], 'p')
  assert.equal(
    request.body,
    String.raw`INSERT INTO t (c, v, s) VALUES ('dev', 1, NULL), ('dev', 2.5, 'it\'s \\ "x"')`,
  )
})

test('tdengine: rows of a batch in one statement, failures have status 200', async (context) => {
  let isFirst = true
  const { requests, metrics } = await requestsOf(
    context,
    {
      type: 'tdengine',
      connector: (port) => ({ server: `127.0.0.1:${port}`, password: 'taosdata' }),
      parameters: { database: 'd', sql: 'INSERT INTO t VALUES (${timestamp}, ${payload.v})' },
      payloads: ['{"v":1}', '{"v":2}'],
      answer: ({ body }) => {
        if (!body.startsWith('INSERT') || !isFirst) return [200, '{"code":0}']
        isFirst = false
        return [200, '{"code":11,"desc":"Unable to establish connection"}']
      },
    },
    /INSERT/,
  )
  const [first, second] = requests
  assert.equal(first?.url, '/rest/sql/d')
  assert.equal(first.headers.authorization, basic('root:taosdata'))
  assert.match(first.body, /^INSERT INTO t VALUES \(\d{13}, 1\) \(\d{13}, 2\)$/)
  assert.equal(second?.body, first.body)
  assert.equal(metrics['retried.success'], 2)
})

test('elasticsearch: one _bulk request, each item has its own fate', async (context) => {
  let isFirst = true
  const { requests, broker } = await requestsOf(
    context,
    {
      type: 'elasticsearch',
      connector: (port) => ({
        server: `127.0.0.1:${port}`,
        authentication: { username: 'u', password: 'p' },
      }),
      parameters: {
        action: 'create',
        index: 'i-${clientid}',
        id: '${payload.v}',
        doc: '${payload}',
      },
      payloads: ['{"v":1}', '{"v":2}'],
      success: 1,
      answer: ({ url }) => {
        if (url !== '/_bulk') return [200, '{}']
        if (isFirst) {
          isFirst = false
          return [200, 'It starts.'] // A proxy in front of it.
        }
        const refused = { type: 'mapper_parsing_exception', reason: 'no' }
        const items = [{ index: { status: 201 } }, { index: { status: 400, error: refused } }]
        return [200, JSON.stringify({ errors: true, items })]
      },
    },
    /_bulk/,
  )
  assert.equal(requests.length, 2)
  assert.equal(requests[0]?.headers.authorization, basic('u:p'))
  assert.deepEqual(requests[0].body.split('\n'), [
    '{"index":{"_index":"i-dev","_id":"1"}}',
    '{"v":1}',
    '{"index":{"_index":"i-dev","_id":"2"}}',
    '{"v":2}',
    '',
  ])
  await untilCount(broker, 'elasticsearch:a', 'failed', 1)
})

test('opents: points of a batch in one request', async (context) => {
  const point = { metric: 'm', tags: '${tags}', value: '${payload.v}', timestamp: '${timestamp}' }
  const { requests } = await requestsOf(
    context,
    {
      type: 'opents',
      connector: (port) => ({ server: `http://127.0.0.1:${port}` }),
      parameters: { data: [point] },
      payloads: ['{"v":1}', '{"v":2}'],
    },
    /api\/put/,
  )
  assert.equal(requests[0]?.url, '/api/put?summary')
  const points = JSON.parse(requests[0].body) as { metric: string; value: number }[]
  assert.deepEqual(
    points.map(({ metric, value }) => [metric, value]),
    [
      ['m', 1],
      ['m', 2],
    ],
  )
})

const LINES = { write_syntax: 'm,c=${clientid} v=${payload.v},s="${payload.s}"' }
const WRITTEN = 'm,c=dev v=1\nm,c=dev v=2.5,s="it\'s \\\\ \\"x\\""'

test('greptimedb: lines by its InfluxDB API', async (context) => {
  const { requests } = await requestsOf(
    context,
    {
      type: 'greptimedb',
      connector: (port) => ({ server: `127.0.0.1:${port}`, username: 'u', password: 'p' }),
      parameters: LINES,
    },
    /write\S* m,/,
  )
  assert.equal(requests[0]?.url, '/v1/influxdb/write?db=public&precision=ms')
  assert.equal(requests[0].headers.authorization, basic('u:p'))
  assert.equal(requests[0].body, WRITTEN)
})

test('datalayers: lines by its InfluxDB API', async (context) => {
  const { requests } = await requestsOf(
    context,
    {
      type: 'datalayers',
      connector: (port) => ({ server: `127.0.0.1:${port}`, parameters: { database: 'd' } }),
      parameters: LINES,
    },
    /write\S* m,/,
  )
  assert.equal(requests[0]?.url, '/write?db=d&precision=ms')
  assert.equal(requests[0].body, WRITTEN)
})

test('influxdb: the API of version 2 takes a token', async (context) => {
  const parameters = { influxdb_type: 'influxdb_api_v2', bucket: 'b', org: 'o', token: 'secret' }
  const { requests } = await requestsOf(
    context,
    {
      type: 'influxdb',
      connector: (port) => ({ server: `127.0.0.1:${port}`, parameters }),
      parameters: { ...LINES, precision: 'ns' },
    },
    /write\S* m,/,
  )
  assert.equal(requests[0]?.url, '/api/v2/write?bucket=b&org=o&precision=ns')
  assert.equal(requests[0].headers.authorization, 'Token secret')
  assert.equal(requests[0].body, WRITTEN)
})

test('couchbase: a statement per record, with parameters; failures in answers', async (context) => {
  const { requests, metrics } = await requestsOf(
    context,
    {
      type: 'couchbase',
      connector: (port) => ({ server: `127.0.0.1:${port}`, username: 'u', password: 'p' }),
      parameters: {
        sql: 'INSERT INTO plant (KEY, VALUE) VALUES (${clientid}, DECODE_JSON(${payload}))',
      },
      payloads: ['{"v":1}', 'no JSON', '{"v":3}'],
      answer: ({ body }) =>
        body.includes('no JSON')
          ? [200, '{"status":"errors","errors":[{"code":5011,"msg":"bad"}]}']
          : [200, '{"status":"success"}'],
      success: 2,
    },
    /INSERT/,
  )
  assert.deepEqual(
    requests.map(({ url, headers, body }) => [url, headers.authorization, JSON.parse(body)]),
    ['{"v":1}', 'no JSON', '{"v":3}'].map((payload) => [
      '/query/service',
      basic('u:p'),
      {
        statement: 'INSERT INTO plant (KEY, VALUE) VALUES ($1, DECODE_JSON($2))',
        args: ['dev', payload],
      },
    ]),
  )
  assert.equal(metrics['failed'], 1)
})

for (const version of ['v1.3.x', 'v1.0.x']) {
  test(`iotdb ${version}: values with their types, rows of a batch`, async (context) => {
    let isFirst = true
    const { requests, metrics } = await requestsOf(
      context,
      {
        type: 'iotdb',
        connector: (port) => ({
          base_url: `http://127.0.0.1:${port}`,
          iotdb_version: version,
          authentication: { password: 'root' },
        }),
        parameters: {
          device_id: 'root.plant.${clientid}',
          is_aligned: true,
          data: [
            {
              timestamp: '${payload.at}',
              measurement: 'v',
              data_type: 'FLOAT',
              value: '${payload.v}',
            },
          ],
        },
        payloads: ['{"v":1,"at":10}', '{"v":"warm","at":11}', '{"v":2.5,"at":12}'],
        answer({ url }) {
          if (url === '/rest/v2/query') return [200, '{}']
          const isRefused = isFirst
          isFirst = false
          // It is starting.
          if (isRefused) return [200, '{"code":301,"message":"INTERNAL_SERVER_ERROR"}']
          return [200, '{"code":200,"message":"SUCCESS_STATUS"}']
        },
        success: 2,
      },
      /insert/,
    )
    assert.equal(metrics['failed'], 1)
    const sent = requests.slice(1).map(({ url, body }) => [url, JSON.parse(body)])
    const tablet = (at: number, value: number) => [
      '/rest/v2/insertTablet',
      {
        timestamps: [at],
        measurements: ['v'],
        data_types: ['FLOAT'],
        values: [[value]],
        is_aligned: true,
        device: 'root.plant.dev',
      },
    ]
    const many = {
      timestamps: [10, 12],
      devices: ['root.plant.dev', 'root.plant.dev'],
      measurements_list: [['v'], ['v']],
      data_types_list: [['FLOAT'], ['FLOAT']],
      values_list: [[1], [2.5]],
      is_aligned: true,
    }
    const expected =
      version === 'v1.0.x' ? [tablet(10, 1), tablet(12, 2.5)] : [['/rest/v2/insertRecords', many]]
    assert.deepEqual(sent, expected)
    assert.equal(requests[0]?.headers.authorization, basic('root:root'))
  })
}
