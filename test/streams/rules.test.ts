/** Rules in a real broker, seen by MQTT.js. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { connectTo, inboxOf, republish, ruleOf, startRules } from './support/rule-fixture.ts'

const CONFIG = `
  rule_engine.rules.hot {
    sql = """SELECT payload.t AS t, clientid, topic FROM "sensors/#" WHERE payload.t > 80"""
    actions = [{
      function = republish
      args { topic = "alarms/\${clientid}", payload = "", qos = 1 }
    }]
  }`

for (const shards of [1, 3]) {
  describe(`rules with ${shards} shards`, () => {
    test('a rule of the configuration republishes what its condition lets through', async (t) => {
      const broker = await startRules(t, { shards, config: CONFIG })
      const watcher = await connectTo(t, broker)
      const next = await inboxOf(watcher, 'alarms/#')
      for (let n = 0; n < shards * 2; n++) {
        const clientId = `device-${n}`
        const device = await connectTo(t, broker, { clientId })
        await device.publishAsync('sensors/1', '{"t": 20}', { qos: 1 })
        await device.publishAsync('sensors/1', '{"t": 81.5}', { qos: 1 })
        const { topic, text, packet } = await next()
        assert.equal(topic, `alarms/${clientId}`)
        assert.deepEqual(JSON.parse(text), { t: 81.5, clientid: clientId, topic: 'sensors/1' })
        assert.equal(packet.qos, 1)
      }
      const { hot } = await broker.node.rules.counters()
      const n = shards * 2
      const { matched, passed, failed } = hot ?? {}
      assert.deepEqual({ matched, passed, failed }, { matched: 2 * n, passed: n, failed: n })
      assert.equal(hot?.['failed.no_result'], n)
      assert.equal(hot?.['actions.success'], n)
    })

    test('rules come, change and go while clients are connected', async (t) => {
      const broker = await startRules(t, { shards })
      const { rules } = broker.node
      const device = await connectTo(t, broker)
      const watcher = await connectTo(t, broker)
      const next = await inboxOf(watcher, 'out/#')
      await device.publishAsync('in', 'x', { qos: 1 })
      await rules.put(ruleOf('r', 'SELECT payload FROM "in"', [republish('out/1')]))
      await device.publishAsync('in', 'a', { qos: 1 })
      assert.equal((await next()).topic, 'out/1')
      await rules.put(ruleOf('r', 'SELECT payload FROM "in"', [republish('out/2')]))
      await device.publishAsync('in', 'b', { qos: 1 })
      const second = await next()
      assert.deepEqual([second.topic, second.text], ['out/2', 'b'])
      await rules.remove('r')
      await device.publishAsync('in', 'c', { qos: 1 })
      await device.publishAsync('out/end', 'd', { qos: 1 })
      assert.equal((await next()).topic, 'out/end')
      assert.deepEqual(rules.list(), [])
    })

    test('events reach rules, with who did what', async (t) => {
      const broker = await startRules(t, { shards })
      const watcher = await connectTo(t, broker)
      const next = await inboxOf(watcher, 'seen/#')
      const sql = `SELECT event, clientid, reason, topic, from_clientid FROM
        "$events/client/connected", "$events/client_disconnected",
        "$events/session/subscribed", "$events/message/acked" WHERE clientid = 'device'`
      await broker.node.rules.put(ruleOf('r', sql, [republish('seen/${event}', { payload: '' })]))
      const device = await connectTo(t, broker, { clientId: 'device' })
      assert.equal((await next()).topic, 'seen/client.connected')
      await device.subscribeAsync('a/+', { qos: 1 })
      assert.equal(JSON.parse((await next()).text).topic, 'a/+')
      await device.publishAsync('a/b', 'x', { qos: 1 })
      const acked = JSON.parse((await next()).text)
      assert.deepEqual([acked.event, acked.from_clientid], ['message.acked', 'device'])
      await device.endAsync()
      const gone = JSON.parse((await next()).text)
      assert.deepEqual([gone.event, gone.reason], ['client.disconnected', 'normal'])
    })
  })
}

describe('a rule that fails', () => {
  test('harms neither publisher nor subscribers, and leaves a dead letter', async (t) => {
    const broker = await startRules(t)
    const client = await connectTo(t, broker, { clientId: 'c' })
    const next = await inboxOf(client, '#')
    const rule = ruleOf('bad', 'SELECT payload.x FROM "in"', [], { deadLetterTopic: 'dead' })
    await broker.node.rules.put(rule)
    await client.publishAsync('in', 'no json', { qos: 1 })
    const letters = [await next(), await next()]
    assert.deepEqual(letters.map(({ topic }) => topic).toSorted(), ['dead', 'in'])
    const letter = JSON.parse(letters.find(({ topic }) => topic === 'dead')?.text ?? '')
    assert.equal(letter.rule_id, 'bad')
    assert.match(letter.reason, /no JSON/)
    assert.equal(letter.record.payload, 'no json')
    const { bad } = await broker.node.rules.counters()
    assert.equal(bad?.['failed.exception'], 1)
  })

  test('an action that does not exist is counted as out of service', async (t) => {
    const broker = await startRules(t)
    const client = await connectTo(t, broker)
    await broker.node.rules.put(ruleOf('r', 'SELECT * FROM "in"', ['http:none']))
    await client.publishAsync('in', 'x', { qos: 1 })
    const { r } = await broker.node.rules.counters()
    assert.equal(r?.['actions.failed.out_of_service'], 1)
  })

  test('wrong SQL is refused with every mistake, and the former rule stays', async (t) => {
    const broker = await startRules(t)
    const { rules } = broker.node
    await rules.put(ruleOf('r', 'SELECT * FROM "in"', []))
    const wrong = 'SELECT lowr(a), b.. FROM "a/#/b" WHERE'
    await assert.rejects(rules.put(ruleOf('r', wrong, [])), /no function lowr.*did you mean lower/)
    assert.equal(rules.find('r')?.sql, 'SELECT * FROM "in"')
  })
})

describe('loops', () => {
  test('a rule does not publish again what it published', async (t) => {
    const broker = await startRules(t)
    const client = await connectTo(t, broker)
    await broker.node.rules.put(ruleOf('loop', 'SELECT * FROM "a/#"', [republish('a/b')]))
    await client.publishAsync('a/b', 'x', { qos: 1 })
    const { loop } = await broker.node.rules.counters()
    assert.deepEqual(
      [loop?.matched, loop?.['actions.success'], loop?.['actions.failed']],
      [2, 1, 1],
    )
  })

  test('rules that set each other off come to an end', async (t) => {
    const broker = await startRules(t)
    const client = await connectTo(t, broker)
    for (let n = 0; n < 8; n++) {
      await broker.node.rules.put(ruleOf(`r${n}`, 'SELECT * FROM "a/#"', [republish(`a/${n}`)]))
    }
    await client.publishAsync('a/x', 'x', { qos: 1 })
    const all = Object.values(await broker.node.rules.counters())
    const published = all.reduce((sum, rule) => sum + (rule['actions.success'] ?? 0), 0)
    assert.ok(published > 8 && published <= 1000, `${published} messages`)
  })

  test('a rule that reads deliveries and causes them comes to an end', async (t) => {
    const broker = await startRules(t)
    const client = await connectTo(t, broker)
    const next = await inboxOf(client, '#')
    const sql = 'SELECT * FROM "$events/message/delivered"'
    await broker.node.rules.put(ruleOf('r', sql, [republish('copy', { qos: '0' })]))
    await client.publishAsync('a', 'x', { qos: 1 })
    assert.deepEqual([(await next()).topic, (await next()).topic], ['a', 'copy'])
    await client.publishAsync('b', 'y', { qos: 1 })
    assert.deepEqual([(await next()).topic, (await next()).topic], ['b', 'copy'])
  })
})

test('republish: no value leaves its place in a payload of JSON', async (t) => {
  const broker = await startRules(t)
  const client = await connectTo(t, broker)
  const next = await inboxOf(client, 'out')
  const payload = '{"who": "${who}", "t": ${t}, "none": ${none}}'
  const sql = 'SELECT payload.who AS who, payload.t AS t FROM "in"'
  await broker.node.rules.put(ruleOf('r', sql, [republish('out', { payload })]))
  const evil = { who: 'x","admin":"yes', t: '1,"admin":true' }
  await client.publishAsync('in', JSON.stringify(evil))
  assert.deepEqual(JSON.parse((await next()).text), { ...evil, none: null })
})

test('republish keeps bytes, user properties and what MQTT 5 adds', async (t) => {
  const broker = await startRules(t)
  const client = await connectTo(t, broker)
  const next = await inboxOf(client, 'out')
  const args = {
    topic: 'out',
    user_properties: "${pub_props.'User-Property'}",
    mqtt_properties: { 'Content-Type': 'x/${qos}', 'Message-Expiry-Interval': '60' },
  }
  const action = { function: 'republish', args }
  await broker.node.rules.put(ruleOf('r', 'SELECT payload, qos FROM "in"', [action]))
  const bytes = Buffer.from([0, 255, 128, 1])
  const properties = { userProperties: { a: ['1', '2'] } }
  await client.publishAsync('in', bytes, { qos: 2, properties })
  const { packet } = await next()
  assert.deepEqual(packet.payload, bytes)
  assert.equal(packet.qos, 2)
  assert.deepEqual({ ...packet.properties?.userProperties }, { a: ['1', '2'] })
  assert.equal(packet.properties?.contentType, 'x/2')
  assert.equal(packet.properties?.messageExpiryInterval, 60)
})
