import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { kept } from '../support/sessions.ts'
import type { TestClient } from '../support/test-client.ts'
import { World } from '../support/world.ts'

/** Steps of a move, and of what follows, after which something happens. */
const MOVE_ROUNDS = 14
const LATER_ROUNDS = 6
const WILL = {
  topic: 't',
  payload: Buffer.from('m'),
  qos: 1,
  retain: false,
  properties: {},
} as const

/**
 * A session moves to shard 1. After some steps a message for it comes into being there, and some
 * steps later the process is killed: it may have been put aside until older ones are forwarded.
 * @returns what the client got, before and after
 */
function crashAround(
  rounds: number,
  later: number,
  prepare: (world: World) => TestClient,
  happen: (world: World, prepared: TestClient) => void,
): readonly string[] {
  const world = new World({ shards: 3 })
  const prepared = prepare(world)
  const before = world.connect(kept('mover', { shard: 0 }))
  before.subscribe('t', { qos: 1 })
  const mover = world.dial(kept('mover', { shard: 1 }))
  world.together(() => {
    mover.tryConnect()
    for (let round = 0; round < rounds; round++) world.round()
    happen(world, prepared)
    for (let round = 0; round < later; round++) world.round()
    world.crash()
  })
  world.pass(1_000)
  const again = world.connect(kept('mover', { shard: 2 }))
  return [...before.payloads(), ...mover.payloads(), ...again.payloads()]
}

describe('a message for a session that moves, when the broker is killed at any point', () => {
  test('is not lost: the will of another session', () => {
    for (let rounds = 0; rounds < MOVE_ROUNDS; rounds++) {
      for (let later = 0; later < LATER_ROUNDS; later++) {
        const got = crashAround(
          rounds,
          later,
          (world) => world.connect(kept('mourned', { shard: 1, will: WILL })),
          (_world, mourned) => mourned.drop(),
        )
        assert.deepEqual([...new Set(got)], ['m'], `after ${rounds} and ${later} rounds`)
      }
    }
  })

  test('is not lost: a delayed message', () => {
    for (let rounds = 0; rounds < MOVE_ROUNDS; rounds++) {
      for (let later = 0; later < LATER_ROUNDS; later++) {
        const got = crashAround(
          rounds,
          later,
          (world) => {
            const publisher = world.connect({ shard: 1 })
            publisher.publish('$delayed/1/t', 'm', { qos: 1 })
            world.pass(900)
            return publisher
          },
          (world) => world.pass(200),
        )
        assert.deepEqual([...new Set(got)], ['m'], `after ${rounds} and ${later} rounds`)
      }
    }
  })
})

/** What makes a message for `t` in shard 0, to be sent again if it has not left the store. */
const MAKERS = {
  'the will of a session': (world: World) => {
    world.connect(kept('mourned', { shard: 0, will: WILL })).drop()
  },
  'a delayed message': (world: World) => {
    world.connect({ shard: 0 }).publish('$delayed/1/t', 'm', { qos: 1 })
    world.pass(1_100)
  },
} as const

for (const [name, make] of Object.entries(MAKERS)) {
  for (const isTaken of [false, true]) {
    const when = isTaken ? 'leaves the store once' : 'stays in the store until'
    test(`${name} ${when} what is put aside for a session that moves is stored`, () => {
      const world = new World({ shards: 2 })
      world.connect(kept('keeper', { shard: 0 })).subscribe('t', { qos: 1 })
      const { core } = world.shards[0]!.broker
      const move = { role: 'target', peer: 1, marked: new Set<number>(), forwarded: false } as const
      const aside = { ...move, early: [], waiters: [] }
      core.hooks.routed = ({ topic }) => {
        if (topic.topic === 't') core.noteEarly(aside)
      }
      make(world)
      if (isTaken) {
        core.earlyTaken(aside)
        world.settle()
      }
      world.crash()
      const keeper = world.connect(kept('keeper', { shard: 0 }))
      world.pass(2_000)
      assert.deepEqual(keeper.payloads(), isTaken ? [] : ['m'])
    })
  }
}
