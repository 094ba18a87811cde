/** What a message that waits for actions is told when they fail and letters are left of it. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { PacketType } from '#codec/mqtt/packet-type.ts'
import { ProtocolVersion } from '#codec/mqtt/protocol-version.ts'
import { ReasonCode } from '#codec/mqtt/reason-codes.ts'
import type { ActionFailure } from '#streams/rules/action.ts'
import { World } from '../support/world.ts'
import { type ActionDone, addWaitingRule } from './support/waiting-rule.ts'

const AWAY: ActionFailure = { kind: 'out_of_service', reason: 'it is away' }
/** One more than rules may publish because of one message. */
const LIST = JSON.stringify({ n: [...Array(1001).keys()] })

/** A rule with one output per number of the list, whose action answers when the test says so. */
function startRule(act: (done: ActionDone) => void, shards = 1) {
  const world = new World({ shards })
  addWaitingRule(world, 'FOREACH payload.n FROM "in"', act, { deadLetterTopic: 'dead' })
  const stored = { version: ProtocolVersion.V311, cleanStart: false }
  const reader = world.connect({ clientId: 'reader', shard: shards - 1, ...stored })
  reader.subscribe('dead', { qos: 1 })
  return { world, reader, publisher: world.connect({ clientId: 'publisher', shard: 0 }) }
}

test('a message of which some output has no letter is not acknowledged as safe', () => {
  const { publisher } = startRule((done) => done(AWAY))
  publisher.publish('in', LIST, { qos: 1 })
  assert.equal(publisher.take(PacketType.PUBACK).reason, ReasonCode.IMPLEMENTATION_SPECIFIC_ERROR)
})

test('actions that fail later each leave a letter, stored before the acknowledgement', () => {
  const failLater: Array<() => void> = []
  const { world, reader, publisher } = startRule((done) => failLater.push(() => done(AWAY)))
  publisher.publish('in', LIST, { qos: 1 })
  assert.equal(failLater.length, 1001)
  world.holdCommits()
  world.together(() => {
    for (const fail of failLater) fail()
  })
  const acks = () => publisher.packets.filter(({ type }) => type === PacketType.PUBACK)
  assert.deepEqual(acks(), [])
  world.finishCommits()
  world.settle()
  assert.deepEqual(
    acks().map(({ reason }) => reason),
    [ReasonCode.NO_MATCHING_SUBSCRIBERS],
  )
  assert.ok(reader.payloads().length > 0)
})

test('a letter that goes to another shard is stored there before the acknowledgement', () => {
  const failLater: Array<() => void> = []
  const { world, reader, publisher } = startRule((done) => failLater.push(() => done(AWAY)), 2)
  publisher.publish('in', JSON.stringify({ n: [1] }), { qos: 1 })
  world.holdLink(0, 1)
  for (const fail of failLater) fail()
  world.settle()
  const acks = () => publisher.packets.filter(({ type }) => type === PacketType.PUBACK)
  assert.deepEqual(acks(), [])
  world.releaseLinks()
  assert.equal(acks().length, 1)
  assert.equal(reader.payloads().length, 1)
})
