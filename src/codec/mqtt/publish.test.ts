import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ByteWriter } from '#kernel/byte-writer.ts'
import { Frame, FrameStatus, readFrame } from './frame.ts'
import type { PublishProperties } from './properties.ts'
import { ProtocolVersion } from './protocol-version.ts'
import {
  PublishView,
  decodePublish,
  decodePublishProperties,
  deliveryPropertiesLength,
  encodePublish,
  encodePublishHead,
  encodePublishProperties,
  forwardableProperties,
  publishFirstByte,
  publishFrameSize,
  validatePayloadFormat,
} from './publish.ts'
import { ReasonCode } from './reason-codes.ts'

const { V31, V311, V5 } = ProtocolVersion
const NONE = Buffer.alloc(0)

/** Body of a PUBLISH 5 of QoS 0 to topic `a`. */
function bodyWith(props: PublishProperties, payload: Buffer = NONE): Buffer {
  const w = new ByteWriter(16)
  encodePublish(
    w,
    V5,
    0x30,
    Buffer.from('a'),
    0,
    encodePublishProperties(props),
    -1,
    0,
    [],
    payload,
  )
  const frame = new Frame()
  assert.equal(readFrame(w.bytes, 0, w.offset, Infinity, frame, V5), FrameStatus.OK)
  return Buffer.from(w.bytes.subarray(frame.bodyStart, frame.bodyEnd))
}

function viewOf(body: Buffer, fromServer = false): PublishView {
  const view = new PublishView(fromServer)
  assert.equal(decodePublish(body, 0, 0, body.length, V5, view), undefined)
  return view
}

const EVERY: PublishProperties = {
  contentType: 'text',
  messageExpiryIntervalSeconds: 4_000_000_000,
  userProperties: [
    ['b', '1'],
    ['a', '2'],
    ['b', '1'],
  ],
  topicAlias: 9,
  responseTopic: 'r/t',
  payloadFormatIndicator: 1,
  correlationData: Buffer.from([1, 2]),
}

test('a view has offsets of everything the broker looks at', () => {
  const body = bodyWith(EVERY, Buffer.from('payload'))
  const view = viewOf(body)
  assert.equal(body.toString('utf8', view.topicStart, view.topicEnd), 'a')
  assert.equal(body.toString('utf8', view.payloadStart, view.payloadEnd), 'payload')
  assert.equal(body.toString('utf8', view.responseTopicStart, view.responseTopicEnd), 'r/t')
  assert.equal(view.topicAlias, 9)
  assert.equal(view.messageExpirySeconds, 4_000_000_000)
  assert.equal(view.payloadFormat, 1)
  assert.equal(view.hasUserProperties, true)
  assert.equal(view.forwardNeedsRewrite, true)
  const { propsStart, propsEnd } = view
  assert.deepEqual(decodePublishProperties(body, propsStart, propsEnd), EVERY)
})

test('a view that is used again forgets the packet before', () => {
  const view = new PublishView()
  const first = bodyWith(EVERY, Buffer.from('x'))
  assert.equal(decodePublish(first, 0, 0, first.length, V5, view), undefined)
  const fresh = new PublishView()
  const second = Buffer.from([0, 1, 0x61, 0x62])
  assert.equal(decodePublish(second, 1, 0, 4, V311, view), undefined)
  assert.equal(decodePublish(second, 1, 0, 4, V311, fresh), undefined)
  assert.deepEqual(view, fresh)
})

test('only alias, expiry and subscription identifiers ask for a rewrite', () => {
  const { topicAlias, messageExpiryIntervalSeconds, ...plain } = EVERY
  assert.equal(viewOf(bodyWith(plain)).forwardNeedsRewrite, false)
  assert.equal(viewOf(bodyWith({ topicAlias: topicAlias! })).forwardNeedsRewrite, true) // Is set.
  assert.ok(messageExpiryIntervalSeconds !== undefined)
  assert.equal(viewOf(bodyWith({ messageExpiryIntervalSeconds })).forwardNeedsRewrite, true)
  const ids = bodyWith({ subscriptionIdentifiers: [5] })
  assert.equal(viewOf(ids, true).forwardNeedsRewrite, true)
})

test(
  '[MQTT-3.3.2-4] [MQTT-3.3.2-15] [MQTT-3.3.2-16] [MQTT-3.3.2-17] [MQTT-3.3.2-18] ' +
    '[MQTT-3.3.2-20] what is forwarded is unaltered and in order',
  () => {
    const { topicAlias: _, messageExpiryIntervalSeconds: __, ...kept } = EVERY
    const body = bodyWith({ ...EVERY, subscriptionIdentifiers: [200, 3] })
    const forwarded = forwardableProperties(body, viewOf(body, true))
    assert.deepEqual(forwarded, encodePublishProperties(kept))
    const plain = bodyWith(kept)
    const view = viewOf(plain)
    const copy = forwardableProperties(plain, view)
    assert.deepEqual(copy, encodePublishProperties(kept))
    plain.fill(0)
    assert.deepEqual(copy, encodePublishProperties(kept), 'a copy, not a view')
  },
)

test('nothing to forward is an empty buffer', () => {
  const body = bodyWith({ topicAlias: 1, messageExpiryIntervalSeconds: 1 })
  assert.equal(forwardableProperties(body, viewOf(body)).length, 0)
  const none = bodyWith({})
  assert.equal(forwardableProperties(none, viewOf(none)).length, 0)
})

test('the number of user properties has a limit', () => {
  const body = bodyWith(EVERY)
  const view = new PublishView()
  assert.equal(decodePublish(body, 0, 0, body.length, V5, view, 3), undefined)
  const failure = decodePublish(body, 0, 0, body.length, V5, view, 2)
  assert.equal(failure?.reason, ReasonCode.QUOTA_EXCEEDED)
})

test('[MQTT-3.3.1-2] [MQTT-3.3.1-4] flags are judged without a frame, too', () => {
  const body = Buffer.from([0, 1, 0x61, 0, 1])
  const judge = (flags: number): string | undefined =>
    decodePublish(body, flags, 0, 5, V311, new PublishView())?.tag
  for (const flags of [6, 7, 14, 15]) assert.equal(judge(flags), '[MQTT-3.3.1-4]')
  for (const flags of [8, 9]) assert.equal(judge(flags), '[MQTT-3.3.1-2]')
  for (const flags of [0, 1, 2, 3, 4, 5, 10, 11, 12, 13]) assert.equal(judge(flags), undefined)
})

test('the bytes of the topic are not looked at', () => {
  const body = Buffer.from([0, 2, 0xff, 0x23])
  assert.equal(decodePublish(body, 0, 0, 4, V311, new PublishView()), undefined)
})

test('a payload is checked when it says it is UTF-8', () => {
  const good = bodyWith({ payloadFormatIndicator: 1 }, Buffer.from('工'))
  assert.equal(validatePayloadFormat(good, viewOf(good)), undefined)
  const bad = bodyWith({ payloadFormatIndicator: 1 }, Buffer.from([0xe5, 0xb7]))
  assert.equal(validatePayloadFormat(bad, viewOf(bad))?.reason, ReasonCode.PAYLOAD_FORMAT_INVALID)
  const unsaid = bodyWith({ payloadFormatIndicator: 0 }, Buffer.from([0xff]))
  assert.equal(validatePayloadFormat(unsaid, viewOf(unsaid)), undefined)
})

test('[MQTT-3.3.1-2] the first byte has no DUP with QoS 0', () => {
  assert.equal(publishFirstByte(0, false, true), 0x30)
  assert.equal(publishFirstByte(1, false, true), 0x3a)
  assert.equal(publishFirstByte(2, true, false), 0x35)
})

const PAYLOAD_SIZES = [0, 1, 100, 122, 123, 124, 130, 16_370, 16_380, 16_384, 70_000]

test('sizes are exact for every version, QoS and part, also where the length grows a byte', () => {
  const forward = encodePublishProperties({ contentType: 'x' })
  for (const version of [V31, V311, V5]) {
    for (const qos of [0, 1, 2]) {
      for (const size of PAYLOAD_SIZES) {
        for (const [expiry, alias, ids] of [
          [-1, 0, undefined],
          [0, 0, []],
          [4_294_967_295, 65_535, [1, 128, 268_435_455]],
        ] as const) {
          const w = new ByteWriter(1)
          const topic = alias > 0 ? NONE : Buffer.from('a/b')
          const payload = Buffer.alloc(size, 1)
          const first = publishFirstByte(qos, true, false)
          encodePublish(w, version, first, topic, 513, forward, expiry, alias, ids, payload)
          const props = forward.length + deliveryPropertiesLength(expiry, alias, ids)
          assert.equal(w.offset, publishFrameSize(version, topic.length, qos, props, size))
        }
      }
    }
  }
})

test('delivery adds expiry, alias and identifiers to what is forwarded', () => {
  const forward = encodePublishProperties({ contentType: 'x', userProperties: [['k', 'v']] })
  const w = new ByteWriter(1)
  encodePublish(w, V5, 0x30, NONE, 0, forward, 60, 7, [9, 300], Buffer.from('p'))
  const frame = new Frame()
  readFrame(w.bytes, 0, w.offset, Infinity, frame, V5)
  const view = new PublishView(true)
  const { bodyStart, bodyEnd } = frame
  assert.equal(decodePublish(w.bytes, frame.flags, bodyStart, bodyEnd, V5, view), undefined)
  assert.deepEqual(decodePublishProperties(w.bytes, view.propsStart, view.propsEnd), {
    contentType: 'x',
    userProperties: [['k', 'v']],
    messageExpiryIntervalSeconds: 60,
    topicAlias: 7,
    subscriptionIdentifiers: [9, 300],
  })
})

test('a head and its payload are the packet', () => {
  const payload = Buffer.alloc(200, 'z')
  const forward = encodePublishProperties({ contentType: 'x' })
  for (const version of [V311, V5]) {
    const whole = new ByteWriter(1)
    const head = new ByteWriter(1)
    const topic = Buffer.from('a/b')
    encodePublish(whole, version, 0x32, topic, 5, forward, 3, 2, [4], payload)
    encodePublishHead(head, version, 0x32, topic, 5, forward, 3, 2, [4], payload.length)
    const joined = Buffer.concat([head.bytes.subarray(0, head.offset), payload])
    assert.deepEqual(joined, whole.bytes.subarray(0, whole.offset))
  }
})

/** A writer that hands out a new block at every `ensure`, as the write blocks of sockets do. */
class BlockWriter extends ByteWriter {
  calls = 0
  override ensure(n: number): void {
    this.calls++
    this.bytes = Buffer.alloc(n, 0xee)
    this.offset = 0
  }
}

test('one ensure of the exact size comes before the first byte', () => {
  const w = new BlockWriter(1)
  const payload = Buffer.alloc(300, 1)
  encodePublish(w, V5, 0x32, Buffer.from('a'), 1, NONE, 60, 1, [1], payload)
  assert.equal(w.calls, 1)
  assert.equal(w.offset, w.bytes.length)
  encodePublishHead(w, V5, 0x32, Buffer.from('a'), 1, NONE, 60, 1, [1], payload.length)
  assert.equal(w.calls, 2)
  assert.equal(w.offset, w.bytes.length)
})

test('a PUBLISH larger than the protocol can say throws', () => {
  const w = new ByteWriter(16)
  const head = (payloadLength: number): void =>
    encodePublishHead(w, V311, 0x30, Buffer.from('a'), 0, NONE, -1, 0, undefined, payloadLength)
  head(268_435_455 - 3)
  assert.throws(() => head(268_435_455 - 2), RangeError)
})
