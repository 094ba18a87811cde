/** Rules by REST: made, changed, tried, watched, kept; with real clients. */
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { connectAsync, type MqttClient } from 'mqtt'
import { type ManagedBroker, startManaged } from './support/managed-broker.ts'

const HOT = {
  id: 'hot',
  name: 'too hot',
  sql: 'SELECT payload.t AS t, clientid FROM "sensors/+" WHERE payload.t > 80 AND qos = 1',
  actions: [{ function: 'republish', args: { topic: 'alarms/${clientid}', payload: '${t}' } }],
  description: 'watches the oven',
  metadata: { plant: 3, tags: ['a', 'b'] },
}

async function connect(managed: ManagedBroker, clientId: string): Promise<MqttClient> {
  const url = `mqtt://127.0.0.1:${managed.broker.port('tcp:default')}`
  return connectAsync(url, { clientId, protocolVersion: 5, reconnectPeriod: 0 })
}

/** The next message for a client. */
function nextOf(client: MqttClient): Promise<readonly [string, string]> {
  return new Promise((resolve) => {
    client.once('message', (topic, payload) => resolve([topic, payload.toString()]))
  })
}

async function tryBridge(managed: ManagedBroker): Promise<void> {
  const sql = 'SELECT * FROM "$bridges/mqtt:in"'
  for (const context of [{ event_type: 'bridge_mqtt', qos: 2 }, { qos: 2 }]) {
    const { body } = await managed.call('POST', '/rule_test', { body: { sql, context } })
    const { metadata, node, timestamp, event, ...columns } = body
    assert.equal(event, '$bridges/mqtt:in')
    assert.deepEqual(
      [metadata.rule_id, typeof node, typeof timestamp],
      ['sql_tester', 'string', 'number'],
    )
    assert.deepEqual(Object.keys(columns).toSorted(), [
      'dup',
      'id',
      'message_received_at',
      'payload',
      'pub_props',
      'qos',
      'retain',
      'server',
      'topic',
    ])
    assert.equal(columns.qos, 2)
  }
}

async function readEvents(managed: ManagedBroker): Promise<void> {
  const { body } = await managed.call('GET', '/rule_events')
  for (const { event, title, description } of body) {
    for (const { en, zh } of [title, description]) {
      assert.match(en, /^[\x20-\x7e]+$/)
      assert.match(zh, /\p{Script=Han}/u, event)
    }
  }
}

describe('rules', () => {
  let managed: ManagedBroker
  let device: MqttClient
  before(async () => {
    managed = await startManaged({ shards: 2 })
    device = await connect(managed, 'device')
  })
  after(async () => {
    await device.endAsync(true)
    await managed.stop()
  })

  it('run as soon as they are made, change at once, and end', async () => {
    const made = await managed.call('POST', '/rules', { body: HOT })
    assert.equal(made.status, 201, JSON.stringify(made.body))
    const { created_at, last_modified_at, ...shown } = made.body
    const defaults = { qos: '${qos}', retain: '${retain}', direct_dispatch: false }
    const properties = { user_properties: '${user_properties}', mqtt_properties: {} }
    const args = { ...HOT.actions[0]?.args, ...defaults, ...properties }
    const actions = [{ function: 'republish', args }]
    const off = { dead_letter_topic: '', wait_for_actions: false }
    const rest = { from: ['sensors/+'], enable: true, ...off }
    assert.deepEqual(shown, { ...HOT, actions, ...rest })
    assert.equal(created_at, last_modified_at)
    const again = await managed.call('POST', '/rules', { body: HOT })
    assert.deepEqual([again.status, again.body.code], [400, 'ALREADY_EXISTS'])
    await device.subscribeAsync('alarms/#', { qos: 1 })
    let next = nextOf(device)
    await device.publishAsync('sensors/1', '{"t": 81.5}', { qos: 1 })
    assert.deepEqual(await next, ['alarms/device', '81.5'])
    const changed = { ...made.body, sql: 'SELECT 1 AS t, clientid FROM "other"', metadata: {} }
    const put = await managed.call('PUT', '/rules/hot', { body: changed })
    assert.deepEqual([put.status, put.body.from, put.body.metadata], [200, ['other'], {}])
    assert.equal(put.body.created_at, created_at)
    next = nextOf(device)
    await device.publishAsync('sensors/1', '{"t": 99}', { qos: 1 })
    await device.publishAsync('other', 'x', { qos: 1 })
    assert.deepEqual(await next, ['alarms/device', '1'])
    assert.equal((await managed.call('DELETE', '/rules/hot')).status, 204)
    assert.equal((await managed.call('GET', '/rules/hot')).status, 404)
    assert.deepEqual(await managed.broker.node.rules.counters(), {})
  })

  it('are refused with what is wrong and where', async () => {
    const wrong = { ...HOT, sql: 'SELECT uper(topic) FROM "a"' }
    const { status, body } = await managed.call('POST', '/rules', { body: wrong })
    assert.equal(status, 400)
    assert.match(body.message, /body\.sql: 1:8: .*did you mean upper/)
    const action = { ...HOT, actions: [{ function: 'republish', args: { topik: 'x' } }] }
    const refused = await managed.call('POST', '/rules', { body: action })
    assert.equal(refused.status, 400)
    assert.match(refused.body.message, /topik/)
    const found = await managed.call('POST', '/rule_check', { body: { sql: 'SELECT FROM\n "a"' } })
    const [problem] = found.body.problems
    assert.deepEqual([problem.line, problem.column, problem.start], [1, 8, 7])
    assert.equal((await managed.call('GET', '/rules')).body.meta.count, 0)
  })

  it('are found by their fields', async () => {
    const rules = [
      { id: 'a1', sql: 'SELECT * FROM "t/1"', actions: ['http:a'], description: 'one' },
      { id: 'a2', sql: 'SELECT * FROM "t/2", "$events/client_connected"', enable: false },
      { id: 'b1', sql: 'SELECT * FROM "$bridges/mqtt:in"', actions: [{ function: 'console' }] },
    ]
    for (const body of rules) await managed.call('POST', '/rules', { body })
    const idsOf = async (query: string): Promise<readonly string[]> => {
      const { status, body } = await managed.call('GET', `/rules?${query}`)
      assert.equal(status, 200, JSON.stringify(body))
      return body.data.map(({ id }: { id: string }) => id)
    }
    assert.deepEqual(await idsOf(''), ['a1', 'a2', 'b1'])
    assert.deepEqual(await idsOf('enable=false'), ['a2'])
    assert.deepEqual(await idsOf('like_id=a'), ['a1', 'a2'])
    assert.deepEqual(await idsOf('from=t%2F2'), ['a2'])
    assert.deepEqual(await idsOf('like_from=events'), ['a2'])
    assert.deepEqual(await idsOf('match_from=t%2F%2B'), ['a1', 'a2'])
    assert.deepEqual(await idsOf('like_description=ne'), ['a1'])
    assert.deepEqual(await idsOf('action=http:a&action=console'), ['a1', 'b1'])
    assert.deepEqual(await idsOf('source=mqtt:in'), ['b1'])
    assert.deepEqual(await idsOf('page=2&limit=2'), ['b1'])
    for (const { id } of rules) await managed.call('DELETE', `/rules/${id}`)
  })

  it('count what they did, until it is set to zero', async () => {
    await managed.call('POST', '/rules', { body: HOT })
    for (const t of [20, 90, 91]) {
      await device.publishAsync('sensors/1', JSON.stringify({ t }), { qos: 1 })
    }
    const { body } = await managed.call('GET', '/rules/hot/metrics')
    const expected = {
      matched: 3,
      passed: 2,
      failed: 1,
      'failed.no_result': 1,
      'failed.unknown': 1,
      'failed.exception': 0,
      'actions.total': 2,
      'actions.success': 2,
      'actions.failed': 0,
    }
    for (const [name, value] of Object.entries(expected)) {
      assert.equal(body.metrics[name], value, name)
    }
    const { node, metrics } = body.node_metrics[0]
    assert.deepEqual([node, typeof metrics['matched.rate.last5m']], ['tideway@127.0.0.1', 'number'])
    assert.equal((await managed.call('PUT', '/rules/hot/metrics/reset')).status, 204)
    assert.equal((await managed.call('GET', '/rules/hot/metrics')).body.metrics.matched, 0)
    await managed.call('DELETE', '/rules/hot')
  })

  it('are tried on a sample, with what their actions would send', async () => {
    await managed.call('POST', '/rules', { body: { ...HOT, enable: false } })
    const sample = { clientid: 'c1', topic: 'sensors/1', payload: '{"t": 95}', qos: 1 }
    const context = { event_type: 'message_publish', ...sample }
    const tried = await managed.call('POST', '/rules/hot/test', { body: { context } })
    assert.equal(tried.status, 200, JSON.stringify(tried.body))
    assert.deepEqual(tried.body.result, [{ t: 95, clientid: 'c1' }])
    const steps = tried.body.trace.map(({ step }: { step: string }) => step)
    assert.deepEqual(steps, ['matched', 'output', 'action_rendered'])
    const { rendered } = tried.body.trace[2].fields
    const { topic, payload } = JSON.parse(rendered)
    assert.deepEqual([topic, payload], ['alarms/c1', '95'])
    const next = nextOf(device)
    const body = { context, stop_action_after_template_rendering: false }
    const sent = await managed.call('POST', '/rules/hot/test', { body })
    assert.equal(sent.body.trace.at(-1).step, 'action_succeeded')
    assert.deepEqual(await next, ['alarms/c1', '95'])
    const cold = { context: { ...context, payload: '{"t": 3}' } }
    const none = await managed.call('POST', '/rules/hot/test', { body: cold })
    assert.deepEqual([none.status, none.body.code], [412, 'NOT_MATCH'])
    assert.match(none.body.message, /payload\.t > 80.*"payload\.t":3/)
    const { metrics } = (await managed.call('GET', '/rules/hot/metrics')).body
    assert.equal(metrics.matched, 0)
    await managed.call('DELETE', '/rules/hot')
  })

  it('leave a trace while somebody watches: why a message did not match or failed', async () => {
    const rule = { ...HOT, sql: `${HOT.sql} AND int(payload.n) > 0` }
    await managed.call('POST', '/rules', { body: rule })
    const watch = async (position: number) =>
      (await managed.call('GET', `/rules/hot/trace?position=${position}`)).body
    assert.deepEqual(await watch(0), { items: [], position: 0 })
    const send = (payload: string, qos: 0 | 1) => device.publishAsync('sensors/7', payload, { qos })
    await send('{"t": 90, "n": 1}', 0)
    await send('{"t": 90, "n": "x"}', 1)
    await send('{"t": 90, "n": 1}', 1)
    const { items, position } = await watch(0)
    const lines = items.map(({ step, fields }: { step: string; fields: Record<string, string> }) =>
      [step, fields.condition ?? fields.reason ?? ''].join(' ').trim(),
    )
    assert.deepEqual(
      lines.filter((line: string) => line !== 'matched'),
      [
        'no_result qos = 1',
        'sql_failed int takes a number or the text of one, not "x"',
        'output',
        'action_succeeded',
      ],
    )
    assert.equal(items[0].fields.payload, '{"t": 90, "n": 1}')
    await send('{"t": 1}', 1)
    const more = await watch(position)
    assert.deepEqual(
      more.items.map(({ step }: { step: string }) => step),
      ['matched', 'no_result'],
    )
    await managed.call('DELETE', '/rules/hot')
  })

  it('have settings that are changed at once', async () => {
    const body = { ignore_sys_message: false, jq_function_default_timeout: '5s' }
    const { status, body: shown } = await managed.call('PUT', '/rule_engine', { body })
    assert.deepEqual([status, shown], [200, body])
    const rule = { id: 'sys', sql: `SELECT * FROM "$SYS/#"` }
    await managed.call('POST', '/rules', { body: rule })
    const topic = '$SYS/brokers/x/y'
    const { status: published } = await managed.call('POST', '/publish', {
      body: { topic, payload: 'x' },
    })
    assert.ok([200, 202].includes(published))
    const matched = async () =>
      (await managed.call('GET', '/rules/sys/metrics')).body.metrics.matched
    assert.equal(await matched(), 1)
    await managed.call('PUT', '/rule_engine', { body: { ignore_sys_message: true } })
    await managed.call('POST', '/publish', { body: { topic, payload: 'x' } })
    assert.equal(await matched(), 1)
    await managed.call('DELETE', '/rules/sys')
  })
})

it('rules are tested as statements before they exist', async (t) => {
  const managed = await startManaged()
  t.after(() => managed.stop())
  const sql = 'SELECT upper(topic) AS up FROM "a/#" WHERE qos = 2'
  const context = { event_type: 'message_publish', topic: 'a/b', qos: 2 }
  const { status, body } = await managed.call('POST', '/rule_test', { body: { sql, context } })
  assert.deepEqual([status, body], [200, { up: 'A/B' }])
  const less = { sql, context: { ...context, qos: 0 } }
  const none = await managed.call('POST', '/rule_test', { body: less })
  assert.deepEqual([none.status, none.body.code], [412, 'NOT_MATCH'])
  const wrong = { sql: 'SELEC', context }
  assert.equal((await managed.call('POST', '/rule_test', { body: wrong })).status, 400)
  await tryBridge(managed)
  await readEvents(managed)
})

it('the console takes an empty list of arguments, as clients of EMQX send it', async (t) => {
  const managed = await startManaged()
  t.after(() => managed.stop())
  const actions = [{ function: 'console', args: {} }]
  const body = { id: 'shown', sql: 'SELECT * FROM "unread"', actions }
  const made = await managed.call('POST', '/rules', { body })
  assert.deepEqual([made.status, made.body.actions], [201, [{ function: 'console' }]])
  const wrong = [{ function: 'console', args: { topic: 'a' } }]
  const put = await managed.call('PUT', '/rules/shown', { body: { ...body, actions: wrong } })
  assert.equal(put.status, 400)
  assert.equal((await managed.call('DELETE', '/rules/shown')).status, 204)
})

it('rules that were made by REST are there after a restart', async () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'tideway-rules-'))
  const first = await startManaged({ dataDir })
  await first.call('POST', '/rules', { body: HOT })
  await first.call('POST', '/rules', { body: { ...HOT, id: 'gone' } })
  await first.call('DELETE', '/rules/gone')
  const before = (await first.call('GET', '/rules')).body
  await first.stop()
  const second = await startManaged({ dataDir })
  assert.deepEqual((await second.call('GET', '/rules')).body, before)
  await second.stop()
  rmSync(dataDir, { recursive: true })
})

it('schemas are used by rules as soon as they are made, and anew when they change', async (t) => {
  const managed = await startManaged()
  const device = await connect(managed, 'device')
  t.after(async () => {
    await device.endAsync(true)
    await managed.stop()
  })
  const proto = (field: string) => `syntax = "proto3"; message M { int32 ${field} = 1; }`
  const schema = { name: 'm', type: 'protobuf', source: proto('t') }
  const made = await managed.call('POST', '/schema_registry', { body: schema })
  assert.deepEqual([made.status, made.body], [201, { ...schema, description: '' }])
  const wrong = { ...schema, name: 'w', source: 'message' }
  const refused = await managed.call('POST', '/schema_registry', { body: wrong })
  assert.equal(refused.status, 400)
  assert.match(refused.body.message, /cannot be used: the Protobuf schema is wrong/)
  const sql = `SELECT schema_decode('m', payload, 'M') AS m FROM "in"`
  const actions = [{ function: 'republish', args: { topic: 'out', payload: '${m}' } }]
  await managed.call('POST', '/rules', { body: { id: 'r', sql, actions } })
  await device.subscribeAsync('out')
  let next = nextOf(device)
  await device.publishAsync('in', Buffer.from([8, 36]))
  assert.deepEqual(await next, ['out', '{"t":36}'])
  const changed = { type: 'protobuf', source: proto('u') }
  assert.equal((await managed.call('PUT', '/schema_registry/m', { body: changed })).status, 200)
  next = nextOf(device)
  await device.publishAsync('in', Buffer.from([8, 36]))
  assert.deepEqual(await next, ['out', '{"u":36}'])
})
