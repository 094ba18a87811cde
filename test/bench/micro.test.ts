/**
 * Clear regressions of the hot path, by measures that do not depend on the machine: bytes allocated
 * for each message, and time as a multiple of a loop that any broker has to do.
 *
 * The limits are measured values with a margin (bytes 1.5 times, time 3 times); they may go
 * down when the code gets better. `npm run bench:micro shard` shows the values.
 */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { getHeapStatistics } from 'node:v8'
import { LoadContext } from '#cli/bench/load/load-context.ts'
import { Publisher } from '#cli/bench/load/publisher.ts'
import { makeSharedMemory } from '#cli/bench/load/shared-state.ts'
import { makeTopicSource } from '#cli/bench/load/topic-source.ts'
import { makePlan } from '#cli/bench/make-plan.ts'
import { Frame, FrameStatus, readFrame } from '#codec/mqtt/frame.ts'
import { ProtocolVersion } from '#codec/mqtt/protocol-version.ts'
import { decodePublish, encodePublish, PublishView } from '#codec/mqtt/publish.ts'
import { ByteWriter } from '#kernel/byte-writer.ts'
import { type NetWire, NO_RECEIVER } from '#net/net-wire.ts'
import { measureRig, referenceNs, RIGS } from './measure-rig.ts'
import type { RigOptions } from './shard-rig.ts'

const MESSAGES = 100_000
/** Many, because the statistics know the heap only to some 100 KB. */
const PLAIN_MESSAGES = 1_000_000
const NO_BYTES = Buffer.alloc(0)
/** Tries to keep a limit: with other work on the machine, code is compiled late or twice. */
const ROUNDS_MAX = 20
const RIG_TRIES_MAX = 5
/** The smallest object has more. */
const NOTHING_BYTES = 4

interface Limits {
  readonly bytes: number
  /** Multiples of the reference loop. */
  readonly units: number
}

const LIMITS: Readonly<Record<string, Limits>> = {
  'pair, QoS 0': { bytes: 400, units: 21 },
  'pair, QoS 1': { bytes: 800, units: 66 },
  'fan-out, QoS 0': { bytes: 100, units: 9 },
  'fan-out, QoS 1': { bytes: 400, units: 30 },
  'sparse, QoS 0': { bytes: 560, units: 48 },
}

/** Bytes that `run` allocates for each of the messages it reports: nothing, or the best of many. */
function allocatedPerMessage(run: () => number): number {
  let best = Infinity
  for (let round = 0; round < ROUNDS_MAX && best >= NOTHING_BYTES; round++) {
    const before = getHeapStatistics().total_allocated_bytes
    const count = run()
    best = Math.min(best, (getHeapStatistics().total_allocated_bytes - before) / count)
  }
  return best
}

describe('a message in a shard', () => {
  for (const [name, options] of Object.entries(RIGS)) {
    it(`${name}: allocates and takes no more than its limit`, () => {
      const limits = LIMITS[name]
      assert.ok(limits !== undefined, 'every rig has limits')
      let cost = costOf(options)
      const isKept = (): boolean => cost.bytes < limits.bytes && cost.units < limits.units
      for (let tries = 1; tries < RIG_TRIES_MAX && !isKept(); tries++) cost = costOf(options)
      assert.ok(cost.bytes < limits.bytes, `${cost.bytes.toFixed(0)} bytes`)
      assert.ok(cost.units < limits.units, `${cost.units.toFixed(1)} times the reference`)
    })
  }
})

/** The reference is measured beside it, because other programs slow both down. */
function costOf(options: RigOptions): Limits {
  const unit = referenceNs()
  const { bytesPerMessage, nsPerMessage } = measureRig(options, MESSAGES)
  return { bytes: bytesPerMessage, units: nsPerMessage / unit }
}

describe('the codec', () => {
  it('decodes and encodes PUBLISH without allocating', () => {
    const topic = Buffer.from('pair/7/data')
    const payload = Buffer.alloc(64)
    const writer = new ByteWriter(1 << 16)
    const frame = new Frame()
    const view = new PublishView()
    const { V5 } = ProtocolVersion
    const bytes = allocatedPerMessage(() => {
      for (let n = 0; n < PLAIN_MESSAGES; n++) {
        writer.offset = 0
        encodePublish(writer, V5, 0x32, topic, 7, NO_BYTES, -1, 0, undefined, payload)
        const status = readFrame(writer.bytes, 0, writer.offset, 1000, frame, V5)
        // Not by `assert`, which allocates.
        if (status !== FrameStatus.OK) throw new Error('the packet is not whole')
        decodePublish(writer.bytes, frame.flags, frame.bodyStart, frame.bodyEnd, V5, view)
      }
      return PLAIN_MESSAGES
    })
    assert.ok(bytes < NOTHING_BYTES, `${bytes.toFixed(1)} bytes`)
  })
})

describe('the load generator', () => {
  it('publishes without allocating', () => {
    const plan = makePlan('pair', { publishers: 1, subscribers: 1 })
    const context = new LoadContext(plan, makeSharedMemory(plan), 0)
    const topics = makeTopicSource({ ...plan, username: '', clientIdOf: () => 'p0' })
    const publisher = new Publisher(context, 0, 'p0', topics)
    const wire: NetWire<undefined> = {
      info: undefined,
      receiver: NO_RECEIVER,
      onClosed() {},
      bufferedBytes: 0,
      takenBytes: 0,
      start() {},
      holdReceived: () => undefined,
      pause() {},
      resume() {},
      write: () => true,
      end() {},
      destroy() {},
    }
    publisher.opened(wire)
    publisher.receive(Buffer.from([0x20, 3, 0, 0, 0])) // CONNACK
    publisher.remaining = Infinity
    const bytes = allocatedPerMessage(() => {
      let sent = 0
      while (sent < PLAIN_MESSAGES) sent += publisher.burst(32)
      return sent
    })
    assert.ok(bytes < NOTHING_BYTES, `${bytes.toFixed(1)} bytes`)
  })
})
