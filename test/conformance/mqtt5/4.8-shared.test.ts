import assert from 'node:assert/strict'
import { PacketType } from '#codec/mqtt/packet-type.ts'
import { ReasonCode } from '#codec/mqtt/reason-codes.ts'
import { kept } from '../../support/sessions.ts'
import { worldTest } from '../../support/world-test.ts'

const SHARED = '$share/g/t'

worldTest('[MQTT-4.8.2-1] [MQTT-4.8.2-2] a group has a name of one character or more', (world) => {
  const subscriber = world.connect()
  const good = ['$share/g/t', '$share/gruppe ß/t', '$share/$/t', '$share/g//', '$share/g/+/#']
  assert.deepEqual(
    subscriber.subscribe(good),
    good.map(() => 0),
  )
  const bad = ['$share//t', '$share/', '$share//', '$share///', '$share/g', '$share/g/']
  assert.deepEqual(
    subscriber.subscribe(bad),
    bad.map(() => ReasonCode.TOPIC_FILTER_INVALID),
  )
})

worldTest('[MQTT-4.8.2-2] the name has no wildcard', (world) => {
  const subscriber = world.connect()
  const bad = ['$share/+/t', '$share/#/t', '$share/g+/t', '$share/#g/t', '$share/+', '$share/#']
  assert.deepEqual(
    subscriber.subscribe(bad),
    bad.map(() => ReasonCode.TOPIC_FILTER_INVALID),
  )
})

worldTest('[MQTT-4.8.2-2] what follows the name is a topic filter', (world) => {
  const subscriber = world.connect()
  const bad = ['$share/g/a#', '$share/g/#/a', '$share/g/+a', '$share/g/a/#/b']
  assert.deepEqual(
    subscriber.subscribe(bad),
    bad.map(() => ReasonCode.TOPIC_FILTER_INVALID),
  )
})

worldTest('[MQTT-4.8.2-1] only the exact prefix makes a subscription shared', (world) => {
  const subscriber = world.connect()
  assert.deepEqual(subscriber.subscribe(['$Share/g/t', '$shared/g/t', '$share']), [0, 0, 0])
  const publisher = world.connect()
  publisher.publish('t', 'no')
  publisher.publish('$Share/g/t', 'as it is')
  publisher.publish('$share', 'as it is')
  assert.deepEqual(subscriber.payloads(), ['as it is', 'as it is'])
})

worldTest('[MQTT-4.8.2-3] the QoS is that granted to the client that was chosen', (world) => {
  const members = ([0, 1, 2] as const).map((qos) => {
    const member = world.connect()
    member.subscribe(SHARED, { qos })
    return member
  })
  const publisher = world.connect()
  for (const published of [0, 1, 2] as const) {
    for (let count = 0; count < 30; count++) publisher.publish('t', 'm', { qos: published })
    for (const [granted, member] of members.entries()) {
      const got = member.messages().map(({ qos }) => qos)
      assert.deepEqual([...new Set(got)], [Math.min(published, granted)])
    }
  }
})

worldTest('[MQTT-4.8.2-3] the other options are those of the chosen client too', (world) => {
  const member = world.connect()
  member.subscribe(SHARED, { qos: 1, retainAsPublished: true, subscriptionIdentifier: 9 })
  world.connect().publish('t', 'm', { qos: 2, retain: true })
  const message = member.take(PacketType.PUBLISH)
  assert.equal(message.retain, true)
  assert.deepEqual(message.properties.subscriptionIdentifiers, [9])
})

worldTest('[MQTT-4.8.2-4] a QoS 2 delivery that was cut off goes on with its client', (world) => {
  const options = kept('first', { autoAck: false })
  const first = world.connect(options)
  first.subscribe(SHARED, { qos: 2 })
  const publisher = world.connect()
  publisher.publish('t', 'sent', { qos: 2 })
  publisher.publish('t', 'released', { qos: 2 })
  const [sent, released] = first.messages()
  first.ack(PacketType.PUBREC, released!.packetId)
  const second = world.connect()
  second.subscribe(SHARED, { qos: 2 })
  first.drop()
  assert.deepEqual(second.payloads(), [])
  for (let round = 0; round < 2; round++) {
    const again = world.connect(options)
    const [resent, ...more] = again.messages()
    assert.deepEqual(more, [])
    assert.deepEqual(
      [resent?.payload, resent?.packetId, resent?.dup],
      ['sent', sent!.packetId, true],
    )
    assert.equal(again.take(PacketType.PUBREL).packetId, released!.packetId)
    if (round === 0) world.crash()
    else {
      again.ack(PacketType.PUBREC, sent!.packetId)
      assert.equal(again.take(PacketType.PUBREL).packetId, sent!.packetId)
    }
  }
})

worldTest('[MQTT-4.8.2-5] when its session ends the message goes to nobody else', (world) => {
  const enders: Array<(clientId: string) => void> = [
    (clientId) => world.connect({ clientId, cleanStart: true }),
    () => world.pass(4_000_000),
  ]
  for (const [index, end] of enders.entries()) {
    const first = world.connect(kept(`first-${index}`, { autoAck: false }))
    first.subscribe(SHARED, { qos: 2 })
    const publisher = world.connect()
    publisher.publish('t', 'sent', { qos: 2 })
    publisher.publish('t', 'received', { qos: 2 })
    const [, received] = first.messages()
    first.ack(PacketType.PUBREC, received!.packetId)
    const second = world.connect()
    second.subscribe(SHARED, { qos: 2 })
    first.drop()
    end(first.clientId)
    assert.deepEqual(second.payloads(), [])
    second.drop()
  }
})

worldTest('[MQTT-4.8.2-5] the same when the session ends with its connection', (world) => {
  const first = world.connect({ autoAck: false })
  first.subscribe(SHARED, { qos: 2 })
  world.connect().publish('t', 'sent', { qos: 2 })
  assert.deepEqual(first.payloads(), ['sent'])
  const second = world.connect()
  second.subscribe(SHARED, { qos: 2 })
  first.drop()
  assert.deepEqual(second.payloads(), [])
})

worldTest('[MQTT-4.8.2-6] a message that its client refuses is passed to nobody', (world) => {
  const first = world.connect({ autoAck: false })
  first.subscribe(SHARED, { qos: 2 })
  const publisher = world.connect()
  publisher.publish('t', 'one', { qos: 1 })
  publisher.publish('t', 'two', { qos: 2 })
  const [one, two] = first.messages()
  const second = world.connect()
  second.subscribe(SHARED, { qos: 2 })
  first.ack(PacketType.PUBACK, one!.packetId, ReasonCode.NOT_AUTHORIZED)
  first.ack(PacketType.PUBREC, two!.packetId, ReasonCode.QUOTA_EXCEEDED)
  first.drop()
  assert.deepEqual(second.payloads(), [])
})
