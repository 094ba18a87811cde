/** Numbers, charts, alarms and the record of changes over the REST API. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { after, before, describe, it } from 'node:test'
import { connectAsync } from 'mqtt'
import { readVersion } from '#app/version.ts'
import { basic, type ManagedBroker, PASSWORD, startManaged } from './support/managed-broker.ts'

const GRAFANA = new URL('../../docs/grafana/tideway.json', import.meta.url)

describe('numbers', () => {
  let managed: ManagedBroker
  before(async () => {
    managed = await startManaged({ shards: 2, config: 'dashboard.sample_interval = 1s' })
  })
  after(() => managed.stop())

  it('counts under the names of EMQX, per node and as a sum', async () => {
    const body = { topic: 'a', payload: 'x' }
    await managed.call('POST', '/publish', { body })
    const [node] = (await managed.call('GET', '/metrics')).body
    const sum = (await managed.call('GET', '/metrics?aggregate=true')).body
    assert.equal(node.node, 'tideway@127.0.0.1')
    assert.ok(node['messages.publish'] >= 1)
    assert.equal(sum['messages.dropped.no_subscribers'], node['messages.dropped.no_subscribers'])
    assert.equal(sum['retained.stored'], undefined)
    const stats = (await managed.call('GET', '/stats?aggregate=true')).body
    assert.deepEqual([stats['sessions.count'], stats['connections.max']], [0, 0])
  })

  it('names the version of package.json wherever it names one', async () => {
    const version = readVersion()
    const client = await managed.connect('reader')
    const told = new Promise<string>((resolve) => {
      client.on('message', (_, payload) => resolve(payload.toString()))
    })
    await client.subscribeAsync('$SYS/brokers/+/version')
    const [node] = (await managed.call('GET', '/nodes')).body
    const { info } = (await managed.call('GET', '/api-docs/swagger.json')).body
    assert.deepEqual([node.version, info.version, await told], [version, version, version])
    await client.endAsync()
  })

  it('gives Prometheus its text, with the numbers of every shard, without a login', async () => {
    const { status, body, headers } = await managed.call('GET', '/prometheus/stats', { auth: '' })
    assert.equal(status, 200)
    assert.match(headers.get('content-type') ?? '', /^text\/plain/)
    assert.match(body, /^# TYPE emqx_messages_received counter$/m)
    assert.match(body, /^emqx_connections_count 0$/m)
    assert.match(body, /^tideway_shard_messages_received\{shard="1"\} \d+$/m)
    const lag = /^tideway_shard_event_loop_lag_seconds\{shard="0",quantile="0.99"\} [\d.e-]+$/m
    assert.match(body, lag)
    const path = '/prometheus/stats?mode=all_nodes_unaggregated'
    const named = (await managed.call('GET', path, { auth: '' })).body
    assert.match(named, /^emqx_connections_count\{node="tideway@127\.0\.0\.1"\} 0$/m)
    const headersJson = { accept: 'application/json' }
    const json = await managed.call('GET', '/prometheus/stats', { headers: headersJson })
    assert.equal(json.body.emqx_connections_count, 0)
    for (const line of String(body).trimEnd().split('\n')) {
      assert.match(line, /^(?:# (?:TYPE|HELP) \w+|[a-z_0-9]+(?:\{[^}]*\})? -?[\d.e+-]+$)/)
    }
  })

  it('keeps points for charts and tells what happens now', async () => {
    const url = `mqtt://127.0.0.1:${managed.broker.port('tcp:default')}`
    const client = await connectAsync(url, { clientId: 'counted', reconnectPeriod: 0 })
    const points = async () => (await managed.call('GET', '/monitor?latest=60')).body
    const seen = async (): Promise<boolean> => {
      return (await points()).some((point: { connections: number }) => point.connections === 1)
    }
    while (!(await seen())) await new Promise((resolve) => setTimeout(resolve, 100))
    const current = (await managed.call('GET', '/monitor_current')).body
    assert.deepEqual([current.connections, current.live_connections], [1, 1])
    const byShard = async () => (await managed.call('GET', '/monitor/shards?latest=60')).body
    await managed.management.context.shardSampler.sample()
    const [first, second, ...others] = await byShard()
    assert.deepEqual([first.shard, second.shard, others], [0, 1, []])
    assert.equal(first.time_stamp, second.time_stamp)
    assert.equal(first.connections + second.connections, 1)
    await client.publishAsync('counted/by/shard', 'x', { qos: 1 })
    await managed.management.context.shardSampler.sample()
    const received = (await byShard()).map((point: { received: number }) => point.received)
    assert.equal(sum(received) - first.received - second.received, 1)
    await client.endAsync()
    assert.equal((await managed.call('DELETE', '/monitor')).status, 204)
    assert.deepEqual(await byShard(), [])
    assert.ok((await points()).length <= 1)
  })

  it('gives Prometheus the numbers of access control, rules and what they use', async (t) => {
    const { call, connect } = managed
    const done = async (method: string, path: string, body?: unknown): Promise<void> => {
      const { status, body: answer } = await call(method, path, { body })
      assert.ok(status < 300, `${method} ${path}: ${JSON.stringify(answer)}`)
    }
    const authenticator = { mechanism: 'password_based', backend: 'built_in_database' }
    const id = 'password_based:built_in_database'
    await done('POST', '/authentication', authenticator)
    t.after(() => call('DELETE', `/authentication/${id}`))
    await done('POST', `/authentication/${id}/users`, { user_id: 'ann', password: 'b' })
    await done('POST', '/authorization/sources', { type: 'built_in_database' })
    const rules = [{ topic: '#', permission: 'allow', action: 'all' }]
    await done('POST', '/authorization/sources/built_in_database/rules/all', { rules })
    await done('POST', '/banned', { as: 'clientid', who: 'nobody' })
    const http = { type: 'http', name: 'h', url: 'http://127.0.0.1:9', enable: false }
    await done('POST', '/connectors', http)
    const action = { type: 'http', name: 'out', connector: 'h', parameters: {} }
    await done('POST', '/actions', action)
    await done('POST', '/rules', { id: 'r', sql: 'SELECT * FROM "rules/#"', actions: [] })
    const check = { type: 'sql', sql: 'SELECT payload.a WHERE is_num(payload.a)' }
    const validation = {
      name: 'v',
      topics: ['rules/#'],
      failure_action: 'drop',
      strategy: 'all_pass',
    }
    await done('POST', '/schema_validations', { ...validation, checks: [check] })
    const client = await connect('c', { username: 'ann', password: 'b' })
    await client.publishAsync('rules/1', '{"a":1}', { qos: 1 })
    const linesOf = async (page: string): Promise<ReadonlySet<string>> => {
      const { status, body } = await call('GET', `/prometheus/${page}`, { auth: '' })
      assert.equal(status, 200)
      return new Set(String(body).split('\n'))
    }
    for (const [page, lines] of Object.entries({
      auth: [
        `emqx_authn_enable{id="${id}"} 1`,
        `emqx_authn_success{id="${id}"} 1`,
        'emqx_authz_allow{type="built_in_database"} 1',
        'emqx_banned_count 1',
      ],
      data_integration: [
        'emqx_rules_count 1',
        'emqx_rule_matched{id="r"} 1',
        'emqx_rule_actions_failed_out_of_service{id="r"} 0',
        'emqx_connector_enable{id="http:h"} 0',
        'emqx_action_dropped_queue_full{id="http:out"} 0',
        '# TYPE emqx_action_queuing gauge',
      ],
      schema_validation: ['emqx_schema_validation_succeeded{validation_name="v"} 1'],
      message_transformation: [''],
    })) {
      const given = await linesOf(page)
      for (const line of lines) assert.ok(given.has(line), `${line}\n\n${[...given].join('\n')}`)
    }
  })

  it('has every number that the dashboard for Grafana shows', async () => {
    const dashboard = readFileSync(GRAFANA, 'utf8')
    const shown = new Set(dashboard.match(/\b(?:emqx|tideway)_[a-z0-9_]+/g))
    assert.ok(shown.size > 15)
    const { body } = await managed.call('GET', '/prometheus/stats', { auth: '' })
    const given = new Set(Array.from(String(body).matchAll(/^# TYPE (\w+)/gm), ([, name]) => name))
    assert.deepEqual(
      [...shown].filter((name) => !given.has(name)),
      [],
    )
  })

  it('tells load balancers and tools which nodes there are', async () => {
    const name = 'tideway@127.0.0.1'
    const cluster = (await managed.call('GET', '/cluster')).body
    assert.deepEqual(cluster, { name: 'tideway', nodes: [name], self: name })
    const open = await managed.call('GET', '/load_rebalance/availability_check', { auth: '' })
    assert.deepEqual([open.status, open.body], [200, {}])
    assert.match((await managed.call('GET', '/sessions_count?since=0')).body, /^\d+$/)
    assert.equal((await managed.call('POST', '/nodes/other/reload')).status, 404)
  })

  it('asks Prometheus for a login when told so', async (t) => {
    const config = 'prometheus.enable_basic_auth = true'
    const closed = await startManaged({ config })
    t.after(() => closed.stop())
    assert.equal((await closed.call('GET', '/prometheus/stats', { auth: '' })).status, 401)
    assert.equal((await closed.call('GET', '/prometheus/stats')).status, 200)
  })
})

describe('the record of changes', () => {
  it('says who changed what, with which result, and no secrets', async (t) => {
    const managed = await startManaged()
    t.after(() => managed.stop())
    const user = { username: 'eve', password: 'a-secret-7', role: 'viewer' }
    await managed.call('POST', '/users', { body: user })
    await managed.call('POST', '/users', { body: user })
    await managed.call('DELETE', '/clients/none')
    await managed.call('GET', '/clients')
    // Strangers may try as often as they like, without filling the records.
    for (const auth of ['', basic('no-key', 'no-secret'), 'Bearer none']) {
      assert.equal((await managed.call('DELETE', '/clients/none', { auth })).status, 401)
    }
    const key = { name: 'reader', role: 'viewer' }
    const { api_key: id, api_secret: secret } = (
      await managed.call('POST', '/api_key', { body: key })
    ).body
    const refused = await managed.call('DELETE', '/clients/none', { auth: basic(id, secret) })
    assert.equal(refused.status, 403)
    const { body } = await managed.call('GET', '/audit')
    const told = body.data.map((one: Record<string, unknown>) => {
      return [one['source'], one['http_method'], one['operation_id'], one['http_status_code']]
    })
    assert.deepEqual(told, [
      ['reader', 'delete', '/clients/{clientid}', 403],
      ['admin', 'post', '/api_key', 200],
      ['admin', 'delete', '/clients/{clientid}', 404],
      ['admin', 'post', '/users', 409],
      ['admin', 'post', '/users', 200],
      ['', 'post', '/login', 200],
    ])
    assert.equal(body.data[0].operation_result, 'failure')
    assert.deepEqual(body.data[0].http_request.bindings, { clientid: 'none' })
    const whole = JSON.stringify(body)
    assert.ok(!whole.includes('a-secret-7') && !whole.includes(PASSWORD), whole)
    const failed = await managed.call('GET', '/audit?operation_result=failure&source=admin')
    assert.equal(failed.body.data.length, 2)
    const none = await managed.call('GET', `/audit?gte_created_at=${Date.now() + 60_000}`)
    assert.deepEqual(none.body.data, [])
  })
})

describe('alarms', () => {
  it('are active, are ended, and are forgotten', async (t) => {
    const managed = await startManaged()
    t.after(() => managed.stop())
    const url = `mqtt://127.0.0.1:${managed.broker.port('tcp:default')}`
    const client = await connectAsync(url, { reconnectPeriod: 0 })
    const topics: string[] = []
    client.on('message', (topic) => topics.push(topic.split('/').slice(-2).join('/')))
    await client.subscribeAsync('$SYS/brokers/+/alarms/#')
    const { alarms } = managed.management.context
    alarms.set('too_warm', true, 'It is 99 degrees.', { degrees: 99 })
    alarms.set('too_warm', true, 'It is 99 degrees.', { degrees: 99 })
    const active = (await managed.call('GET', '/alarms')).body
    assert.equal(active.meta.count, 1)
    assert.equal(active.data[0].name, 'too_warm')
    assert.deepEqual(active.data[0].details, { degrees: 99 })
    const path = '/alarms/force_deactivate'
    const body = { name: 'too_warm' }
    assert.equal((await managed.call('POST', path, { body })).status, 204)
    assert.equal((await managed.call('POST', path, { body })).status, 404)
    assert.deepEqual((await managed.call('GET', '/alarms?activated=true')).body.data, [])
    const ended = (await managed.call('GET', '/alarms?activated=false')).body
    assert.equal(ended.data[0].name, 'too_warm')
    assert.ok(ended.data[0].deactivate_at >= ended.data[0].activate_at)
    await managed.call('DELETE', '/alarms')
    assert.deepEqual((await managed.call('GET', '/alarms?activated=false')).body.data, [])
    await client.publishAsync('$SYS/none', '') // Behind what the alarms sent.
    assert.deepEqual(topics, ['alarms/activate', 'alarms/deactivate'])
    await client.endAsync()
  })
})

function sum(numbers: readonly number[]): number {
  return numbers.reduce((all, one) => all + one, 0)
}
