import assert from 'node:assert/strict'
import { describe } from 'node:test'
import { PacketType } from '#codec/mqtt/packet-type.ts'
import { kept } from '../../support/sessions.ts'
import type { TestClient } from '../../support/test-client.ts'
import { worldTest } from '../../support/world-test.ts'
import type { World } from '../../support/world.ts'

const SHARED = '$share/g/t/#'

function numbers(count: number, from = 0): string[] {
  return Array.from({ length: count }, (_, index) => `${from + index}`)
}

function publishAll(publisher: TestClient, payloads: readonly string[], qos: 0 | 1 | 2 = 1): void {
  for (const payload of payloads) publisher.publish('t/x', payload, { qos })
}

/** A persistent member that is away. */
function absentMember(world: World, clientId: string, shard: number, filter = SHARED): void {
  const member = world.connect(kept(clientId, { shard: shard % world.shardCount }))
  member.subscribe(filter, { qos: 2 })
  member.drop()
}

/** What all of them got, in the order of numbers. */
function together(...clients: readonly TestClient[]): string[] {
  return clients.flatMap((client) => client.payloads()).toSorted((a, b) => Number(a) - Number(b))
}

describe('members of a shared subscription', () => {
  worldTest('every group and every ordinary subscriber gets a message once', (world) => {
    const groups = ['$share/g/t/#', '$share/h/t/#', '$share/g/t/+', '$queue/t/#', '$queue/+/x']
    const members = groups.map((filter) => {
      const pair = [world.connect(), world.connect()]
      for (const member of pair) member.subscribe(filter)
      return pair
    })
    const ordinary = world.connect()
    ordinary.subscribe('t/#')
    publishAll(world.connect(), ['m'])
    for (const [index, pair] of members.entries()) {
      assert.deepEqual(together(...pair), ['m'], groups[index]!)
    }
    assert.deepEqual(ordinary.payloads(), ['m'])
  })

  worldTest('a client of a group and with a subscription of its own gets both', (world) => {
    const client = world.connect()
    client.subscribe(SHARED, { qos: 1, subscriptionIdentifier: 1 })
    client.subscribe('t/#', { qos: 2, subscriptionIdentifier: 2 })
    world.connect().publish('t/x', 'm', { qos: 2 })
    const got = client.messages().map(({ qos, properties }) => {
      return [qos, properties.subscriptionIdentifiers]
    })
    assert.deepEqual(
      new Map(got as Array<[number, number[]]>),
      new Map([
        [1, [1]],
        [2, [2]],
      ]),
    )
    assert.equal(got.length, 2)
  })

  worldTest('$queue is one group over all shards', (world) => {
    const members = [0, 1, 2].map((shard) => world.connect({ shard: shard % world.shardCount }))
    for (const member of members) assert.deepEqual(member.subscribe('$queue/t/#', { qos: 2 }), [2])
    const publisher = world.connect()
    publishAll(publisher, numbers(30), 2)
    const each = members.map((member) => member.payloads())
    assert.deepEqual(
      each.map(({ length }) => length),
      [10, 10, 10],
    )
    assert.deepEqual(
      each.flat().toSorted((a, b) => Number(a) - Number(b)),
      numbers(30),
    )
    for (const member of members) assert.deepEqual(member.unsubscribe('$queue/t/#'), [0])
    publishAll(publisher, ['m'])
    assert.deepEqual(together(...members), [])
  })

  worldTest('members that are away are passed over', (world) => {
    absentMember(world, 'away-0', 0)
    absentMember(world, 'away-1', 1)
    const present = world.connect()
    present.subscribe(SHARED, { qos: 1 })
    publishAll(world.connect(), numbers(20))
    assert.deepEqual(present.payloads(), numbers(20))
    assert.deepEqual(world.connect(kept('away-0')).payloads(), [])
  })

  worldTest('with nobody there a persistent member keeps the messages', (world) => {
    for (const [index, filter] of [SHARED, '$queue/t/#'].entries()) {
      absentMember(world, `a-${index}`, 0, filter)
      absentMember(world, `b-${index}`, 1, filter)
    }
    publishAll(world.connect(), numbers(20))
    world.crash()
    publishAll(world.connect(), numbers(10, 20))
    for (const index of [0, 1]) {
      const back = [world.connect(kept(`a-${index}`)), world.connect(kept(`b-${index}`))]
      assert.deepEqual(together(...back), numbers(30))
    }
  })

  worldTest('a publisher is told that a member keeps its message', (world) => {
    absentMember(world, 'away', 1)
    const publisher = world.connect()
    publisher.publish('t/x', 'm', { qos: 1 })
    assert.equal(publisher.take(PacketType.PUBACK).reason, 0)
    publisher.publish('u', 'm', { qos: 1 })
    assert.equal(publisher.take(PacketType.PUBACK).reason, 0x10)
  })

  worldTest('what a member has not acknowledged when it leaves goes to another', (world) => {
    for (const options of [kept('first', { autoAck: false }), { autoAck: false }]) {
      const first = world.connect(options)
      first.subscribe(SHARED, { qos: 1 })
      const publisher = world.connect()
      publishAll(publisher, numbers(10))
      const [, second] = first.messages()
      first.ack(PacketType.PUBACK, second!.packetId)
      const other = world.connect()
      other.subscribe(SHARED, { qos: 1 })
      first.drop()
      const expected = numbers(10).filter((payload) => payload !== '1')
      assert.deepEqual(other.payloads(), expected)
      other.drop()
      assert.deepEqual(world.connect(kept('first')).payloads(), [])
      world.connect({ clientId: 'first' }).disconnect()
    }
  })

  worldTest('what waits in the queue of a member that leaves goes to others', (world) => {
    const options = kept('first', { autoAck: false, properties: { receiveMaximum: 2 } })
    const first = world.connect(options)
    first.subscribe(SHARED, { qos: 2 })
    first.subscribe('mine', { qos: 1 })
    const publisher = world.connect()
    publishAll(publisher, numbers(10), 2)
    publisher.publish('mine', 'of its own', { qos: 1 })
    assert.deepEqual(first.payloads(), ['0', '1'])
    const others = [world.connect(), world.connect()]
    for (const other of others) other.subscribe(SHARED, { qos: 2 })
    first.drop()
    assert.deepEqual(together(...others), numbers(8, 2))
    const again = world.connect({ ...options, autoAck: true })
    assert.deepEqual(again.payloads(), ['0', '1', 'of its own'])
  })
})

describe('messages of a member that leaves', () => {
  worldTest('a long queue of a member is given to others completely', (world) => {
    const options = kept('first', { autoAck: false, properties: { receiveMaximum: 1 } })
    const first = world.connect(options)
    first.subscribe(SHARED, { qos: 1 })
    first.subscribe('mine', { qos: 1 })
    const publisher = world.connect()
    // More than a queue holds in memory, of both kinds, in turns and in blocks.
    for (let index = 0; index < 700; index++) {
      publisher.publish('mine', `own ${index}`, { qos: 1 })
      if (index % 2 === 0) publishAll(publisher, [`${index / 2}`])
    }
    publishAll(publisher, numbers(50, 350))
    const other = world.connect()
    other.subscribe(SHARED, { qos: 1 })
    first.drop()
    assert.deepEqual(together(other), numbers(400))
    const again = world.connect({ ...options, autoAck: true })
    assert.deepEqual(
      again.payloads(),
      numbers(700).map((index) => `own ${index}`),
    )
  })

  worldTest('the messages of a session that ends go to members that are away', (world) => {
    const first = world.connect({ autoAck: false, properties: { receiveMaximum: 5 } })
    first.subscribe(SHARED, { qos: 1 })
    publishAll(world.connect(), numbers(10))
    absentMember(world, 'away', 1)
    first.drop()
    world.crash()
    assert.deepEqual(world.connect(kept('away')).payloads(), numbers(10))
  })

  worldTest('a member that unsubscribes finishes what it has', (world) => {
    const first = world.connect({ autoAck: false, properties: { receiveMaximum: 2 } })
    first.subscribe(SHARED, { qos: 1 })
    const publisher = world.connect()
    publishAll(publisher, numbers(4))
    const other = world.connect()
    other.subscribe(SHARED, { qos: 1 })
    first.unsubscribe(SHARED)
    publishAll(publisher, ['4'])
    assert.deepEqual(other.payloads(), ['4'])
    for (const expected of [
      ['0', '1'],
      ['2', '3'],
    ]) {
      const messages = first.messages()
      assert.deepEqual(
        messages.map(({ payload }) => payload),
        expected,
      )
      for (const { packetId } of messages) first.ack(PacketType.PUBACK, packetId)
    }
  })

  worldTest('members that come and go lose and repeat nothing of QoS 1', (world) => {
    const clients = [0, 1, 2, 3].map((index) => {
      return world.connect(kept(`m${index}`, { shard: index % world.shardCount }))
    })
    for (const client of clients) client.subscribe(SHARED, { qos: 1 })
    const publisher = world.connect()
    const got: string[] = []
    for (let round = 0; round < 40; round++) {
      world.together(() => {
        const index = round % 4
        clients[index]!.drop()
        publishAll(publisher, numbers(5, round * 5))
        const shard = (round + index) % world.shardCount
        got.push(...clients[index]!.payloads())
        clients[index] = world.dial(kept(`m${index}`, { shard }))
        clients[index].tryConnect()
      })
    }
    got.push(...together(...clients))
    assert.deepEqual(
      got.toSorted((a, b) => Number(a) - Number(b)),
      numbers(200),
    )
  })

  worldTest('there are no retained messages for shared subscriptions', (world) => {
    world.connect().publish('t/x', 'kept', { retain: true, qos: 1 })
    const member = world.connect()
    member.subscribe([SHARED, '$queue/t/#'])
    assert.deepEqual(member.payloads(), [])
  })

  worldTest('memberships of sessions survive a restart', (world) => {
    absentMember(world, 'a', 0)
    absentMember(world, 'b', 1, '$queue/t/#')
    world.restart()
    publishAll(world.connect(), numbers(3))
    assert.deepEqual(world.connect(kept('a')).payloads(), numbers(3))
    assert.deepEqual(world.connect(kept('b')).payloads(), numbers(3))
  })

  worldTest('QoS 0 goes to a member that is there, or is kept by one', (world) => {
    absentMember(world, 'away', 1)
    const present = world.connect()
    present.subscribe(SHARED)
    publishAll(world.connect(), numbers(5), 0)
    assert.deepEqual(present.payloads(), numbers(5))
    present.drop()
    publishAll(world.connect(), numbers(5, 5), 0)
    assert.deepEqual(world.connect(kept('away')).payloads(), numbers(5, 5))
  })
})
