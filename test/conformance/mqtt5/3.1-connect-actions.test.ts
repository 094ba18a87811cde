import assert from 'node:assert/strict'
import { PacketType } from '#codec/mqtt/packet-type.ts'
import { ReasonCode } from '#codec/mqtt/reason-codes.ts'
import { Access } from '#broker/ports.ts'
import type { AuthenticateResult } from '#broker/ports.ts'
import { bytesOf } from '../../golden/mqtt/golden.ts'
import { expectClosedSilently, expectRefused } from '../../support/expect.ts'
import { worldTest } from '../../support/world-test.ts'
import type { World } from '../../support/world.ts'

/** Reasons that access may give, each of which CONNACK may carry. */
const REFUSALS: readonly ReasonCode[] = [
  ReasonCode.UNSPECIFIED_ERROR,
  ReasonCode.IMPLEMENTATION_SPECIFIC_ERROR,
  ReasonCode.CLIENT_IDENTIFIER_NOT_VALID,
  ReasonCode.BAD_USER_NAME_OR_PASSWORD,
  ReasonCode.NOT_AUTHORIZED,
  ReasonCode.SERVER_UNAVAILABLE,
  ReasonCode.SERVER_BUSY,
  ReasonCode.BANNED,
  ReasonCode.BAD_AUTHENTICATION_METHOD,
  ReasonCode.QUOTA_EXCEEDED,
  ReasonCode.USE_ANOTHER_SERVER,
  ReasonCode.SERVER_MOVED,
  ReasonCode.CONNECTION_RATE_EXCEEDED,
]

function refuseAll(world: World, reason: ReasonCode): void {
  world.access.authenticate = (_request, done) => {
    done({ allowed: false, reason, reasonString: 'because' })
  }
}

/** Lets access decide later: answers to what was asked, in order. */
function delayAccess(world: World): Array<(result: AuthenticateResult) => void> {
  const asked: Array<(result: AuthenticateResult) => void> = []
  world.access.authenticate = (_request, done) => {
    asked.push((result) => {
      done(result)
      world.settle()
    })
  }
  return asked
}

const YES: AuthenticateResult = { allowed: true, isSuperuser: false }
const NO: AuthenticateResult = { allowed: false, reason: 0x87, reasonString: 'no' }

worldTest('[MQTT-3.1.4-2] a client that access refuses gets the reason and is closed', (world) => {
  for (const reason of REFUSALS) {
    refuseAll(world, reason)
    const client = world.dial()
    client.tryConnect()
    const connack = expectRefused(client, reason)
    assert.equal(connack.properties.reasonString, 'because')
  }
})

worldTest('[MQTT-3.1.4-2] a decision of access may take its time', (world) => {
  const asked = delayAccess(world)
  const refused = world.dial()
  assert.equal(refused.tryConnect(), undefined)
  const accepted = world.dial()
  assert.equal(accepted.tryConnect(), undefined)
  world.pass(5_000)
  asked[1]!(YES)
  asked[0]!(NO)
  expectRefused(refused, ReasonCode.NOT_AUTHORIZED)
  assert.equal(accepted.take(PacketType.CONNACK).reason, 0)
})

worldTest('[MQTT-3.1.4-2] a decision that does not come in time is a refusal', (world) => {
  const asked = delayAccess(world)
  const client = world.dial()
  client.tryConnect()
  world.pass(15_100)
  expectRefused(client, ReasonCode.UNSPECIFIED_ERROR)
  asked[0]!(YES)
  assert.equal(client.packets.length, 1)
})

worldTest('[MQTT-3.1.4-2] a client that left before it was refused leaves nothing', (world) => {
  const asked = delayAccess(world)
  const client = world.dial({ clientId: 'gone', properties: { sessionExpiryIntervalSeconds: 60 } })
  client.tryConnect()
  client.drop()
  asked[0]!(NO)
  assert.equal(
    world.shards.reduce((sum, { broker }) => sum + broker.core.connections.size, 0),
    0,
  )
  const again = world.dial({ clientId: 'gone', cleanStart: false })
  again.tryConnect()
  asked[1]!(YES)
  assert.equal(again.take(PacketType.CONNACK).sessionPresent, false)
})

worldTest('[MQTT-3.1.4-2] a refused client does not end another one of its name', (world) => {
  world.access.authenticate = ({ password }, done) => done(password === undefined ? NO : YES)
  const owner = world.connect({ clientId: 'one', password: 'pw' })
  const thief = world.dial({ clientId: 'one' })
  thief.tryConnect()
  expectRefused(thief, ReasonCode.NOT_AUTHORIZED)
  assert.equal(owner.closed, false)
})

worldTest('[MQTT-3.1.4-2] a client without what its mountpoint needs is refused', (world) => {
  const client = world.dial({ mountpoint: 'users/${username}/' })
  client.tryConnect()
  expectRefused(client, ReasonCode.NOT_AUTHORIZED)
})

worldTest('[MQTT-3.1.4-2] while the store cannot write, lasting sessions are refused', (world) => {
  for (const store of world.stores) store.setLimitReached(true)
  const options = { properties: { sessionExpiryIntervalSeconds: 60 } }
  const lasting = world.dial(options)
  lasting.tryConnect()
  expectRefused(lasting, ReasonCode.QUOTA_EXCEEDED)
  world.connect()
  for (const store of world.stores) store.setLimitReached(false)
  world.connect(options)
})

worldTest('[MQTT-3.1.4-5] an accepted CONNECT is answered by CONNACK 0x00', (world) => {
  const client = world.dial()
  assert.equal(client.connect().reason, 0)
  assert.equal(client.packets.length, 1)
  assert.equal(client.closed, false)
})

worldTest('[MQTT-3.1.4-6] what follows a refused CONNECT is not looked at', (world) => {
  const subscriber = world.connect()
  subscriber.subscribe('t')
  refuseAll(world, ReasonCode.NOT_AUTHORIZED)
  const client = world.dial()
  const publish = bytesOf('30 @ s"t" <> "m"')
  client.sendBytes(Buffer.concat([client.connectBytes(), publish]))
  client.sendBytes(publish)
  client.sendBytes(client.connectBytes())
  expectRefused(client, ReasonCode.NOT_AUTHORIZED)
  assert.deepEqual(subscriber.payloads(), [])
})

worldTest('[MQTT-3.1.4-6] what was sent while access decided is ignored if it refuses', (world) => {
  const subscriber = world.connect()
  subscriber.subscribe('t')
  const asked = delayAccess(world)
  const client = world.dial()
  client.sendBytes(Buffer.concat([client.connectBytes(), bytesOf('30 @ s"t" <> "1"')]))
  client.send('30 @ s"t" <> "2"')
  asked[0]!(NO)
  client.send('30 @ s"t" <> "3"')
  expectRefused(client, ReasonCode.NOT_AUTHORIZED)
  assert.deepEqual(subscriber.payloads(), [])
})

worldTest('[MQTT-3.1.4-5] what a client sends before CONNACK is done after it', (world) => {
  const subscriber = world.connect()
  subscriber.subscribe('t')
  const asked = delayAccess(world)
  const client = world.dial()
  client.sendBytes(Buffer.concat([client.connectBytes(), bytesOf('30 @ s"t" <> "1"')]))
  client.send('30 @ s"t" <> "2"')
  assert.deepEqual(subscriber.payloads(), [])
  asked[0]!(YES)
  assert.equal(client.packets[0]?.type, PacketType.CONNACK)
  assert.deepEqual(subscriber.payloads(), ['1', '2'])
})

for (const late of [false, true]) {
  const name = late ? 'once more for each subscription' : 'once'
  worldTest(
    `[MQTT-3.1.4-5] packets cut anywhere keep their order, access asked ${name}`,
    (world) => {
      if (late) {
        world.access.authorizeSubscribe = (_who, _filter, _qos, done) => {
          world.later(() => done(true))
          return Access.PENDING
        }
      }
      expectOrder(world)
    },
  )
}

function expectOrder(world: World): void {
  const stream = Buffer.concat([
    bytesOf('82 @ 00 01 <> s"t" 01'),
    bytesOf('30 @ s"t" <> "1"'),
    bytesOf('82 @ 00 02 <> s"u" 01'),
    bytesOf('30 @ s"t" <> "2"'),
    bytesOf('C0 00'),
    bytesOf('30 @ s"t" <> "3"'),
  ])
  for (let cut = 1; cut < stream.length; cut++) {
    const asked = delayAccess(world)
    const client = world.dial({ clientId: `cut-${cut}` })
    client.tryConnect()
    client.sendBytes(stream.subarray(0, cut))
    client.sendBytes(stream.subarray(cut, cut + 5))
    client.sendBytes(stream.subarray(cut + 5))
    asked[0]!(YES)
    assert.deepEqual(client.payloads(), ['1', '2', '3'], `cut after ${cut} bytes`)
    client.disconnect()
  }
}

worldTest('[MQTT-3.1.4-1] nothing follows the CONNACK of a CONNECT that is malformed', (world) => {
  const client = world.dial()
  client.send('10 @ s"MQTT" 05 03 00 00 <> s"c" C0 00')
  expectRefused(client, ReasonCode.MALFORMED_PACKET)
  client.packets.length = 0
  client.ping()
  expectClosedSilently(client)
})
