import assert from 'node:assert/strict'
import { describe } from 'node:test'
import { kept } from '../../support/sessions.ts'
import { worldTest } from '../../support/world-test.ts'
import type { SettingsPatch, World } from '../../support/world.ts'

const TEN_A_SECOND: SettingsPatch = { retainer: { deliveryRate: 10 } }

function retain(world: World, count: number): void {
  const publisher = world.connect()
  for (let index = 0; index < count; index++) {
    publisher.publish(`r/${String(index).padStart(4, '0')}`, `${index}`, { qos: 1, retain: true })
  }
  publisher.drop()
}

function numbers(count: number): string[] {
  return Array.from({ length: count }, (_, index) => `${index}`)
}

describe('retained messages to a new subscriber', () => {
  worldTest('come all at once when there is no rate', (world) => {
    retain(world, 3_000)
    const subscriber = world.connect()
    subscriber.subscribe('r/#', { qos: 1 })
    assert.deepEqual(subscriber.payloads(), numbers(3_000))
  })

  worldTest(
    'come no faster than the rate',
    (world) => {
      retain(world, 45)
      const subscriber = world.connect()
      subscriber.subscribe('r/#', { qos: 1 })
      const got = subscriber.payloads()
      assert.equal(got.length, 10, 'what a second allows comes at once')
      for (let second = 1; second <= 4; second++) {
        world.pass(1_000)
        const more = subscriber.payloads()
        assert.ok(more.length <= 10, `${more.length} in a second`)
        got.push(...more)
      }
      assert.deepEqual(got, numbers(45))
    },
    TEN_A_SECOND,
  )

  worldTest(
    'do not hold up what is published meanwhile',
    (world) => {
      retain(world, 100)
      const subscriber = world.connect()
      subscriber.subscribe(['r/#', 'live'], { qos: 1 })
      subscriber.messages()
      world.connect().publish('live', 'now', { qos: 1 })
      assert.deepEqual(subscriber.payloads(), ['now'])
      subscriber.ping()
    },
    TEN_A_SECOND,
  )

  worldTest(
    'have a rate for each subscription',
    (world) => {
      retain(world, 30)
      const subscribers = [world.connect(), world.connect(), world.connect()]
      for (const subscriber of subscribers) subscriber.subscribe('r/#')
      for (const subscriber of subscribers) assert.equal(subscriber.messages().length, 10)
      world.pass(3_000)
      for (const subscriber of subscribers) assert.equal(subscriber.messages().length, 20)
    },
    TEN_A_SECOND,
  )

  worldTest(
    'stop when the client unsubscribes',
    (world) => {
      retain(world, 100)
      const subscriber = world.connect()
      subscriber.subscribe('r/#', { qos: 1 })
      assert.equal(subscriber.messages().length, 10)
      subscriber.unsubscribe('r/#')
      world.pass(10_000)
      assert.deepEqual(subscriber.payloads(), [])
    },
    TEN_A_SECOND,
  )

  worldTest(
    'stop when the session ends, and go on in one that is away',
    (world) => {
      retain(world, 30)
      const transient = world.connect()
      transient.subscribe('r/#', { qos: 1 })
      transient.drop()
      const client = world.connect(kept('keeper'))
      client.subscribe('r/#', { qos: 1 })
      const got = client.payloads()
      client.drop()
      world.pass(5_000)
      assert.equal(world.disk.size('queue'), 20, 'only the queue of the session that stays')
      got.push(...world.connect(kept('keeper')).payloads())
      assert.deepEqual(got, numbers(30))
    },
    TEN_A_SECOND,
  )

  worldTest(
    'begin again when the client subscribes again',
    (world) => {
      retain(world, 15)
      const subscriber = world.connect()
      subscriber.subscribe('r/#', { qos: 1 })
      assert.deepEqual(subscriber.payloads(), numbers(10))
      subscriber.subscribe('r/#', { qos: 1 })
      world.pass(5_000)
      assert.deepEqual(subscriber.payloads(), numbers(15))
    },
    TEN_A_SECOND,
  )

  worldTest(
    'are those of the time they are sent',
    (world) => {
      retain(world, 20)
      const subscriber = world.connect()
      subscriber.subscribe('r/#', { qos: 1 })
      subscriber.messages()
      const publisher = world.connect()
      publisher.publish('r/0015', 'changed', { qos: 1, retain: true })
      publisher.publish('r/0016', '', { qos: 1, retain: true })
      const live = subscriber.messages().map(({ payload, retain: flag }) => [payload, flag])
      assert.deepEqual(live, [
        ['changed', false],
        ['', false],
      ])
      world.pass(3_000)
      const rest = subscriber.messages()
      assert.ok(rest.every(({ retain: flag }) => flag))
      assert.deepEqual(
        rest.map(({ payload }) => payload),
        ['10', '11', '12', '13', '14', 'changed', '17', '18', '19'],
      )
    },
    TEN_A_SECOND,
  )

  for (const [limit, mqtt] of [
    ['messages', { queueMessagesMax: 100 }],
    ['bytes', { queueBytesMax: 4_096 }],
  ] as const) {
    worldTest(
      `wait for a client that takes them slowly, and push no ${limit} out of its queue`,
      (world) => {
        retain(world, 3_000)
        const subscriber = world.connect({ autoAck: false, properties: { receiveMaximum: 10 } })
        subscriber.subscribe('r/#', { qos: 1 })
        const got: string[] = []
        for (;;) {
          const messages = subscriber.messages()
          if (messages.length === 0) break
          got.push(...messages.map(({ payload }) => payload))
          for (const { packetId } of messages) subscriber.ack(4, packetId)
        }
        assert.deepEqual(got, numbers(3_000))
      },
      { mqtt },
    )
  }

  worldTest('go on in a session whose client leaves before it has taken them', (world) => {
    retain(world, 1_000)
    const slow = { autoAck: false, properties: { receiveMaximum: 5 } }
    const client = world.connect(kept('keeper', slow))
    client.subscribe('r/#', { qos: 1 })
    client.drop()
    world.pass(1_000)
    assert.equal(world.disk.size('queue'), 1_000, 'all are stored')
    assert.deepEqual(world.connect(kept('keeper')).payloads(), numbers(1_000))
  })

  worldTest('stop when the client unsubscribes with a thousand in its queue', (world) => {
    retain(world, 1_000)
    const subscriber = world.connect({ autoAck: false, properties: { receiveMaximum: 5 } })
    world.together(() => {
      subscriber.send('82 @ 0001 <> s"r/#" 01')
      for (let round = 0; round < 4; round++) world.round()
      subscriber.send('A2 @ 0002 <> s"r/#"')
    })
    assert.equal(subscriber.closed, false)
    const [first] = subscriber.messages()
    subscriber.ack(4, first?.packetId ?? 1)
    assert.equal(subscriber.closed, false)
  })
})
