import assert from 'node:assert/strict'
import { describe } from 'node:test'
import type { AutoSubscribeSettings } from '#broker/limits.ts'
import { Access } from '#broker/ports.ts'
import { ProtocolVersion } from '#codec/mqtt/protocol-version.ts'
import { ReasonCode } from '#codec/mqtt/reason-codes.ts'
import { kept } from '../../support/sessions.ts'
import { worldTest } from '../../support/world-test.ts'

function topic(
  text: string,
  more: Partial<AutoSubscribeSettings> = {},
): { autoSubscribe: AutoSubscribeSettings[] } {
  const plain = { qos: 1, noLocal: false, retainAsPublished: false, retainHandling: 0 } as const
  return { autoSubscribe: [{ topic: text, ...plain, ...more }] }
}

describe('automatic subscriptions', () => {
  worldTest(
    'are made for every client that connects, whatever its version',
    (world) => {
      for (const version of [ProtocolVersion.V31, ProtocolVersion.V311, ProtocolVersion.V5]) {
        const client = world.connect({ version })
        assert.equal(client.packets.length, 1, 'no SUBACK')
        world.connect().publish(`to/${client.clientId}`, 'm', { qos: 2 })
        const [message, ...more] = client.messages()
        assert.deepEqual([message?.payload, message?.qos], ['m', 1])
        assert.deepEqual(more, [])
      }
    },
    topic('to/${clientid}'),
  )

  worldTest(
    'know name, host and port',
    (world) => {
      const client = world.connect({ clientId: 'c', username: 'u' })
      world.connect().publish('c/u/127.0.0.1/1883', 'm')
      assert.deepEqual(client.payloads(), ['m'])
      const nameless = world.connect({ clientId: 'd' })
      world.connect().publish('d/undefined/127.0.0.1/1883', 'm')
      world.connect().publish('d//127.0.0.1/1883', 'm')
      assert.deepEqual(nameless.payloads(), [])
    },
    topic('${clientid}/${username}/${host}/${port}'),
  )

  worldTest(
    'get what is retained, each time or only when they are new',
    (world) => {
      world.connect({ clientId: 'publisher' }).publish('r', 'm', { retain: true, qos: 1 })
      const first = world.connect(kept('keeper'))
      assert.deepEqual(first.payloads(), ['m'])
      assert.deepEqual(world.connect(kept('keeper')).payloads(), [])
      assert.deepEqual(world.connect({ clientId: 'keeper' }).payloads(), ['m'])
    },
    topic('r', { retainHandling: 1 }),
  )

  worldTest(
    'belong to the session: they count while it is away, and can be given up',
    (world) => {
      const first = world.connect(kept('keeper'))
      first.drop()
      world.connect({ clientId: 'other' }).publish('t', 'm', { qos: 1 })
      world.crash()
      const second = world.connect(kept('keeper'))
      assert.deepEqual(second.payloads(), ['m'])
      assert.deepEqual(second.unsubscribe('t'), [0])
      world.connect({ clientId: 'other' }).publish('t', 'm', { qos: 1 })
      assert.deepEqual(second.payloads(), [])
    },
    topic('t'),
  )

  worldTest(
    'are not made where access says no',
    (world) => {
      world.access.authorizeSubscribe = (who) => {
        return who.clientId === 'denied' ? Access.DENY : Access.ALLOW
      }
      const denied = world.connect({ clientId: 'denied' })
      const allowed = world.connect({ clientId: 'allowed' })
      world.connect().publish('t', 'm')
      assert.deepEqual(denied.payloads(), [])
      assert.deepEqual(allowed.payloads(), ['m'])
    },
    topic('t'),
  )

  worldTest(
    'may be shared',
    (world) => {
      const members = [0, 1, 2].map((shard) => world.connect({ shard: shard % world.shardCount }))
      const publisher = world.connect({ clientId: 'publisher' })
      publisher.unsubscribe('$share/all/t')
      for (let index = 0; index < 9; index++) publisher.publish('t', 'm', { qos: 1 })
      assert.deepEqual(
        members.map((member) => member.payloads().length),
        [3, 3, 3],
      )
    },
    topic('$share/all/t'),
  )

  worldTest(
    'are replaced when the client subscribes itself',
    (world) => {
      const client = world.connect()
      assert.deepEqual(client.subscribe('t', { qos: 0 }), [ReasonCode.GRANTED_QOS_0])
      world.connect({ clientId: 'other' }).publish('t', 'm', { qos: 1 })
      assert.deepEqual(
        client.messages().map(({ qos }) => qos),
        [0],
      )
    },
    topic('t'),
  )

  worldTest(
    'follow the mountpoint of their listener',
    (world) => {
      const mounted = world.connect({ mountpoint: 'm/' })
      const plain = world.connect({ clientId: 'plain' })
      plain.publish('m/t', 'mounted')
      plain.publish('t', 'plain')
      assert.deepEqual(
        mounted.messages().map(({ topic: name, payload }) => [name, payload]),
        [['t', 'mounted']],
      )
      assert.deepEqual(plain.payloads(), ['plain'])
    },
    topic('t'),
  )
})
