import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Message } from '../message.ts'
import { Router } from '../router/router.ts'
import { bodyItemLength, isBodyItem, readBodyItem, writeBodyItem } from './body-item.ts'

const router = new Router(0, { topicLevelsMax: 8, topicCacheEntriesMax: 100 })
const NO_BYTES = Buffer.alloc(0)

/** A message as it comes out of a packet, with something in front of its body. */
function received(topic: string, payload: string, isV5: boolean, properties = NO_BYTES): Message {
  const length = Buffer.alloc(2)
  length.writeUInt16BE(Buffer.byteLength(topic))
  const section = isV5 ? Buffer.concat([Buffer.from([properties.length]), properties]) : NO_BYTES
  const head = Buffer.concat([Buffer.from('??'), length, Buffer.from(topic), section])
  const source = Buffer.concat([head, Buffer.from(payload)])
  const message = new Message(
    router.entryFor(topic),
    source,
    0,
    false,
    properties,
    0,
    'Größe-1',
    1_700_000_000_123,
    true,
  )
  message.setPayloadRange(head.length, source.length)
  message.bodyStart = 2
  message.isBodyV5 = isV5
  return message
}

function written(message: Message): Buffer {
  const item = Buffer.alloc(bodyItemLength(message) + 10)
  assert.equal(writeBodyItem(item, 5, message), item.length - 5)
  return item
}

for (const isV5 of [false, true]) {
  test(`a message of MQTT ${isV5 ? '5' : '3'} comes out as it went in`, () => {
    const message = received('a/ü/c', 'payload', isV5)
    assert.ok(isBodyItem(message))
    const item = written(message)
    const read = readBodyItem(item, 5, item.length - 5, router)
    assert.ok(read !== undefined)
    assert.equal(read.topic, message.topic)
    assert.equal(read.payload.toString(), 'payload')
    assert.equal(read.publisher, 'Größe-1')
    assert.equal(read.receivedAtMs, 1_700_000_000_123)
    assert.equal(read.isBodyV5, isV5)
    assert.equal(read.properties.length, 0)
    const body = item.subarray(read.bodyStart, read.payloadEnd)
    assert.deepEqual(body, message.source.subarray(2))
  })

  test(`a damaged item of MQTT ${isV5 ? '5' : '3'} is not read`, () => {
    const item = written(received('a/ü/c', '', isV5))
    for (let end = 5; end < item.length - 5; end++) {
      assert.equal(readBodyItem(item, 5, end, router), undefined, `up to ${end}`)
    }
  })
}

test('what has properties, an expiry or bytes of its own goes another way', () => {
  const message = received('a', 'b', true, Buffer.from([0x01, 0x01]))
  assert.equal(isBodyItem(message), false)
  const plain = received('a', 'b', false)
  plain.own()
  assert.equal(isBodyItem(plain), false)
})
