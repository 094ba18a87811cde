import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { Access } from '#broker/ports.ts'
import type { Will } from '#codec/mqtt/connect.ts'
import { PacketType } from '#codec/mqtt/packet-type.ts'
import type { WillProperties } from '#codec/mqtt/properties.ts'
import { ProtocolVersion } from '#codec/mqtt/protocol-version.ts'
import { ReasonCode } from '#codec/mqtt/reason-codes.ts'
import { kept, kept311 } from '../../support/sessions.ts'
import type { ConnectOptions } from '../../support/test-client.ts'
import { worldTest } from '../../support/world-test.ts'
import { World } from '../../support/world.ts'

function will(payload: string, delaySeconds = 0, more: Partial<Will> = {}): Will {
  return {
    topic: 'will',
    payload: Buffer.from(payload),
    qos: 1,
    retain: false,
    properties: delaySeconds === 0 ? {} : { willDelayIntervalSeconds: delaySeconds },
    ...more,
  }
}

/** Subscribes a session that is away to all wills. */
function watch(world: World): void {
  const watcher = world.connect(kept('watcher'))
  watcher.subscribe('will', { qos: 2 })
  watcher.drop()
}

function seen(world: World): string[] {
  const watcher = world.connect(kept('watcher'))
  const payloads = watcher.payloads()
  watcher.drop()
  return payloads
}

describe('wills', () => {
  worldTest('may be delayed messages, and come over a restart', (world) => {
    watch(world)
    world.connect({ will: will('guest', 0, { topic: '$delayed/5/will' }) }).drop()
    const client = world.connect(kept('a', { will: will('a', 2, { topic: '$delayed/5/will' }) }))
    client.drop()
    world.pass(3_000)
    assert.deepEqual(seen(world), [])
    world.restart()
    world.pass(2_500)
    assert.deepEqual(seen(world), ['guest'])
    world.pass(2_000)
    assert.deepEqual(seen(world), ['a'])
  })

  worldTest('go to topics that start with $, as other messages do', (world) => {
    const watcher = world.connect()
    watcher.subscribe('$devices/#')
    world.connect({ will: will('gone', 0, { topic: '$devices/1' }) }).drop()
    assert.deepEqual(watcher.payloads(), ['gone'])
  })

  worldTest('are refused with 0x90 where no client can publish', (world) => {
    const topics = [
      '$SYS/brokers',
      '$share/g/t',
      '$queue/t',
      '$exclusive/t',
      '$delayed/5/$SYS/brokers',
      '$delayed/5/$share/g/t',
      '$delayed/5',
      '$delayed/soon/t',
      '$delayed/5/$delayed/5/t',
      '$delayed/5/a/#',
    ]
    for (const topic of topics) {
      const client = world.dial({ will: will('w', 0, { topic }) })
      const connack = client.tryConnect()
      assert.equal(connack?.reason, ReasonCode.TOPIC_NAME_INVALID, topic)
    }
  })

  worldTest('are sent once over any number of crashes and restarts', (world) => {
    watch(world)
    world.connect(kept('a', { will: will('a') }))
    world.connect(kept311('b', { will: will('b') }))
    world.connect(kept('c', { will: will('c', 10) }))
    world.crash()
    assert.deepEqual(seen(world).toSorted(), ['a', 'b'])
    world.pass(11_000)
    assert.deepEqual(seen(world), ['c'])
    world.crash()
    world.restart()
    world.pass(20_000)
    assert.deepEqual(seen(world), [])
  })

  worldTest('are sent after a restart to sessions that are loaded later, in any shard', (world) => {
    const names = Array.from({ length: 12 }, (_, index) => `both-${index}`)
    for (const name of names) {
      const client = world.connect(kept(name, { will: will(name) }))
      client.subscribe('will', { qos: 1 })
    }
    world.crash()
    for (const name of names) {
      // The own will as well: nothing says no local.
      assert.deepEqual(world.connect(kept(name)).payloads().toSorted(), names.toSorted())
    }
  })

  worldTest('have the rest of their delay after a crash', (world) => {
    watch(world)
    world.connect(kept('c', { will: will('c', 10) })).drop()
    world.pass(6_000)
    world.crash()
    world.pass(3_000)
    assert.deepEqual(seen(world), [])
    world.pass(1_500)
    assert.deepEqual(seen(world), ['c'])
  })

  worldTest('fall due while the broker is down', (world) => {
    watch(world)
    world.connect(kept('c', { will: will('c', 10) })).drop()
    world.nowMs += 11_000
    world.crash()
    world.pass(100)
    assert.deepEqual(seen(world), ['c'])
  })

  worldTest('of a session that expired while the broker was down are sent', (world) => {
    watch(world)
    const properties = { sessionExpiryIntervalSeconds: 5 }
    world.connect(kept('c', { will: will('c', 3_000), properties })).drop()
    world.nowMs += 60_000
    world.crash()
    world.pass(100)
    assert.deepEqual(seen(world), ['c'])
  })

  worldTest('are cancelled by a return in time, on any shard, also after a crash', (world) => {
    watch(world)
    for (const crash of [false, true]) {
      for (let shard = 0; shard < world.shardCount; shard++) {
        world.connect(kept('c', { will: will('c', 10), shard: 0 })).drop()
        if (crash) world.crash()
        world.pass(5_000)
        const back = world.connect(kept('c', { shard }))
        world.pass(10_000)
        back.disconnect()
        assert.deepEqual(seen(world), [])
      }
    }
  })

  worldTest('of the new connection take the place of those of the old one', (world) => {
    watch(world)
    world.connect(kept('c', { will: will('old', 10) })).drop()
    world.pass(5_000)
    world.connect(kept('c', { will: will('new', 10) })).drop()
    world.pass(20_000)
    assert.deepEqual(seen(world), ['new'])
  })

  worldTest('without a delay are sent when the session is taken over', (world) => {
    watch(world)
    for (let shard = 0; shard < world.shardCount; shard++) {
      world.connect(kept('c', { will: will('taken over'), shard: 0 }))
      world.connect(kept('c', { shard })).disconnect()
      assert.deepEqual(seen(world), ['taken over'])
    }
  })

  worldTest('with a delay are sent at once by a clean start, which ends the session', (world) => {
    watch(world)
    for (let shard = 0; shard < world.shardCount; shard++) {
      world.connect(kept('c', { will: will('ended', 100), shard: 0 })).drop()
      world.connect({ clientId: 'c', shard }).disconnect()
      assert.deepEqual(seen(world), ['ended'])
    }
  })
})

describe('the message of a will', () => {
  worldTest('keep what they said: QoS, retain and properties', (world) => {
    const properties: WillProperties = {
      willDelayIntervalSeconds: 1,
      messageExpiryIntervalSeconds: 100,
      contentType: 'text',
      correlationData: Buffer.from([0, 255, 1]),
      userProperties: [
        ['a', '1'],
        ['a', '2'],
      ],
    }
    world.connect(kept('c', { will: will('m', 0, { qos: 2, retain: true, properties }) }))
    world.crash()
    world.pass(2_000)
    const late = world.connect()
    late.subscribe('will', { qos: 2 })
    const message = late.take(PacketType.PUBLISH)
    assert.deepEqual([message.qos, message.retain, message.payload], [2, true, 'm'])
    assert.equal(message.properties.contentType, 'text')
    assert.deepEqual(message.properties.correlationData, properties.correlationData)
    assert.deepEqual(message.properties.userProperties, properties.userProperties)
    assert.equal(
      message.properties.messageExpiryIntervalSeconds,
      99,
      'one second since it was sent',
    )
  })

  worldTest('that the client may not publish are left out, the client is let in', (world) => {
    watch(world)
    world.access.authorizePublish = (_who, topic) => {
      return topic === 'will' ? Access.DENY : Access.ALLOW
    }
    const options: ConnectOptions[] = [
      { will: will('denied') },
      kept('c', { will: will('denied') }),
      { version: ProtocolVersion.V311, will: will('denied') },
    ]
    const connectAll = (): void => {
      for (const option of options) world.connect(option).drop()
    }
    connectAll()
    connectAll()
    world.pass(1_000)
    connectAll()
    world.crash()
    assert.deepEqual(seen(world), [])
    const lines = world.logLines.filter(({ message }) => message === 'will_left_out')
    assert.equal(lines.length, 2 * world.shardCount, 'once a second in each shard')
    const suppressed = lines.map(({ fields }) => Number(fields['suppressed'] ?? 0))
    const sum = suppressed.reduce((total, count) => total + count)
    assert.equal(sum, 2 * options.length - world.shardCount)
  })

  worldTest('wait for access that takes its time', (world) => {
    watch(world)
    const answers: Array<() => void> = []
    world.access.authorizePublish = (_who, _topic, _qos, _retain, done) => {
      answers.push(() => done(answers.length % 2 === 1))
      return Access.PENDING
    }
    const allowed = world.dial({ will: will('allowed') })
    allowed.tryConnect()
    assert.deepEqual(allowed.packets, [])
    answers[0]!()
    world.settle()
    allowed.take(PacketType.CONNACK)
    const denied = world.dial({ will: will('denied') })
    denied.tryConnect()
    answers[1]!()
    world.settle()
    denied.take(PacketType.CONNACK)
    const gone = world.dial({ will: will('gone') })
    gone.tryConnect()
    gone.drop()
    answers[2]!()
    world.settle()
    allowed.drop()
    denied.drop()
    assert.deepEqual(seen(world), ['gone', 'allowed'])
  })

  worldTest(
    'are rewritten like other messages',
    (world) => {
      watch(world)
      const subscriber = world.connect()
      subscriber.subscribe(['#', '$SYS/fake'])
      world.connect({ will: will('m', 0, { topic: 'old/x' }) }).drop()
      world.connect({ will: will('m', 0, { topic: 'sys' }) }).drop()
      assert.deepEqual(
        subscriber.messages().map(({ topic }) => topic),
        ['new/x'],
      )
    },
    {
      rewrite: [
        {
          action: 'publish',
          sourceTopic: 'old/#',
          regularExpression: '^old/(.+)$',
          destTopic: 'new/$1',
        },
        {
          action: 'publish',
          sourceTopic: 'sys',
          regularExpression: '^sys$',
          destTopic: '$SYS/fake',
        },
      ],
    },
  )

  test('are sent once at any point of a move between shards', () => {
    for (let rounds = 0; rounds < 14; rounds++) {
      const world = new World({ shards: 3 })
      watch(world)
      world.connect(kept('c', { will: will('first'), shard: 0 }))
      const second = world.dial(kept('c', { will: will('second'), shard: 1 }))
      world.together(() => {
        second.tryConnect()
        for (let round = 0; round < rounds; round++) world.round()
        second.drop()
      })
      const got = seen(world)
      // A client that left before its CONNECT was accepted has no will.
      const expected = second.packets.length === 0 ? ['first'] : ['first', 'second']
      assert.deepEqual(got.toSorted(), expected, `${rounds} rounds`)
      world.crash()
      assert.deepEqual(seen(world), [], `${rounds} rounds, and a crash`)
    }
  })
})
