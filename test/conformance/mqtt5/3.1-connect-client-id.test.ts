import assert from 'node:assert/strict'
import { PacketType } from '#codec/mqtt/packet-type.ts'
import { expectRefused } from '../../support/expect.ts'
import { worldTest } from '../../support/world-test.ts'

const CLIENT_ID_INVALID = 0x85

worldTest('[MQTT-3.1.3-5] client identifiers of 1 to 23 letters and digits are taken', (world) => {
  const characters = '0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ'
  for (let length = 1; length <= 23; length++) {
    const client = world.dial({ clientId: characters.slice(length, 2 * length) })
    assert.equal(client.connect().properties.assignedClientIdentifier, undefined)
  }
  for (const clientId of characters) world.connect({ clientId })
})

worldTest('[MQTT-3.1.3-5] longer identifiers and other characters are taken as well', (world) => {
  const ids = ['x'.repeat(24), 'x'.repeat(65_535), 'a/b#+$ ', 'ü€💡', '..', '$SYS', '%00']
  for (const clientId of ids) world.connect({ clientId })
})

worldTest(
  '[MQTT-3.1.3-6] [MQTT-3.1.3-7] [MQTT-3.2.2-16] an empty client identifier is replaced',
  (world) => {
    const clients = Array.from({ length: 20 }, (_, index) => {
      return world.dial({ clientId: '', cleanStart: index % 2 === 0 })
    })
    const ids = clients.map((client) => client.connect().properties.assignedClientIdentifier)
    assert.ok(ids.every((id) => id !== undefined && id !== ''))
    assert.equal(new Set(ids).size, ids.length)
    assert.ok(clients.every(({ closed }) => !closed))
  },
)

worldTest('[MQTT-3.1.3-7] the assigned identifier is the one that names the session', (world) => {
  const properties = { sessionExpiryIntervalSeconds: 3600 }
  const client = world.dial({ clientId: '', properties })
  const clientId = client.connect().properties.assignedClientIdentifier!
  client.subscribe('t', { qos: 1 })
  client.drop()
  world.connect().publish('t', 'm', { qos: 1 })
  const again = world.dial({ clientId, cleanStart: false, properties })
  const connack = again.connect()
  assert.equal(connack.sessionPresent, true)
  assert.equal(connack.properties.assignedClientIdentifier, undefined)
  assert.deepEqual(again.payloads(), ['m'])
})

worldTest(
  '[MQTT-3.1.3-7] [MQTT-3.2.2-16] an identifier taken from the user name is returned',
  (world) => {
    const empty = world.dial({ clientId: '', username: 'ursula' })
    assert.equal(empty.connect().properties.assignedClientIdentifier, 'ursula')
    const named = world.dial({ clientId: 'own', username: 'rudolf' })
    assert.equal(named.connect().properties.assignedClientIdentifier, undefined)
  },
  { mqtt: { useUsernameAsClientId: true } },
)

worldTest(
  '[MQTT-3.1.3-7] [MQTT-3.2.2-16] an identifier taken from the certificate is returned',
  (world) => {
    const info = { certCommonName: 'device-7' }
    const empty = world.dial({ clientId: '', info })
    assert.equal(empty.connect().properties.assignedClientIdentifier, 'device-7')
    const nameless = world.dial({ clientId: '' })
    assert.match(nameless.connect().properties.assignedClientIdentifier ?? '', /^auto-/)
  },
  { mqtt: { peerCertAsClientId: 'cn' } },
)

worldTest(
  '[MQTT-3.1.3-8] a client identifier that is too long is refused with 0x85',
  (world) => {
    world.connect({ clientId: 'x'.repeat(30) })
    const client = world.dial({ clientId: 'x'.repeat(31) })
    client.tryConnect()
    expectRefused(client, CLIENT_ID_INVALID)
    // Bytes count, not characters.
    const umlauts = world.dial({ clientId: 'ü'.repeat(16) })
    umlauts.tryConnect()
    expectRefused(umlauts, CLIENT_ID_INVALID)
  },
  { mqtt: { clientIdBytesMax: 30 } },
)

worldTest('[MQTT-3.1.3-8] a refused client identifier leaves the client who has it', (world) => {
  world.access.authenticate = ({ password }, done) => {
    if (password !== undefined) done({ allowed: true, isSuperuser: false })
    else done({ allowed: false, reason: CLIENT_ID_INVALID, reasonString: 'reserved' })
  }
  const owner = world.connect({ clientId: 'one', password: 'secret' })
  const other = world.dial({ clientId: 'one' })
  other.tryConnect()
  expectRefused(other, CLIENT_ID_INVALID)
  owner.ping()
  assert.equal(owner.take(PacketType.PINGRESP).type, PacketType.PINGRESP)
})
