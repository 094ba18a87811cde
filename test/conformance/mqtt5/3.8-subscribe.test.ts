import assert from 'node:assert/strict'
import { PacketType } from '#codec/mqtt/packet-type.ts'
import { ReasonCode } from '#codec/mqtt/reason-codes.ts'
import { Access } from '#broker/ports.ts'
import { kept } from '../../support/sessions.ts'
import { worldTest } from '../../support/world-test.ts'

const LEVELS = [0, 1, 2] as const

worldTest('[MQTT-3.8.3-3] no local keeps a client from getting its own messages', (world) => {
  const client = world.connect({ clientId: 'self' })
  client.subscribe('t', { qos: 1, noLocal: true })
  const other = world.connect()
  other.subscribe('t')
  client.publish('t', 'mine', { qos: 1 })
  other.publish('t', 'theirs', { qos: 1 })
  assert.deepEqual(client.payloads(), ['theirs'])
  assert.deepEqual(other.payloads(), ['mine', 'theirs'])
})

worldTest('[MQTT-3.8.3-3] without no local a client gets its own messages', (world) => {
  const client = world.connect()
  client.subscribe('t')
  client.publish('t', 'mine')
  assert.deepEqual(client.payloads(), ['mine'])
})

worldTest('[MQTT-3.8.3-3] no local goes by client id, not by connection', (world) => {
  const options = kept('wanderer', { shard: 0 })
  const first = world.connect(options)
  first.subscribe('t', { noLocal: true })
  first.drop()
  const second = world.connect({ ...options, shard: world.shardCount - 1 })
  second.publish('t', 'mine')
  world.connect().publish('t', 'theirs')
  assert.deepEqual(second.payloads(), ['theirs'])
})

worldTest('[MQTT-3.8.3-3] an overlapping subscription without no local still counts', (world) => {
  const client = world.connect()
  client.subscribe('t/+', { qos: 2, noLocal: true, subscriptionIdentifier: 1 })
  client.subscribe('t/#', { qos: 1, subscriptionIdentifier: 2 })
  client.publish('t/x', 'mine', { qos: 2 })
  const [own, ...more] = client.messages()
  assert.equal(own?.qos, 1)
  assert.deepEqual(own.properties.subscriptionIdentifiers, [2])
  assert.deepEqual(more, [])
})

worldTest('[MQTT-3.8.3-3] no local holds for the own retained message and will', (world) => {
  const topic = 'state'
  const will = {
    topic,
    payload: Buffer.from('gone'),
    qos: 0,
    retain: false,
    properties: {},
  } as const
  const options = kept('self', { will })
  const first = world.connect(options)
  first.publish(topic, 'mine', { retain: true, qos: 1 })
  first.subscribe(topic, { noLocal: true })
  assert.deepEqual(first.payloads(), [])
  first.drop()
  const second = world.connect(options)
  assert.deepEqual(second.payloads(), [])
  world.connect().publish(topic, 'theirs', { retain: true, qos: 1 })
  second.subscribe(topic, { noLocal: true })
  assert.deepEqual(second.payloads(), ['theirs', 'theirs'])
})

worldTest('[MQTT-3.8.4-1] [MQTT-3.8.4-2] SUBACK answers with the same identifier', (world) => {
  const client = world.connect()
  for (const packetId of ['0001', '00FF', '0100', 'FFFF']) {
    client.send(`82 @ ${packetId} <> s"t" 00`)
    assert.equal(client.take(PacketType.SUBACK).packetId, Number.parseInt(packetId, 16))
  }
  assert.equal(client.packets.length, 1)
})

worldTest('[MQTT-3.8.4-1] [MQTT-3.8.4-2] SUBACK comes for a refused SUBSCRIBE too', (world) => {
  world.access.authorizeSubscribe = () => Access.DENY
  const client = world.connect()
  client.send('82 @ 1234 <> s"t" 00')
  const suback = client.take(PacketType.SUBACK)
  assert.equal(suback.packetId, 0x1234)
  assert.deepEqual(suback.reasons, [ReasonCode.NOT_AUTHORIZED])
})

worldTest('[MQTT-3.8.4-1] [MQTT-3.8.4-2] SUBSCRIBEs in one read get a SUBACK each', (world) => {
  const client = world.connect()
  client.send('82 08 0001 00 0002 "t1" 00  82 08 0002 00 0002 "t2" 01  82 08 0003 00 0002 "t3" 02')
  const subacks = client.packets.slice(1).map(({ packetId, reasons }) => [packetId, ...reasons])
  assert.deepEqual(subacks, [
    [1, 0],
    [2, 1],
    [3, 2],
  ])
})

worldTest('[MQTT-3.8.4-1] SUBACK waits for access that takes its time', (world) => {
  let decide = (_allowed: boolean): void => {}
  world.access.authorizeSubscribe = (_who, _filter, _qos, done) => {
    decide = done
    return Access.PENDING
  }
  const client = world.connect()
  client.send('82 07 0007 00 0001 "t" 01')
  assert.equal(client.packets.length, 1)
  decide(true)
  world.settle()
  assert.deepEqual(client.take(PacketType.SUBACK).reasons, [1])
})

worldTest('[MQTT-3.8.4-3] the same filter again replaces the subscription', (world) => {
  const client = world.connect()
  const publisher = world.connect()
  client.subscribe('a/+', { qos: 2, subscriptionIdentifier: 1, retainAsPublished: true })
  client.subscribe('a/+', { qos: 1, subscriptionIdentifier: 2 })
  publisher.publish('a/b', 'm', { qos: 2, retain: true })
  const [message, ...more] = client.messages()
  assert.deepEqual(more, [], 'one subscription, one message')
  assert.equal(message?.qos, 1)
  assert.equal(message.retain, false)
  assert.deepEqual(message.properties.subscriptionIdentifiers, [2])
  client.subscribe('a/+', { qos: 0, noLocal: true, retainHandling: 2 })
  client.publish('a/b', 'own')
  publisher.publish('a/b', 'm', { qos: 2 })
  const rest = client.messages().map(({ payload, qos, properties }) => [payload, qos, properties])
  assert.deepEqual(rest, [['m', 0, {}]])
  assert.deepEqual(client.unsubscribe('a/+'), [ReasonCode.SUCCESS])
  assert.deepEqual(client.unsubscribe('a/+'), [ReasonCode.NO_SUBSCRIPTION_EXISTED])
})

worldTest('[MQTT-3.8.4-3] a replaced subscription stays replaced after a crash', (world) => {
  const client = world.connect(kept('keeper'))
  client.subscribe('t', { qos: 0, subscriptionIdentifier: 1 })
  client.subscribe('t', { qos: 1, subscriptionIdentifier: 2 })
  world.crash()
  world.connect().publish('t', 'm', { qos: 2 })
  const again = world.connect(kept('keeper'))
  const [message, ...more] = again.messages()
  assert.deepEqual(more, [])
  assert.equal(message?.qos, 1)
  assert.deepEqual(message.properties.subscriptionIdentifiers, [2])
})

worldTest('[MQTT-3.8.4-3] a filter that only matches the same topics is another one', (world) => {
  const client = world.connect()
  client.subscribe('a/+', { subscriptionIdentifier: 1 })
  client.subscribe('a/b', { subscriptionIdentifier: 2 })
  world.connect().publish('a/b', 'm')
  const ids = client.messages().flatMap(({ properties }) => properties.subscriptionIdentifiers)
  assert.deepEqual(new Set(ids), new Set([1, 2]))
})

worldTest(
  '[MQTT-3.8.4-4] replacing with retain handling 0 sends what is retained again',
  (world) => {
    world.connect().publish('r/1', 'kept', { retain: true, qos: 1 })
    const client = world.connect()
    client.subscribe('r/+')
    assert.deepEqual(client.payloads(), ['kept'])
    client.subscribe('r/+')
    const [again] = client.messages()
    assert.equal(again?.payload, 'kept')
    assert.equal(again.retain, true)
  },
)

worldTest('[MQTT-3.8.4-4] replacing a subscription loses and repeats nothing', (world) => {
  const client = world.connect()
  const publisher = world.connect()
  client.subscribe('live', { qos: 1 })
  const expected: string[] = []
  for (let index = 0; index < 50; index++) {
    const payload = `${index}`
    expected.push(payload)
    world.together(() => {
      if (index % 2 === 0) publisher.publish('live', payload, { qos: 1 })
      client.sendLater(Buffer.from([0x82, 10, 0, 9, 0, 0, 4, 0x6c, 0x69, 0x76, 0x65, index % 3]))
      if (index % 2 === 1) publisher.publish('live', payload, { qos: 1 })
    })
  }
  assert.deepEqual(client.payloads(), expected)
})

worldTest(
  '[MQTT-3.8.4-5] [MQTT-3.8.4-6] several filters are subscribed with one SUBACK',
  (world) => {
    const client = world.connect()
    client.send('82 @ 0001 <0B 07> s"a" 01 s"b/#" 02 s"c" 00')
    const suback = client.take(PacketType.SUBACK)
    assert.deepEqual(suback.reasons, [1, 2, 0])
    const publisher = world.connect()
    for (const topic of ['a', 'b/x', 'c']) publisher.publish(topic, topic, { qos: 2 })
    const got = client.messages().map(({ topic, qos, properties }) => {
      return [topic, qos, properties.subscriptionIdentifiers]
    })
    assert.deepEqual(got, [
      ['a', 1, [7]],
      ['b/x', 2, [7]],
      ['c', 0, [7]],
    ])
  },
)

worldTest('[MQTT-3.8.4-5] a filter given twice in one packet counts as given last', (world) => {
  const client = world.connect()
  assert.deepEqual(client.subscribe(['t', 't']), [0, 0])
  client.send('82 @ 0009 <> s"t" 00 s"t" 02')
  assert.deepEqual(client.take(PacketType.SUBACK).reasons, [0, 2])
  world.connect().publish('t', 'm', { qos: 2 })
  assert.deepEqual(
    client.messages().map(({ qos }) => qos),
    [2],
  )
})

worldTest('[MQTT-3.8.4-6] [MQTT-3.8.4-7] each filter has its own code', (world) => {
  world.access.authorizeSubscribe = (_who, filter) => {
    return filter === 'secret' ? Access.DENY : Access.ALLOW
  }
  const client = world.connect()
  client.send('82 @ 0001 <> s"a" 02 s"secret" 02 s"a/#/b" 01 s"b" 01')
  assert.deepEqual(client.take(PacketType.SUBACK).reasons, [
    ReasonCode.GRANTED_QOS_2,
    ReasonCode.NOT_AUTHORIZED,
    ReasonCode.TOPIC_FILTER_INVALID,
    ReasonCode.GRANTED_QOS_1,
  ])
  const publisher = world.connect()
  for (const topic of ['a', 'secret', 'b']) publisher.publish(topic, topic)
  assert.deepEqual(client.payloads(), ['a', 'b'])
})

worldTest('[MQTT-3.8.4-6] a SUBSCRIBE may have thousands of filters', (world) => {
  const client = world.connect()
  const filters = Array.from({ length: 5_000 }, (_, index) => `f/${index}`)
  assert.deepEqual(
    client.subscribe(filters, { qos: 1 }),
    filters.map(() => 1),
  )
  world.connect().publish('f/4999', 'm')
  assert.deepEqual(client.payloads(), ['m'])
})

worldTest(
  '[MQTT-3.8.4-7] the granted QoS is that of the broker where it has a lower one',
  (world) => {
    const client = world.connect()
    assert.deepEqual(client.subscribe('t', { qos: 2 }), [1])
    assert.deepEqual(client.subscribe('u', { qos: 0 }), [0])
    world.connect().publish('t', 'm', { qos: 1 })
    assert.equal(client.take(PacketType.PUBLISH).qos, 1)
  },
  { mqtt: { qosMax: 1 } },
)

worldTest('[MQTT-3.8.4-8] the delivered QoS is the lower of published and granted', (world) => {
  for (const granted of LEVELS) {
    for (const published of LEVELS) {
      const client = world.connect()
      client.subscribe('t', { qos: granted })
      world.connect().publish('t', 'm', { qos: published })
      const qos = Math.min(granted, published)
      assert.deepEqual(
        client.messages().map((message) => message.qos),
        [qos],
        `published ${published}, granted ${granted}`,
      )
      client.drop()
    }
  }
})

worldTest('[MQTT-3.8.4-8] the same holds for retained messages', (world) => {
  for (const published of LEVELS) {
    world.connect().publish(`r/${published}`, 'm', { qos: published, retain: true })
  }
  for (const granted of LEVELS) {
    const client = world.connect()
    client.subscribe('r/+', { qos: granted })
    const got = client.messages().map(({ topic, qos }) => [topic, qos])
    const expected = LEVELS.map((published) => [`r/${published}`, Math.min(granted, published)])
    assert.deepEqual(got, expected)
  }
})

worldTest('[MQTT-3.8.4-8] the same holds for messages kept for later', (world) => {
  for (const granted of LEVELS) {
    const client = world.connect(kept(`keeper-${granted}`))
    client.subscribe('t', { qos: granted })
    client.drop()
  }
  for (const published of LEVELS) world.connect().publish('t', `${published}`, { qos: published })
  for (const granted of LEVELS) {
    const client = world.connect(kept(`keeper-${granted}`))
    const got = client.messages().map(({ payload, qos }) => [payload, qos])
    const expected = LEVELS.map((published) => [`${published}`, Math.min(granted, published)])
    assert.deepEqual(got, expected)
  }
})
