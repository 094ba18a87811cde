import assert from 'node:assert/strict'
import { describe } from 'node:test'
import { Metric } from '#broker/metrics.ts'
import { PacketType } from '#codec/mqtt/packet-type.ts'
import { ReasonCode } from '#codec/mqtt/reason-codes.ts'
import { expectRefused } from '../../support/expect.ts'
import { kept, kept311 } from '../../support/sessions.ts'
import { worldTest } from '../../support/world-test.ts'

describe('choices of the owner', () => {
  worldTest(
    'may deliver with the higher QoS of the two',
    (world) => {
      const subscribers = ([0, 1, 2] as const).map((granted) => {
        const client = world.connect()
        client.subscribe('t', { qos: granted })
        return client
      })
      const publisher = world.connect()
      for (const qos of [0, 1, 2] as const) publisher.publish('t', 'm', { qos })
      assert.deepEqual(
        subscribers.map((client) => client.messages().map(({ qos }) => qos)),
        [
          [0, 1, 2],
          [1, 1, 2],
          [2, 2, 2],
        ],
      )
    },
    { mqtt: { upgradeQos: true } },
  )

  worldTest(
    'may spare 3.x clients their own messages, who cannot ask for it',
    (world) => {
      const other = world.connect()
      other.subscribe('t')
      for (const version of [3, 4, 5] as const) {
        const client = world.connect({ version })
        client.subscribe('t', { qos: 1 })
        client.publish('t', 'own', { qos: 1 })
        assert.deepEqual(client.payloads(), version === 5 ? ['own'] : [])
        other.publish('t', 'theirs')
        assert.deepEqual(client.payloads(), ['theirs'])
        client.drop()
      }
    },
    { mqtt: { ignoreLoopDeliver: true } },
  )

  worldTest(
    'may end the wait for PUBREL',
    (world) => {
      const subscriber = world.connect()
      subscriber.subscribe('t', { qos: 2 })
      for (const options of [
        kept('five', { autoAck: false }),
        kept311('old', { autoAck: false }),
      ]) {
        const client = world.connect(options)
        client.publish('t', 'm', { qos: 2, packetId: 1 })
        world.pass(3_000)
        client.publish('t', 'm', { qos: 2, packetId: 2 })
        world.pass(4_700)
        client.packets.length = 0
        client.ack(PacketType.PUBREL, 1)
        client.ack(PacketType.PUBREL, 2)
        const reasons = client.packets.map(({ reason }) => reason)
        const late = client.version === 5 ? ReasonCode.PACKET_IDENTIFIER_NOT_FOUND : 0
        assert.deepEqual(reasons, [late, 0])
        assert.equal(world.disk.size('incoming'), 0)
        client.drop()
      }
      assert.equal(world.metric(Metric.MESSAGES_DROPPED_AWAIT_PUBREL_TIMEOUT), 2)
      assert.equal(subscriber.messages().length, 4)
    },
    { mqtt: { awaitRelTimeoutMs: 5_000 } },
  )

  worldTest(
    'may take the user name from the certificate',
    (world) => {
      const names: Array<string | undefined> = []
      world.access.authenticate = (request, done) => {
        names.push(request.username)
        done({ allowed: true, isSuperuser: false })
      }
      world.connect({ username: 'said', info: { certCommonName: 'device-7', certSubject: 'CN=x' } })
      world.connect({ username: 'said' })
      assert.deepEqual(names, ['device-7', 'said'])
    },
    { mqtt: { peerCertAsUsername: 'cn' } },
  )

  worldTest(
    'may limit the properties of a packet',
    (world) => {
      const properties = (count: number): string => '26 s"a" s"b"'.repeat(count)
      const client = world.connect()
      client.send(`30 @ s"t" <${properties(3)}> "m"`)
      assert.equal(client.closed, false)
      client.send(`82 @ 0001 <${properties(4)}> s"t" 00`)
      assert.equal(client.closed, true)
    },
    { mqtt: { userPropertiesMax: 3 } },
  )

  worldTest(
    'may limit the time until CONNECT',
    (world) => {
      const silent = world.dial()
      const slow = world.dial()
      slow.send('10 20')
      world.access.authenticate = () => {}
      const undecided = world.dial()
      undecided.tryConnect()
      world.pass(2_900)
      for (const client of [silent, slow, undecided]) assert.equal(client.closed, false)
      world.pass(300)
      assert.deepEqual([silent.packets, slow.packets], [[], []])
      assert.equal(silent.closed && slow.closed, true)
      expectRefused(undecided, ReasonCode.UNSPECIFIED_ERROR)
    },
    { mqtt: { idleTimeoutMs: 3_000 } },
  )

  worldTest(
    'may limit how many publishes of a client wait for the disk',
    (world) => {
      const keeper = world.connect(kept('keeper'))
      keeper.subscribe('t', { qos: 1 })
      keeper.drop()
      const publisher = world.connect({ version: 4 })
      world.holdCommits()
      world.together(() => {
        for (let index = 0; index < 25; index++) publisher.publish('t', `${index}`, { qos: 1 })
      })
      assert.equal(publisher.wire.paused, true, 'it is not read any more')
      assert.equal(publisher.packets.length, 1)
      world.finishCommits()
      assert.equal(publisher.wire.paused, false)
      const ids = publisher.packets.slice(1).map(({ packetId }) => packetId)
      assert.deepEqual(
        ids,
        Array.from({ length: 25 }, (_, index) => index + 1),
      )
      assert.equal(world.connect(kept('keeper')).messages().length, 25)
    },
    { mqtt: { pendingAcksMax: 10 } },
  )
})
