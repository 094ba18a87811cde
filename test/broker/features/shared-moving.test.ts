import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { kept } from '../../support/sessions.ts'
import { World } from '../../support/world.ts'

/** Rounds after which a take-over between three shards is certainly over. */
const ROUNDS_MAX = 14

describe('a member of a group that moves to another shard', () => {
  test('gets again what it has not acknowledged, not the others', () => {
    for (const shard of [0, 1]) {
      const world = new World({ shards: 3 })
      const first = world.connect(kept('mover', { shard: 0, autoAck: false }))
      first.subscribe('$share/g/t', { qos: 1 })
      const publisher = world.connect()
      for (const payload of ['1', '2']) publisher.publish('t', payload, { qos: 1 })
      const other = world.connect({ shard: 2 })
      other.subscribe('$share/g/t', { qos: 1 })
      const second = world.connect(kept('mover', { shard }))
      const got = second.messages().map(({ payload, dup }) => [payload, dup])
      assert.deepEqual(got, [
        ['1', true],
        ['2', true],
      ])
      assert.deepEqual(other.payloads(), [])
    }
  })

  for (const others of [false, true]) {
    const title = others ? 'with another member there' : 'as the only member'
    test(`loses and repeats nothing at any point of the move, ${title}`, () => {
      for (let rounds = 0; rounds <= ROUNDS_MAX; rounds++) {
        for (let shard = 0; shard < 3; shard++) {
          const world = new World({ shards: 3 })
          const publishers = [0, 1, 2].map((index) => world.connect({ shard: index }))
          const first = world.connect(kept('mover', { shard: 0 }))
          first.subscribe('$share/g/t', { qos: 1 })
          const other = world.connect({ shard: 2 })
          if (others) other.subscribe('$share/g/t', { qos: 1 })
          const second = world.dial(kept('mover', { shard: 1 }))
          world.together(() => {
            publishers[shard]!.publish('t', 'before', { qos: 1 })
            second.tryConnect()
            for (let round = 0; round < rounds; round++) world.round()
            for (const publisher of publishers) {
              publisher.publish('t', `during ${publisher.clientId}`, { qos: 1 })
            }
          })
          publishers[shard]!.publish('t', 'after', { qos: 1 })
          const at = `round ${rounds}, publisher of shard ${shard}`
          const expected = [
            'after',
            'before',
            'during client-0',
            'during client-1',
            'during client-2',
          ]
          // What the first connection had and did not acknowledge comes again.
          const later = [...second.payloads(), ...other.payloads()]
          assert.equal(new Set(later).size, later.length, `${at}: nothing comes twice`)
          const got = new Set([...first.payloads(), ...later])
          assert.deepEqual([...got].toSorted(), expected, at)
        }
      }
    })
  }
})
