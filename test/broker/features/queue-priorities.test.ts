import assert from 'node:assert/strict'
import { describe } from 'node:test'
import { kept } from '../../support/sessions.ts'
import { worldTest } from '../../support/world-test.ts'
import type { SettingsPatch, World } from '../../support/world.ts'

function priorities(more: object = {}): SettingsPatch {
  return {
    mqtt: {
      queuePriorities: new Map([
        ['high', 200],
        ['low', 5],
      ]),
      ...more,
    },
  }
}

function away(world: World): void {
  const client = world.connect(kept('keeper'))
  client.subscribe(['high', 'low', 'other'], { qos: 1 })
  client.drop()
}

function publish(world: World, topic: string, count: number, from = 0): void {
  const publisher = world.connect()
  for (let index = 0; index < count; index++) {
    publisher.publish(topic, `${topic} ${from + index}`, { qos: 1 })
  }
}

function received(world: World): string[] {
  const client = world.connect(kept('keeper', { properties: { receiveMaximum: 1 } }))
  const payloads = client.payloads()
  client.drop()
  return payloads
}

describe('priorities in the queue of a session', () => {
  worldTest(
    'decide what comes first, in each the order of arrival',
    (world) => {
      away(world)
      for (const topic of ['other', 'low', 'high']) publish(world, topic, 3)
      world.crash()
      for (const topic of ['other', 'low', 'high']) publish(world, topic, 2, 3)
      const expected = ['high', 'low', 'other'].flatMap((topic) => {
        return [0, 1, 2, 3, 4].map((index) => `${topic} ${index}`)
      })
      assert.deepEqual(received(world), expected)
    },
    priorities(),
  )

  worldTest(
    'put topics without one first, if the owner wants it so',
    (world) => {
      away(world)
      for (const topic of ['low', 'high', 'other']) publish(world, topic, 1)
      assert.deepEqual(received(world), ['other 0', 'high 0', 'low 0'])
    },
    priorities({ queueDefaultPriority: 'highest' }),
  )

  worldTest(
    'do not starve what is lower',
    (world) => {
      away(world)
      publish(world, 'low', 3)
      publish(world, 'high', 35)
      const got = received(world)
      const places = got.flatMap((payload, index) => (payload.startsWith('low') ? [index] : []))
      assert.deepEqual(places, [10, 21, 32])
      assert.equal(got.length, 38)
      const high = got.filter((payload) => payload.startsWith('high'))
      assert.deepEqual(
        high,
        Array.from({ length: 35 }, (_, index) => `high ${index}`),
      )
    },
    priorities(),
  )

  worldTest(
    'decide what is dropped: the oldest of the lowest',
    (world) => {
      away(world)
      publish(world, 'high', 4)
      publish(world, 'low', 4)
      publish(world, 'high', 3, 4)
      assert.deepEqual(received(world), [
        ...Array.from({ length: 7 }, (_, index) => `high ${index}`),
        'low 3',
      ])
    },
    priorities({ queueMessagesMax: 8 }),
  )

  worldTest(
    'hold for clients that are there as well',
    (world) => {
      const client = world.connect({ autoAck: false, properties: { receiveMaximum: 1 } })
      client.subscribe(['high', 'low'], { qos: 1 })
      publish(world, 'low', 3)
      publish(world, 'high', 2)
      const got: string[] = []
      for (let round = 0; round < 5; round++) {
        for (const { payload, packetId } of client.messages()) {
          got.push(payload)
          client.ack(4, packetId)
        }
      }
      assert.deepEqual(got, ['low 0', 'high 0', 'high 1', 'low 1', 'low 2'])
    },
    priorities(),
  )
})
