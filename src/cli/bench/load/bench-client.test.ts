import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { encodeConnack } from '#codec/mqtt/connack.ts'
import { encodePublish } from '#codec/mqtt/publish.ts'
import { encodeSuback } from '#codec/mqtt/suback.ts'
import { ByteWriter } from '#kernel/byte-writer.ts'
import { type NetWire, NO_RECEIVER, type WireReceiver } from '#net/net-wire.ts'
import { makePlan } from '../make-plan.ts'
import { LoadContext } from './load-context.ts'
import { MARK_BYTES, putMarkStart, putSequence } from './mark.ts'
import { Counter, makeSharedMemory } from './shared-state.ts'
import { Subscriber } from './subscriber.ts'
import { OrderTracker } from './track-order.ts'

const V5 = 5
const NO_BYTES = Buffer.alloc(0)

/** A wire that keeps what is written, and takes it at once or not. */
class FakeWire implements NetWire<undefined> {
  info: undefined
  receiver: WireReceiver = NO_RECEIVER
  onClosed = (): void => {}
  bufferedBytes = 0
  takenBytes = 0
  readonly written: Buffer[] = []
  takes = true
  isDestroyed = false

  start(): void {}
  holdReceived(): undefined {}
  pause(): void {}
  resume(): void {}
  end(): void {}

  write(chunks: readonly Buffer[]): boolean {
    for (const chunk of chunks) this.written.push(this.takes ? Buffer.from(chunk) : chunk)
    return this.takes
  }

  destroy(): void {
    this.isDestroyed = true
  }
}

interface Rig {
  readonly context: LoadContext
  readonly subscriber: Subscriber
  readonly wire: FakeWire
}

function makeRig(): Rig {
  const plan = { ...makePlan('pair', { publishers: 1, subscribers: 1, qos: 1 }), run: 7 }
  const context = new LoadContext(plan, makeSharedMemory(plan), 0)
  const streams = { tracker: new OrderTracker(1), first: 0, publisher: 0 }
  const subscriber = new Subscriber(context, 0, 's0', ['a'], streams)
  const wire = new FakeWire()
  subscriber.opened(wire)
  return { context, subscriber, wire }
}

function handshake(): Buffer {
  const w = new ByteWriter(64)
  encodeConnack(w, V5, false, 0)
  encodeSuback(w, V5, 1, [1])
  return Buffer.from(w.bytes.subarray(0, w.offset))
}

/** The shortest packet there is. */
const PINGRESP = Buffer.from([0xd0, 0])

function message(context: LoadContext, sequence: number, payloadBytes: number): Buffer {
  const payload = Buffer.alloc(payloadBytes, 1)
  if (payloadBytes >= MARK_BYTES) {
    putMarkStart(payload, 0, context.tag, 0)
    putSequence(payload, 0, sequence)
  }
  const w = new ByteWriter(payloadBytes + 64)
  const topic = Buffer.from('a')
  encodePublish(w, V5, 0x32, topic, sequence + 1, NO_BYTES, -1, 0, undefined, payload)
  return Buffer.from(w.bytes.subarray(0, w.offset))
}

function counted({ context }: Rig): [delivered: number, foreign: number, duplicated: number] {
  const { DELIVERED, FOREIGN, DUPLICATED } = Counter
  return [context.counters[DELIVERED]!, context.counters[FOREIGN]!, context.counters[DUPLICATED]!]
}

/** Acknowledgements among what was written, as packet identifiers. */
function pubacks({ wire }: Rig): number[] {
  const bytes = Buffer.concat(wire.written.slice(2))
  return Array.from({ length: bytes.length / 4 }, (_, n) => bytes.readUInt16BE(n * 4 + 2))
}

describe('packets that arrive in pieces', () => {
  for (const payloadBytes of [20, 5000]) {
    it(`count once wherever they are cut, ${payloadBytes} bytes`, () => {
      const { context } = makeRig()
      const packets = [0, 1, 2].map((n) => message(context, n, payloadBytes))
      const bytes = Buffer.concat([handshake(), PINGRESP, ...packets])
      const step = payloadBytes > 1000 ? 7 : 1
      for (let cut = 1; cut < bytes.length; cut += step) {
        const rig = makeRig()
        // The buffer is used again for the next read, as that of a thread is.
        const shared = Buffer.alloc(bytes.length)
        for (const part of [bytes.subarray(0, cut), bytes.subarray(cut)]) {
          shared.fill(0xee)
          part.copy(shared)
          rig.subscriber.receive(shared.subarray(0, part.length))
        }
        assert.deepEqual(counted(rig), [3, 0, 0], `cut at ${cut}`)
        assert.deepEqual(pubacks(rig), [1, 2, 3], `cut at ${cut}`)
      }
    })
  }

  it('count once when they come byte by byte', () => {
    const rig = makeRig()
    const bytes = Buffer.concat([handshake(), message(rig.context, 0, 3000)])
    for (const byte of bytes) rig.subscriber.receive(Buffer.from([byte]))
    assert.deepEqual(counted(rig), [1, 0, 0])
    assert.deepEqual(pubacks(rig), [1])
  })
})

describe('a subscriber', () => {
  it('does not count messages of other runs and other publishers', () => {
    const rig = makeRig()
    rig.subscriber.receive(handshake())
    const other = message(rig.context, 0, 64)
    other.writeUInt32LE(0x1234, other.length - 64)
    const stranger = message(rig.context, 0, 64)
    stranger.writeUInt32LE(9, stranger.length - 60)
    rig.subscriber.receive(Buffer.concat([other, stranger, message(rig.context, 0, 4)]))
    assert.deepEqual(counted(rig), [0, 3, 0])
  })

  it('leaves bytes alone that a transport still holds', () => {
    const rig = makeRig()
    rig.subscriber.receive(handshake())
    rig.wire.takes = false
    rig.subscriber.receive(message(rig.context, 0, 64))
    rig.wire.takes = true
    rig.subscriber.receive(message(rig.context, 1, 64))
    assert.deepEqual(pubacks(rig), [1, 2])
  })

  it('gives up on a malformed packet', () => {
    const rig = makeRig()
    rig.subscriber.receive(handshake())
    rig.subscriber.receive(Buffer.from([0x36, 0x02, 0x00, 0x00]))
    assert.equal(rig.wire.isDestroyed, true)
    assert.deepEqual(rig.context.problems, [['the broker sent a malformed packet', 1]])
  })
})
