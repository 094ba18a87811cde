/** Enhanced authentication (§4.12), with a method of questions and answers. */
import assert from 'node:assert/strict'
import { encodeAuth } from '#codec/mqtt/auth.ts'
import { PacketType } from '#codec/mqtt/packet-type.ts'
import { ReasonCode } from '#codec/mqtt/reason-codes.ts'
import type { Accepted, AuthenticateResult } from '#broker/ports.ts'
import { ByteWriter } from '#kernel/byte-writer.ts'
import { expectDisconnected, expectRefused } from '../../support/expect.ts'
import type { TestClient } from '../../support/test-client.ts'
import type { World } from '../../support/world.ts'
import { worldTest } from '../../support/world-test.ts'

const { CONTINUE_AUTHENTICATION, NOT_AUTHORIZED, PROTOCOL_ERROR, RE_AUTHENTICATE } = ReasonCode
const METHOD = 'RIDDLE'
const REFUSED = { allowed: false, reason: NOT_AUTHORIZED, reasonString: 'wrong' } as const
const IDLE_MS = 15_000

type Done = (result: AuthenticateResult) => void

/** Asks `rounds` questions, `?1` and so on; the answers are `!1` and so on. */
function askRiddles(world: World, rounds = 2, accepted: Partial<Accepted> = {}): void {
  const ask = (round: number, done: Done): void => {
    if (round > rounds) {
      const methodData = Buffer.from('well done')
      done({ allowed: true, isSuperuser: false, methodData, ...accepted })
      return
    }
    done({
      allowed: 'continue',
      methodData: Buffer.from(`?${round}`),
      next: (data, answered) => {
        if (Buffer.from(data).toString() === `!${round}`) ask(round + 1, answered)
        else answered(REFUSED)
      },
    })
  }
  world.access.authenticate = ({ method, methodData }, done) => {
    if (method !== METHOD) done(REFUSED)
    else if (Buffer.from(methodData ?? []).toString() === 'hello') ask(1, done)
    else done(REFUSED)
  }
}

function auth(client: TestClient, data: string, reason = 0x18, method = METHOD): void {
  const writer = new ByteWriter(64)
  encodeAuth(writer, reason, {
    authenticationMethod: method,
    authenticationData: Buffer.from(data),
  })
  client.sendBytes(Buffer.from(writer.bytes.subarray(0, writer.offset)))
}

function dial(world: World, more: Record<string, unknown> = {}): TestClient {
  const authenticationData = Buffer.from('hello')
  const properties = { authenticationMethod: METHOD, authenticationData, ...more }
  return world.dial({ clientId: 'c', properties })
}

/** What the broker asked, and that it named the method. */
function question(client: TestClient, reason: number = CONTINUE_AUTHENTICATION): string {
  const packet = client.take(PacketType.AUTH)
  assert.equal(packet.reason, reason)
  assert.equal(packet.properties.authenticationMethod, METHOD)
  return packet.properties.authenticationData?.toString() ?? ''
}

function connected(world: World): TestClient {
  const client = dial(world)
  client.sendBytes(client.connectBytes())
  auth(client, '!1')
  auth(client, '!2')
  assert.equal(client.packets.at(-1)?.type, PacketType.CONNACK)
  client.packets.length = 0
  return client
}

worldTest(
  '[MQTT-4.12.0-2] [MQTT-4.12.0-3] [MQTT-4.12.0-5] AUTH goes to and fro, then comes CONNACK',
  (world) => {
    askRiddles(world)
    const client = dial(world)
    client.sendBytes(client.connectBytes())
    assert.equal(question(client), '?1')
    auth(client, '!1')
    assert.equal(question(client), '?2')
    auth(client, '!2')
    const connack = client.take(PacketType.CONNACK)
    assert.equal(connack.reason, 0)
    assert.equal(connack.properties.authenticationMethod, METHOD)
    assert.equal(connack.properties.authenticationData?.toString(), 'well done')
    client.subscribe('a')
    client.publish('a', 'x')
    assert.deepEqual(client.payloads(), ['x'])
  },
)

worldTest('[MQTT-4.12.0-5] a method of one step is named in CONNACK at once', (world) => {
  askRiddles(world, 0)
  const client = dial(world)
  client.sendBytes(client.connectBytes())
  const [connack, ...others] = client.packets
  assert.equal(connack?.properties.authenticationMethod, METHOD)
  assert.deepEqual(others, [])
})

worldTest('[MQTT-4.12.0-4] a wrong answer is refused with CONNACK', (world) => {
  askRiddles(world)
  const client = dial(world)
  client.sendBytes(client.connectBytes())
  question(client)
  auth(client, 'no idea')
  expectRefused(client, NOT_AUTHORIZED)
})

worldTest('[MQTT-4.12.0-3] AUTH with another code than 0x18 does not go on', (world) => {
  for (const reason of [0x00, 0x19]) {
    askRiddles(world)
    const client = dial(world)
    client.sendBytes(client.connectBytes())
    question(client)
    auth(client, '!1', reason)
    expectRefused(client, PROTOCOL_ERROR)
  }
})

worldTest('[MQTT-4.12.0-5] AUTH with another method does not go on', (world) => {
  askRiddles(world)
  const client = dial(world)
  client.sendBytes(client.connectBytes())
  question(client)
  auth(client, '!1', 0x18, 'OTHER')
  expectRefused(client, PROTOCOL_ERROR)
})

worldTest('[MQTT-3.1.2-30] nothing but AUTH and DISCONNECT may come before CONNACK', (world) => {
  askRiddles(world)
  const client = dial(world)
  client.sendBytes(client.connectBytes())
  question(client)
  client.publish('a', 'x')
  expectRefused(client, PROTOCOL_ERROR)
  const leaving = dial(world)
  leaving.sendBytes(leaving.connectBytes())
  question(leaving)
  leaving.disconnect()
  assert.deepEqual(leaving.packets, [])
  assert.ok(leaving.closed)
})

worldTest('an exchange that the client does not go on with is ended', (world) => {
  askRiddles(world)
  const client = dial(world)
  client.sendBytes(client.connectBytes())
  question(client)
  world.pass(IDLE_MS + 200)
  assert.equal(client.closed, true)
})

worldTest('an answer that comes after the client has left changes nothing', (world) => {
  let answer: Done = () => {}
  world.access.authenticate = (_request, done) => {
    const next = (_data: Uint8Array, answered: Done): void => void (answer = answered)
    done({ allowed: 'continue', methodData: Buffer.from('?'), next })
  }
  const client = dial(world)
  client.sendBytes(client.connectBytes())
  auth(client, '!')
  world.pass(IDLE_MS + 200)
  assert.equal(client.closed, true)
  answer({ allowed: true, isSuperuser: false })
  world.settle()
  assert.equal(client.packets.filter(({ type }) => type === PacketType.CONNACK).length, 1)
})

worldTest('a CONNACK that is too large with its data is refused', (world) => {
  askRiddles(world, 0, { methodData: Buffer.alloc(500) })
  const client = dial(world, { maximumPacketSizeBytes: 300 })
  client.sendBytes(client.connectBytes())
  expectRefused(client, ReasonCode.PACKET_TOO_LARGE)
})

worldTest('a name that the exchange brings is that of the client', (world) => {
  askRiddles(world, 1, { username: 'oedipus' })
  let name: string | undefined
  const { authorizePublish } = world.access
  world.access.authorizePublish = (who, ...rest) => {
    name = who.username
    return authorizePublish(who, ...rest)
  }
  const client = dial(world)
  client.sendBytes(client.connectBytes())
  auth(client, '!1')
  client.publish('a', 'x')
  assert.equal(name, 'oedipus')
})

worldTest('re-authentication goes on beside everything else', (world) => {
  askRiddles(world)
  const client = connected(world)
  auth(client, 'hello', RE_AUTHENTICATE)
  assert.equal(question(client), '?1')
  client.subscribe('a')
  client.publish('a', 'x')
  assert.deepEqual(client.payloads(), ['x'])
  client.packets.length = 0
  auth(client, '!1')
  assert.equal(question(client), '?2')
  auth(client, '!2')
  assert.equal(question(client, ReasonCode.SUCCESS), 'well done')
  auth(client, 'hello', RE_AUTHENTICATE)
  assert.equal(question(client), '?1', 'and again')
})

worldTest('[MQTT-4.12.1-1] re-authentication by another method is a protocol error', (world) => {
  askRiddles(world)
  const client = connected(world)
  auth(client, 'hello', RE_AUTHENTICATE, 'OTHER')
  expectDisconnected(client, PROTOCOL_ERROR)
})

worldTest('[MQTT-4.12.1-2] a failed re-authentication ends the connection', (world) => {
  askRiddles(world)
  const client = connected(world)
  auth(client, 'hello', RE_AUTHENTICATE)
  question(client)
  auth(client, 'no idea')
  expectDisconnected(client, NOT_AUTHORIZED)
})

worldTest('a second re-authentication, and steps of none, are protocol errors', (world) => {
  askRiddles(world)
  const twice = connected(world)
  auth(twice, 'hello', RE_AUTHENTICATE)
  auth(twice, 'hello', RE_AUTHENTICATE)
  expectDisconnected(twice, PROTOCOL_ERROR)
  for (const reason of [0x00, 0x18]) {
    const client = connected(world)
    auth(client, '!1', reason)
    expectDisconnected(client, PROTOCOL_ERROR)
  }
})

worldTest('a re-authentication that is not completed in time ends the connection', (world) => {
  askRiddles(world)
  const client = connected(world)
  auth(client, 'hello', RE_AUTHENTICATE)
  world.pass(IDLE_MS - 500)
  assert.equal(client.closed, false)
  world.pass(1000)
  expectDisconnected(client, NOT_AUTHORIZED)
})

worldTest('the end of the credentials is the end of the connection (0xA0)', (world) => {
  world.access.authenticate = (_request, done) => {
    const expiresAtMs = world.nowMs + 60_000
    done({ allowed: true, isSuperuser: false, expiresAtMs, disconnectAtExpiry: true })
  }
  const client = world.connect({ keepAliveSeconds: 0 })
  world.pass(59_000)
  assert.equal(client.closed, false)
  world.pass(1200)
  expectDisconnected(client, ReasonCode.MAXIMUM_CONNECT_TIME)
})

worldTest('re-authentication puts the end of the credentials off', (world) => {
  let lastsMs = 60_000
  world.access.authenticate = (_request, done) => {
    const expiresAtMs = world.nowMs + lastsMs
    done({ allowed: true, isSuperuser: false, expiresAtMs, disconnectAtExpiry: true })
  }
  const client = dial(world)
  client.sendBytes(client.connectBytes())
  client.packets.length = 0
  lastsMs = 90_000_000
  auth(client, 'again', RE_AUTHENTICATE)
  question(client, ReasonCode.SUCCESS)
  for (let hour = 0; hour < 24; hour++) world.pass(3_600_000)
  client.ping()
  assert.equal(client.closed, false)
  world.pass(3_600_000)
  expectDisconnected(client, ReasonCode.MAXIMUM_CONNECT_TIME)
})

worldTest('credentials may end without the connection', (world) => {
  world.access.authenticate = (_request, done) => {
    const expiresAtMs = world.nowMs + 1000
    done({ allowed: true, isSuperuser: false, expiresAtMs, disconnectAtExpiry: false })
  }
  const client = world.connect({ keepAliveSeconds: 0 })
  world.pass(5000)
  assert.equal(client.closed, false)
})
