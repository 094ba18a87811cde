/** Every event that rules can read, caused by real clients. */
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import type { TestContext } from 'node:test'
import { EVENT_SOURCES } from '#streams/rules/event-sources.ts'
import { connectTo, inboxOf, republish, ruleOf, startRules } from './support/rule-fixture.ts'

type Event = Readonly<Record<string, unknown>>

/** A broker whose rule reports these events of the client `device`; the function waits for one. */
async function watch(context: TestContext, events: string, more = '', config = '') {
  const broker = await startRules(context, { config })
  const watcher = await connectTo(context, broker, { clientId: 'watcher' })
  const next = await inboxOf(watcher, 'seen')
  const sql = `SELECT * FROM ${events} WHERE clientid = 'device' ${more}`
  await broker.node.rules.put(ruleOf('r', sql, [republish('seen', { payload: '', qos: '1' })]))
  return { broker, next: async () => JSON.parse((await next()).text) as Event }
}

/** Fails unless the event has every column of its sample. */
function checkColumns(event: Event): void {
  const source = EVENT_SOURCES.find((one) => one.event === event.event)
  const missing = Object.keys(source?.sample ?? { unknown: 1 }).filter((name) => !(name in event))
  assert.deepEqual(missing, [], String(event.event))
}

test('client.connack, connected, authentication and disconnected have all columns', async (t) => {
  const { broker, next } = await watch(t, '"$events/client/+", "$events/auth/check_authn_complete"')
  const device = await connectTo(t, broker, { clientId: 'device', username: 'u', password: 'p' })
  const events = [await next(), await next(), await next()]
  for (const event of events) checkColumns(event)
  const names = events.map(({ event }) => event)
  assert.deepEqual(names, ['client.check_authn_complete', 'client.connack', 'client.connected'])
  assert.equal(events[1]?.reason_code, 'success')
  assert.equal(events[2]?.proto_ver, 5)
  assert.match(String(events[2]?.sockname), /^127\.0\.0\.1:\d+$/)
  await device.endAsync()
  checkColumns(await next())
})

test('session.subscribed, unsubscribed and authorization have all columns', async (t) => {
  const { broker, next } = await watch(
    t,
    '"$events/session/+", "$events/client_check_authz_complete"',
  )
  const device = await connectTo(t, broker, { clientId: 'device', username: 'u' })
  await device.subscribeAsync('a/+', { qos: 1, properties: { userProperties: { k: 'v' } } })
  const asked = await next()
  checkColumns(asked)
  assert.deepEqual([asked.action, asked.result, asked.topic], ['subscribe', 'allow', 'a/+'])
  const subscribed = await next()
  checkColumns(subscribed)
  assert.deepEqual((subscribed.sub_props as Event)['User-Property'], { k: 'v' })
  await device.unsubscribeAsync('a/+')
  const gone = await next()
  assert.deepEqual([gone.event, gone.topic], ['session.unsubscribed', 'a/+'])
})

test('message.delivered, acked and dropped have all columns', async (t) => {
  const { broker, next } = await watch(t, '"$events/message/+"')
  const device = await connectTo(t, broker, { clientId: 'device', username: 'u' })
  await device.subscribeAsync('a', { qos: 1 })
  await device.publishAsync('a', '{"x":1}', { qos: 1 })
  const delivered = await next()
  checkColumns(delivered)
  assert.deepEqual([delivered.event, delivered.from_username], ['message.delivered', 'u'])
  const acked = await next()
  checkColumns(acked)
  assert.deepEqual([acked.event, acked.id], ['message.acked', delivered.id])
  await device.publishAsync('nobody', 'x', { qos: 1 })
  const dropped = await next()
  checkColumns(dropped)
  assert.deepEqual([dropped.event, dropped.reason], ['message.dropped', 'no_subscribers'])
})

test('the event of an authorization says what has decided', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'tideway-acl-'))
  t.after(() => rmSync(folder, { recursive: true }))
  const path = join(folder, 'acl.conf')
  writeFileSync(path, '{deny, {clientid, "device"}, publish, ["closed"]}.')
  const authorization = `authorization {
    no_match = allow
    sources = [{ type = file, path = "${path}" }]
  }`
  const decided = '"$events/client_check_authz_complete"'
  const { broker, next } = await watch(t, decided, '', authorization)
  const device = await connectTo(t, broker, { clientId: 'device' })
  for (const topic of ['closed', 'closed', 'open']) await device.publishAsync(topic, 'x')
  const sources: unknown[] = []
  for (let n = 0; n < 3; n++) {
    const { topic, result, authz_source: source } = await next()
    sources.push([topic, result, source])
  }
  assert.deepEqual(sources, [
    ['closed', 'deny', 'file'],
    ['closed', 'deny', 'cache'],
    ['open', 'allow', 'default'],
  ])
})

test('alarms are events of one shard', async (t) => {
  const broker = await startRules(t, { shards: 2 })
  const watcher = await connectTo(t, broker)
  const next = await inboxOf(watcher, 'seen')
  const action = republish('seen', { payload: '', qos: '1' })
  await broker.node.rules.put(ruleOf('r', 'SELECT * FROM "$events/sys/+"', [action]))
  const alarm = { name: 'a', message: 'm', details: { x: 1 }, activated_at: 5 }
  await broker.node.rules.happened('alarm.activated', alarm)
  await broker.node.rules.happened('alarm.deactivated', { ...alarm, deactivated_at: 6 })
  for (const name of ['alarm.activated', 'alarm.deactivated']) {
    const event = JSON.parse((await next()).text) as Event
    checkColumns(event)
    assert.deepEqual([event.event, event.details], [name, { x: 1 }])
  }
  const { r } = await broker.node.rules.counters()
  assert.equal(r?.['matched'], 2)
})

test('delivery.dropped says why', async (t) => {
  const { broker, next } = await watch(t, '"$events/delivery_dropped"')
  const device = await connectTo(t, broker, {
    clientId: 'device',
    username: 'u',
    properties: { maximumPacketSize: 200 },
  })
  await device.subscribeAsync('own', { qos: 1, nl: true })
  await device.publishAsync('own', 'x', { qos: 1 })
  const own = await next()
  assert.equal(own.reason, 'no_local')
  await device.subscribeAsync('large', { qos: 0 })
  await device.publishAsync('large', 'x'.repeat(500), { qos: 0 })
  const large = await next()
  checkColumns(large)
  assert.equal(large.reason, 'too_large')
})

test('a statement on a sample shows what it gives', async (t) => {
  const broker = await startRules(t)
  const { rules } = broker.node
  assert.deepEqual(rules.test('SELECT payload.a AS a, qos FROM "t"', { payload: '{"a":2}' }), {
    kind: 'output',
    output: { a: 2, qos: 1 },
  })
  const events = 'SELECT clientid, reason FROM "$events/client/disconnected"'
  assert.deepEqual(rules.test(events, { event_type: 'client_disconnected', clientid: 'x' }), {
    kind: 'output',
    output: { clientid: 'x', reason: 'normal' },
  })
  assert.equal(rules.test('SELECT * FROM "t" WHERE qos = 9', {}).kind, 'no match')
  assert.equal(rules.test('SELECT payload.a FROM "t"', { payload: 'no' }).kind, 'failure')
  assert.throws(() => rules.test('SELECT', {}), /expected an expression/)
})

test('rules reach shards that are threads of their own', async (t) => {
  const broker = await startRules(t, { shards: 2, threads: 'workers' })
  const client = await connectTo(t, broker)
  const next = await inboxOf(client, 'out')
  await broker.node.rules.put(ruleOf('r', 'SELECT payload FROM "in"', [republish('out')]))
  await client.publishAsync('in', 'x', { qos: 1 })
  assert.equal((await next()).text, 'x')
  const { r } = await broker.node.rules.counters()
  assert.equal(r?.['actions.success'], 1)
  await assert.rejects(broker.node.rules.put(ruleOf('r', 'SELECT', [])), /expected an expression/)
})

test('values of kv_store_put are seen by the rules of all shards', async (t) => {
  const broker = await startRules(t, { shards: 3 })
  const { rules } = broker.node
  await rules.put(ruleOf('put', `SELECT kv_store_put('k', payload.v) AS a FROM "put"`, []))
  const get = `SELECT kv_store_get('k', 'none') AS v FROM "get"`
  await rules.put(ruleOf('get', get, [republish('got', { payload: '${v}', qos: '1' })]))
  const clients = [
    await connectTo(t, broker),
    await connectTo(t, broker),
    await connectTo(t, broker),
  ]
  const [first] = clients
  assert.ok(first)
  const next = await inboxOf(first, 'got')
  await first.publishAsync('put', '{"v":"shared"}', { qos: 1 })
  // A round trip through every shard comes after what was told.
  for (const client of clients) await client.subscribeAsync('turn', { qos: 1 })
  for (const client of clients) {
    await client.publishAsync('get', 'x', { qos: 1 })
    assert.equal((await next()).text, 'shared')
  }
})
