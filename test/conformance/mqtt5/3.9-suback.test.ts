import assert from 'node:assert/strict'
import { PacketType } from '#codec/mqtt/packet-type.ts'
import { ProtocolVersion } from '#codec/mqtt/protocol-version.ts'
import { ReasonCode } from '#codec/mqtt/reason-codes.ts'
import { Access } from '#broker/ports.ts'
import { bytesOf } from '../../golden/mqtt/golden.ts'
import { kept } from '../../support/sessions.ts'
import { worldTest } from '../../support/world-test.ts'

worldTest('[MQTT-3.9.2-1] [MQTT-3.9.2-2] SUBACK has no more than its codes', (world) => {
  world.access.authorizeSubscribe = () => Access.DENY
  const client = world.connect({ properties: { maximumPacketSizeBytes: 20 } })
  client.send('82 @ 0001 <> s"a" 00 s"b" 01')
  assert.deepEqual(client.take(PacketType.SUBACK).frame, bytesOf('90 05 0001 00 87 87'))
})

worldTest('[MQTT-3.9.3-1] the codes come in the order of the filters', (world) => {
  const client = world.connect()
  client.send('82 @ 0001 <> s"c" 02 s"a" 00 s"#/x" 00 s"b" 01 s"a+" 00 s"+" 02')
  const { TOPIC_FILTER_INVALID: invalid } = ReasonCode
  assert.deepEqual(client.take(PacketType.SUBACK).reasons, [2, 0, invalid, 1, invalid, 2])
})

worldTest('[MQTT-3.9.3-1] the order holds when access answers in another', (world) => {
  const waiting: Array<() => void> = []
  world.access.authorizeSubscribe = (_who, filter, _qos, done) => {
    waiting.unshift(() => done(filter !== 'b'))
    return Access.PENDING
  }
  const client = world.connect()
  client.send('82 @ 0001 <> s"a" 01 s"b" 01 s"c" 02')
  for (const answer of waiting) {
    assert.equal(client.packets.length, 1)
    answer()
    world.settle()
  }
  assert.deepEqual(client.take(PacketType.SUBACK).reasons, [1, ReasonCode.NOT_AUTHORIZED, 2])
})

worldTest('[MQTT-3.9.3-2] SUBACK 0x00, 0x01 and 0x02 grant a QoS', (world) => {
  const client = world.connect()
  assert.deepEqual(client.subscribe('t', { qos: 0 }), [ReasonCode.GRANTED_QOS_0])
  assert.deepEqual(client.subscribe('t', { qos: 1 }), [ReasonCode.GRANTED_QOS_1])
  assert.deepEqual(client.subscribe('t', { qos: 2 }), [ReasonCode.GRANTED_QOS_2])
})

worldTest('[MQTT-3.9.3-2] SUBACK 0x87 says that the client may not subscribe to it', (world) => {
  world.access.authorizeSubscribe = () => Access.DENY
  const client = world.connect()
  assert.deepEqual(client.subscribe('t'), [ReasonCode.NOT_AUTHORIZED])
  world.connect().publish('t', 'm')
  assert.deepEqual(client.payloads(), [])
})

worldTest('[MQTT-3.9.3-2] SUBACK 0x8F says that the filter is invalid', (world) => {
  const client = world.connect()
  const bad = ['', '#/a', 'a/#/b', 'a#', '+a', 'a/b+', '$share/g', '$share//t', '$share/g+/t']
  for (const filter of bad) {
    assert.deepEqual(client.subscribe(filter), [ReasonCode.TOPIC_FILTER_INVALID], filter)
  }
})

worldTest(
  '[MQTT-3.9.3-2] SUBACK 0x8F says that the filter has too many levels',
  (world) => {
    const client = world.connect()
    assert.deepEqual(client.subscribe('a/b/c'), [0])
    assert.deepEqual(client.subscribe('a/b/c/d'), [ReasonCode.TOPIC_FILTER_INVALID])
    assert.deepEqual(client.subscribe('$share/g/a/b/c'), [0])
    assert.deepEqual(client.subscribe('$share/g/a/b/c/d'), [ReasonCode.TOPIC_FILTER_INVALID])
  },
  { mqtt: { topicLevelsMax: 3 } },
)

worldTest(
  '[MQTT-3.9.3-2] SUBACK 0x97 says that the client has as many as it may',
  (world) => {
    const client = world.connect()
    assert.deepEqual(client.subscribe(['a', 'b', 'c']), [0, 0, ReasonCode.QUOTA_EXCEEDED])
    assert.deepEqual(client.subscribe('b', { qos: 1 }), [1])
    client.unsubscribe('a')
    assert.deepEqual(client.subscribe('c'), [0])
  },
  { mqtt: { subscriptionsMax: 2 } },
)

worldTest(
  '[MQTT-3.9.3-2] SUBACK 0x97 also when access answers after all were asked',
  (world) => {
    const waiting: Array<() => void> = []
    world.access.authorizeSubscribe = (_who, _filter, _qos, done) => {
      waiting.push(() => done(true))
      return Access.PENDING
    }
    const client = world.connect()
    client.send('82 @ 0001 <> s"a" 00 s"b" 00 s"c" 00 s"a" 01')
    for (const answer of waiting) answer()
    world.settle()
    assert.deepEqual(client.take(PacketType.SUBACK).reasons, [0, 0, ReasonCode.QUOTA_EXCEEDED, 1])
  },
  { mqtt: { subscriptionsMax: 2 } },
)

worldTest('[MQTT-3.9.3-2] SUBACK 0x97 says that nothing can be stored at the moment', (world) => {
  const keeper = world.connect(kept('keeper'))
  const transient = world.connect()
  for (const store of world.stores) store.setLimitReached(true)
  assert.deepEqual(keeper.subscribe('u'), [ReasonCode.QUOTA_EXCEEDED])
  assert.deepEqual(transient.subscribe('u'), [0])
  for (const store of world.stores) store.setLimitReached(false)
  assert.deepEqual(keeper.subscribe('u'), [0])
})

worldTest(
  '[MQTT-3.9.3-2] SUBACK 0x9E says that there are no shared subscriptions',
  (world) => {
    const client = world.connect()
    const { SHARED_SUBSCRIPTIONS_NOT_SUPPORTED: none } = ReasonCode
    assert.deepEqual(client.subscribe(['$share/g/t', '$queue/t', 't']), [none, none, 0])
  },
  { mqtt: { sharedSubscription: false } },
)

worldTest(
  '[MQTT-3.9.3-2] SUBACK 0xA2 says that there are no wildcards',
  (world) => {
    const client = world.connect()
    const { WILDCARD_SUBSCRIPTIONS_NOT_SUPPORTED: none } = ReasonCode
    assert.deepEqual(client.subscribe(['a/+', '#', '$share/g/+', 'a/b']), [none, none, none, 0])
  },
  { mqtt: { wildcardSubscription: false } },
)

worldTest('[MQTT-3.9.3-2] every refusal is 0x80 in 3.1.1', (world) => {
  world.access.authorizeSubscribe = (_who, filter) => {
    return filter === 'secret' ? Access.DENY : Access.ALLOW
  }
  const client = world.connect({ version: ProtocolVersion.V311 })
  assert.deepEqual(client.subscribe(['secret', 'a/#/b', 'a']), [0x80, 0x80, 0])
})
