import assert from 'node:assert/strict'
import { describe } from 'node:test'
import { Gauge } from '#broker/metrics.ts'
import { worldTest } from '../support/world-test.ts'

/** As in connection.ts. */
const HELD_BYTES_HIGH = 16_384

describe('a client that sends and leaves without waiting for answers', () => {
  worldTest('is heard although its CONNECT was not decided when it left', (world) => {
    const subscriber = world.connect()
    subscriber.subscribe('#', { qos: 1 })
    const leaver = world.dial()
    world.together(() => {
      leaver.sendBytes(leaver.connectBytes())
      for (const qos of [0, 1, 1] as const) leaver.publish('a', `q${qos}`, { qos })
      leaver.drop()
    })
    assert.deepEqual(subscriber.payloads(), ['q0', 'q1', 'q1'])
    assert.equal(world.metric(Gauge.LIVE_CONNECTIONS), 1)
  })

  worldTest('has its will sent behind what it sent', (world) => {
    const subscriber = world.connect()
    subscriber.subscribe('#', { qos: 1 })
    const will = { topic: 'a', payload: Buffer.from('will'), qos: 1, retain: false } as const
    const leaver = world.dial({ will: { ...will, properties: { userProperties: [] } } })
    world.together(() => {
      leaver.sendBytes(leaver.connectBytes())
      leaver.publish('a', 'sent', { qos: 1 })
      leaver.drop()
    })
    assert.deepEqual(subscriber.payloads(), ['sent', 'will'])
  })

  worldTest('is read until much is held for it, and again afterwards', (world) => {
    let decide = (): void => {}
    world.access.authenticate = (_request, done) => {
      decide = () => done({ allowed: true, isSuperuser: false })
    }
    const client = world.dial()
    client.tryConnect()
    client.publish('a', 'x'.repeat(HELD_BYTES_HIGH - 100))
    assert.equal(client.wire.paused, false)
    client.publish('a', 'x'.repeat(100))
    assert.equal(client.wire.paused, true)
    decide()
    world.settle()
    assert.equal(client.wire.paused, false)
  })
})
