import assert from 'node:assert/strict'
import { PacketType } from '#codec/mqtt/packet-type.ts'
import type { WillProperties } from '#codec/mqtt/properties.ts'
import type { Will } from '#codec/mqtt/connect.ts'
import { expectRefused } from '../../support/expect.ts'
import type { ConnectOptions, TestClient } from '../../support/test-client.ts'
import { worldTest } from '../../support/world-test.ts'
import type { World } from '../../support/world.ts'

const NEVER = 0xffffffff

function will(properties: WillProperties = {}, more: Partial<Will> = {}): Will {
  return { topic: 'w', payload: Buffer.from('gone'), qos: 0, retain: false, properties, ...more }
}

/** A client with a will, and with a session that outlives it by `expirySeconds`. */
function mortal(held: Will, expirySeconds = 0, cleanStart = false): ConnectOptions {
  return {
    clientId: 'mortal',
    cleanStart,
    will: held,
    ...(expirySeconds > 0 && {
      properties: { sessionExpiryIntervalSeconds: expirySeconds },
    }),
  }
}

function watch(world: World): TestClient {
  const watcher = world.connect({
    clientId: 'watcher',
    cleanStart: false,
    properties: { sessionExpiryIntervalSeconds: NEVER },
  })
  watcher.subscribe('w', { qos: 2 })
  return watcher
}

worldTest('[MQTT-3.1.2-8] the will is published when the network connection breaks', (world) => {
  const watcher = watch(world)
  const client = world.connect(mortal(will()))
  assert.deepEqual(watcher.payloads(), [])
  client.drop()
  const message = watcher.take(PacketType.PUBLISH)
  assert.deepEqual([message.topic, message.payload, message.qos], ['w', 'gone', 0])
  assert.equal(message.retain, false)
})

worldTest('[MQTT-3.1.2-8] the will is published with its QoS', (world) => {
  const watcher = watch(world)
  for (const qos of [0, 1, 2] as const) {
    world.connect(mortal(will({}, { qos }))).drop()
    assert.equal(watcher.take(PacketType.PUBLISH).qos, qos)
  }
})

worldTest('[MQTT-3.1.2-8] the will is published after a protocol error', (world) => {
  const watcher = watch(world)
  world.connect(mortal(will())).send('00 00')
  assert.deepEqual(watcher.payloads(), ['gone'])
})

worldTest('[MQTT-3.1.2-8] the will is published when the keep alive has passed', (world) => {
  const watcher = watch(world)
  world.connect({ ...mortal(will()), keepAliveSeconds: 10 })
  world.pass(14_800)
  assert.deepEqual(watcher.payloads(), [])
  world.pass(400)
  assert.deepEqual(watcher.payloads(), ['gone'])
})

worldTest('[MQTT-3.1.2-8] the will is published after every DISCONNECT but 0x00', (world) => {
  const watcher = watch(world)
  for (const reason of [0x04, 0x80, 0x81, 0x82, 0x83, 0x90, 0x93, 0x94, 0x95, 0x97, 0x99]) {
    world.connect(mortal(will())).disconnect(reason)
    assert.deepEqual(watcher.payloads(), ['gone'])
  }
})

worldTest('[MQTT-3.1.2-10] DISCONNECT 0x00 deletes the will', (world) => {
  const watcher = watch(world)
  world.connect(mortal(will())).disconnect()
  world.connect(mortal(will({}, { qos: 2, retain: true }), 3600)).disconnect()
  world.connect(mortal(will({ willDelayIntervalSeconds: 5 }), 10)).disconnect()
  world.pass(20_000)
  world.connect(mortal(will({ willDelayIntervalSeconds: 5 }), 10)).send('E0 00')
  world.pass(20_000)
  assert.deepEqual(watcher.payloads(), [])
})

worldTest('[MQTT-3.1.2-10] a will is published once', (world) => {
  const watcher = watch(world)
  const options = mortal(will({ willDelayIntervalSeconds: 2 }), 10)
  world.connect(options).drop()
  world.pass(2_200)
  assert.deepEqual(watcher.payloads(), ['gone'])
  world.crash()
  const again = world.connect({ clientId: 'watcher', cleanStart: false })
  world.pass(15_000)
  assert.deepEqual(again.payloads(), [])
})

worldTest('[MQTT-3.1.2-10] a CONNECT without a will takes the former one away', (world) => {
  const watcher = watch(world)
  world.connect(mortal(will({ willDelayIntervalSeconds: 60 }), 3600)).drop()
  world.connect({ clientId: 'mortal', cleanStart: false }).drop()
  world.pass(100_000)
  assert.deepEqual(watcher.payloads(), [])
})

worldTest('[MQTT-3.1.2-7] the will is stored with the session: a crash publishes it', (world) => {
  watch(world)
  const correlationData = Buffer.from([0, 255])
  const properties: WillProperties = {
    correlationData,
    contentType: 'text/plain',
    userProperties: [['a', 'b']],
  }
  world.connect(mortal(will(properties, { qos: 1 }), 3600))
  world.crash()
  const watcher = world.connect({ clientId: 'watcher', cleanStart: false })
  const message = watcher.take(PacketType.PUBLISH)
  assert.equal(message.payload, 'gone')
  assert.deepEqual(message.properties, properties)
})

worldTest('[MQTT-3.1.2-7] a will whose delay runs is stored: it goes on over a crash', (world) => {
  watch(world)
  world.connect(mortal(will({ willDelayIntervalSeconds: 10 }, { qos: 1 }), 3600)).drop()
  world.pass(6_000)
  world.crash()
  const watcher = world.connect({ clientId: 'watcher', cleanStart: false })
  world.pass(3_500)
  assert.deepEqual(watcher.payloads(), [])
  world.pass(700)
  assert.deepEqual(watcher.payloads(), ['gone'])
})

worldTest('[MQTT-3.1.2-8] the broker publishes the wills when it is stopped', (world) => {
  watch(world)
  world.connect(mortal(will({}, { qos: 1 }), 3600))
  world.restart()
  const watcher = world.connect({ clientId: 'watcher', cleanStart: false })
  assert.deepEqual(watcher.payloads(), ['gone'])
})

worldTest('[MQTT-3.1.2-8] a refused CONNECT publishes no will', (world) => {
  const watcher = watch(world)
  world.access.authenticate = (_request, done) => {
    done({ allowed: false, reason: 0x87, reasonString: 'no' })
  }
  const client = world.dial(mortal(will()))
  assert.equal(client.tryConnect()?.reason, 0x87)
  client.drop()
  assert.deepEqual(watcher.payloads(), [])
})

worldTest('[MQTT-3.1.2-14] a will with retain 0 is not retained', (world) => {
  world.connect(mortal(will())).drop()
  assert.deepEqual(watch(world).payloads(), [])
})

worldTest('[MQTT-3.1.2-14] a will with retain 0 leaves the retained message', (world) => {
  world.connect().publish('w', 'kept', { retain: true, qos: 1 })
  world.connect(mortal(will())).drop()
  assert.deepEqual(watch(world).payloads(), ['kept'])
})

worldTest('[MQTT-3.1.2-15] a will with retain 1 is retained with its properties', (world) => {
  const properties: WillProperties = { responseTopic: 'r', userProperties: [['k', 'v']] }
  const watcher = watch(world)
  world.connect(mortal(will(properties, { qos: 2, retain: true }))).drop()
  assert.equal(watcher.take(PacketType.PUBLISH).retain, false)
  const late = world.connect()
  late.subscribe('w', { qos: 1 })
  const message = late.take(PacketType.PUBLISH)
  assert.deepEqual([message.payload, message.retain, message.qos], ['gone', true, 1])
  assert.deepEqual(message.properties, properties)
})

worldTest('[MQTT-3.1.2-15] an empty will with retain 1 clears the retained message', (world) => {
  world.connect().publish('w', 'kept', { retain: true, qos: 1 })
  world.connect(mortal(will({}, { retain: true, payload: Buffer.alloc(0) }))).drop()
  assert.deepEqual(watch(world).payloads(), [])
})

worldTest('[MQTT-3.1.2-8] the will waits for its delay', (world) => {
  const watcher = watch(world)
  world.connect(mortal(will({ willDelayIntervalSeconds: 5 }), 3600)).drop()
  world.pass(4_800)
  assert.deepEqual(watcher.payloads(), [])
  world.pass(400)
  assert.deepEqual(watcher.payloads(), ['gone'])
})

worldTest('[MQTT-3.1.2-8] the will comes when the session ends before its delay', (world) => {
  const watcher = watch(world)
  world.connect(mortal(will({ willDelayIntervalSeconds: 60 }), 5)).drop()
  world.pass(4_800)
  assert.deepEqual(watcher.payloads(), [])
  world.pass(400)
  assert.deepEqual(watcher.payloads(), ['gone'])
  world.pass(60_000)
  assert.deepEqual(watcher.payloads(), [])
})

worldTest('[MQTT-3.1.2-8] without a session that lasts the delay counts for nothing', (world) => {
  const watcher = watch(world)
  world.connect(mortal(will({ willDelayIntervalSeconds: 60 }))).drop()
  assert.deepEqual(watcher.payloads(), ['gone'])
})

worldTest('[MQTT-3.1.2-8] a session ended by DISCONNECT 0x04 publishes its will', (world) => {
  const watcher = watch(world)
  const client = world.connect(mortal(will({ willDelayIntervalSeconds: 60 }), 3600))
  client.disconnect(0x04, 0)
  assert.deepEqual(watcher.payloads(), ['gone'])
})

worldTest('[MQTT-3.1.2-8] after DISCONNECT 0x04 the will waits for its delay', (world) => {
  const watcher = watch(world)
  world.connect(mortal(will({ willDelayIntervalSeconds: 5 }), 3600)).disconnect(0x04)
  assert.deepEqual(watcher.payloads(), [])
  world.pass(5_200)
  assert.deepEqual(watcher.payloads(), ['gone'])
})

worldTest('[MQTT-3.1.2-8] Clean Start ends the session and so publishes its will', (world) => {
  const watcher = watch(world)
  const options = mortal(will({ willDelayIntervalSeconds: 60 }), 3600)
  world.connect(options).drop()
  const next = world.connect({ ...options, cleanStart: true })
  assert.deepEqual(watcher.payloads(), ['gone'])
  world.pass(70_000)
  assert.deepEqual(watcher.payloads(), [])
  next.disconnect()
})

worldTest('[MQTT-3.1.3-9] a reconnect before the delay has passed cancels the will', (world) => {
  const watcher = watch(world)
  const options = mortal(will({ willDelayIntervalSeconds: 5 }), 3600)
  let shard = 0
  let client = world.connect({ ...options, shard })
  for (let round = 0; round < 4; round++) {
    client.drop()
    world.pass(4_000)
    shard = (shard + 1) % world.shardCount
    client = world.connect({ ...options, shard })
    world.pass(4_000)
  }
  assert.deepEqual(watcher.payloads(), [])
})

worldTest('[MQTT-3.1.3-9] a connection that takes over in time cancels the will', (world) => {
  const watcher = watch(world)
  const options = mortal(will({ willDelayIntervalSeconds: 5 }), 3600)
  for (let round = 0; round < 4; round++) {
    world.connect({ ...options, shard: round % world.shardCount })
    world.pass(4_000)
  }
  world.pass(10_000)
  assert.deepEqual(watcher.payloads(), [])
})

worldTest('[MQTT-3.1.3-9] a take-over without a delay publishes the will', (world) => {
  const watcher = watch(world)
  world.connect(mortal(will(), 3600))
  world.connect(mortal(will({}, { payload: Buffer.from('second') }), 3600))
  assert.deepEqual(watcher.payloads(), ['gone'])
})

worldTest('[MQTT-3.1.3-9] a reconnect after a crash cancels the will as well', (world) => {
  watch(world)
  const options = mortal(will({ willDelayIntervalSeconds: 10 }, { qos: 1 }), 3600)
  world.connect(options).drop()
  world.crash()
  world.pass(5_000)
  world.connect(options)
  const watcher = world.connect({ clientId: 'watcher', cleanStart: false })
  world.pass(20_000)
  assert.deepEqual(watcher.payloads(), [])
})

worldTest('[MQTT-3.1.3-9] a will cancelled once is held for the next break', (world) => {
  const watcher = watch(world)
  const options = mortal(will({ willDelayIntervalSeconds: 5 }), 3600)
  world.connect(options).drop()
  world.pass(3_000)
  world.connect(options).drop()
  world.pass(4_800)
  assert.deepEqual(watcher.payloads(), [])
  world.pass(400)
  assert.deepEqual(watcher.payloads(), ['gone'])
})

worldTest('[MQTT-3.1.3-9] a delay longer than a timer of 32 bits does not wrap', (world) => {
  const watcher = watch(world)
  world.connect(mortal(will({ willDelayIntervalSeconds: NEVER }), NEVER)).drop()
  world.pass(60_000)
  assert.deepEqual(watcher.payloads(), [])
})

worldTest('[MQTT-3.1.3-10] user properties of the will keep their order', (world) => {
  const watcher = watch(world)
  const userProperties: Array<[string, string]> = [
    ['z', '1'],
    ['a', '2'],
    ['z', '3'],
    ['', ''],
    ['a', '2'],
  ]
  world.connect(mortal(will({ userProperties }))).drop()
  assert.deepEqual(watcher.take(PacketType.PUBLISH).properties, { userProperties })
})

worldTest('[MQTT-3.1.2-8] all properties of the will but its delay reach subscribers', (world) => {
  const watcher = watch(world)
  const properties: WillProperties = {
    payloadFormatIndicator: 1,
    contentType: 'text/plain',
    responseTopic: 'answers',
    correlationData: Buffer.from([1, 0, 2]),
    userProperties: [['k', 'v']],
  }
  const held = will({ ...properties, willDelayIntervalSeconds: 0 })
  world.connect(mortal(held)).drop()
  assert.deepEqual(watcher.take(PacketType.PUBLISH).properties, properties)
})

worldTest('[MQTT-3.1.2-8] the expiry of a will counts from its publication', (world) => {
  const watcher = watch(world)
  const properties = { willDelayIntervalSeconds: 30, messageExpiryIntervalSeconds: 20 }
  world.connect(mortal(will(properties, { retain: true }), 3600)).drop()
  world.pass(30_200)
  const message = watcher.take(PacketType.PUBLISH)
  assert.equal(message.properties.messageExpiryIntervalSeconds, 20)
  world.pass(15_000)
  const late = world.connect()
  late.subscribe('w')
  assert.equal(late.take(PacketType.PUBLISH).properties.messageExpiryIntervalSeconds, 5)
  world.pass(6_000)
  assert.deepEqual(watch(world).payloads(), [])
})

worldTest('[MQTT-3.1.2-8] a will stays behind the mountpoint of its client', (world) => {
  const outside = watch(world)
  const mountpoint = 'tenant/'
  const inside = world.connect({ mountpoint })
  inside.subscribe('w')
  world.connect({ ...mortal(will({ willDelayIntervalSeconds: 2 }), 60), mountpoint }).drop()
  world.crash()
  const again = world.connect({ mountpoint })
  again.subscribe('w')
  world.pass(2_200)
  assert.equal(again.take(PacketType.PUBLISH).topic, 'w')
  assert.deepEqual(outside.payloads(), [])
  assert.deepEqual(world.connect({ clientId: 'watcher', cleanStart: false }).payloads(), [])
})

worldTest('[MQTT-3.1.2-8] a will to a topic of the broker is refused with 0x90', (world) => {
  for (const topic of ['$SYS/brokers', '$delayed/5/$SYS/w', '$share/g/w']) {
    const client = world.dial(mortal(will({}, { topic })))
    client.tryConnect()
    expectRefused(client, 0x90)
  }
})

worldTest('[MQTT-3.1.2-8] a connection cut before its CONNACK cancels no will', (world) => {
  const watcher = watch(world)
  const options = mortal(will({ willDelayIntervalSeconds: 5 }), 3600)
  const { will: _, ...willess } = options
  for (let rounds = 0; rounds < 12; rounds++) {
    for (const connected of [false, true]) {
      const first = world.connect({ ...options, shard: 0 })
      if (!connected) first.drop()
      const second = world.dial({ ...willess, shard: world.shardCount - 1 })
      world.together(() => {
        second.sendBytes(second.connectBytes())
        for (let round = 0; round < rounds; round++) world.round()
        second.drop()
      })
      const accepted = second.packets.length > 0
      world.pass(10_000)
      assert.deepEqual(watcher.payloads(), accepted ? [] : ['gone'], `cut after ${rounds} rounds`)
      assert.equal(world.dial(willess).connect().sessionPresent, true)
      world.connect({ ...willess, cleanStart: true }).disconnect()
    }
  }
})
