import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Message } from '#broker/message.ts'
import { Gauge, Metric } from '#broker/metrics.ts'
import { Table } from '#broker/ports.ts'
import {
  KEY_TOPIC_BYTES_MAX,
  LONG_KEY_PROBES,
  longTopicKey,
  topicOrder,
} from '#broker/retained/retained-key.ts'
import { encodeRetained } from '#broker/retained/retained-record.ts'
import { MemoryDisk } from '#storage/memory/memory-store.ts'
import { Retainer } from './retainer.ts'

function open(settings = {}): Retainer {
  return new Retainer({ store: new MemoryDisk().open({ automatic: true }), settings })
}

function payloadAt(retainer: Retainer, topic: string): string | undefined {
  return retainer.retained.get(topic)?.payload.toString()
}

test('a retained message replaces the earlier one of its topic [MQTT-3.3.1-5]', () => {
  const retainer = open()
  assert.equal(retainer.set('t', 'first'), 'stored')
  assert.equal(retainer.set('t', 'second'), 'stored')
  assert.equal(payloadAt(retainer, 't'), 'second')
  assert.equal(retainer.retained.count, 1)
})

test('an empty payload deletes and is not kept itself [MQTT-3.3.1-6] [MQTT-3.3.1-7]', () => {
  const retainer = open()
  retainer.set('t')
  assert.equal(retainer.set('t', ''), 'deleted')
  assert.equal(retainer.retained.get('t'), undefined)
  assert.equal(retainer.set('t', ''), 'absent')
  assert.deepEqual(retainer.topics('#'), [])
  assert.equal(retainer.retained.count, 0)
  assert.equal(retainer.retained.bytes, 0)
})

test('everything of the message comes back, with bytes of its own kept in the store', () => {
  const retainer = open()
  const properties = Buffer.from([0x01, 0x01])
  const payload = Buffer.from('value')
  const entry = retainer.router.entryFor('a/é')
  const expiresAtMs = retainer.clock.nowMs() + 60_000
  const message = new Message(entry, payload, 2, true, properties, expiresAtMs, 'pub', 17, true)
  retainer.retained.set(message)
  payload.fill(0)
  const found = retainer.retained.get('a/é')
  assert.ok(found !== undefined)
  assert.equal(found.topic.topic, 'a/é')
  assert.equal(found.payload.toString(), 'value')
  assert.deepEqual(found.properties, properties)
  assert.equal(found.qos, 2)
  assert.equal(found.retain, true)
  assert.equal(found.expiresAtMs, expiresAtMs)
  assert.equal(found.publisher, 'pub')
  assert.equal(found.receivedAtMs, 17)
})

test('topics too long for a key are kept, found and deleted like others', () => {
  const retainer = open()
  const start = 'x'.repeat(1_024)
  const topics = [`${start}/a`, `${start}/b`, `${start}${'y'.repeat(60_000)}`]
  for (const topic of topics) assert.equal(retainer.set(topic, topic.slice(-3)), 'stored')
  assert.equal(retainer.set(topics[0]!, 'new'), 'stored')
  assert.equal(retainer.retained.count, 3)
  assert.equal(payloadAt(retainer, topics[0]!), 'new')
  assert.equal(payloadAt(retainer, topics[2]!), 'yyy')
  assert.equal(retainer.set(topics[1]!, ''), 'deleted')
  assert.equal(retainer.retained.get(topics[1]!), undefined)
  assert.deepEqual(retainer.topics(`${start}/+`), [topics[0]])
})

test('long topics with the same hash are told apart, as many as there are keys for them', () => {
  const retainer = open()
  const [one, other] = collidingTopics()
  retainer.set(one, 'one')
  retainer.set(other, 'other')
  assert.equal(payloadAt(retainer, one), 'one')
  assert.equal(payloadAt(retainer, other), 'other')
  assert.equal(retainer.set(one, ''), 'deleted')
  assert.equal(payloadAt(retainer, other), 'other')
  assert.equal(retainer.set(other, 'again'), 'stored')
  assert.equal(retainer.retained.count, 1)
  const order = topicOrder(one)
  const record = encodeRetained(retainer.message('a topic of the same hash'), 0)
  for (let probe = 0; probe < LONG_KEY_PROBES; probe++) {
    retainer.store.put(Table.RETAINED, longTopicKey(order, probe), record)
  }
  assert.equal(retainer.set(one, 'one'), 'refused:key_taken')
  assert.equal(retainer.retained.get(one), undefined)
  assert.equal(retainer.set(one, ''), 'absent')
  assert.equal(retainer.metrics.get(Metric.RETAINED_REFUSED_KEY_TAKEN), 1)
})

/** Two topics longer than a key whose keys are the same; a hash of 31 bits soon has them. */
function collidingTopics(): readonly [string, string] {
  const start = 'x'.repeat(KEY_TOPIC_BYTES_MAX)
  const seen = new Map<string, string>()
  for (let index = 0; index < 2_000_000; index++) {
    const topic = `${start}/${index}`
    const key = longTopicKey(topicOrder(topic), 0)
    const earlier = seen.get(key)
    if (earlier !== undefined) return [earlier, topic]
    seen.set(key, topic)
  }
  throw new Error('no two topics have the same hash')
}

test('limits refuse what is new and leave what there is, each with its reason and counter', () => {
  const retainer = open({ payloadBytesMax: 10, messagesMax: 2, totalBytesMax: 200 })
  retainer.set('a', 'old')
  assert.equal(retainer.set('a', 'x'.repeat(11)), 'refused:payload_too_large')
  assert.equal(payloadAt(retainer, 'a'), 'old')
  retainer.set('b')
  assert.equal(retainer.set('c'), 'refused:count_limit')
  assert.equal(retainer.set('a', 'changed'), 'stored')
  const totalBytesMax = retainer.retained.bytes
  retainer.settings = { ...retainer.settings, messagesMax: 0, totalBytesMax }
  assert.equal(retainer.set('c', '0123456789'), 'refused:byte_limit')
  assert.equal(retainer.set('a', '0123456789'), 'refused:byte_limit')
  // Above a limit that was lowered, what makes it better is still taken.
  retainer.settings = { ...retainer.settings, totalBytesMax: 10 }
  assert.equal(retainer.set('a', 'less'), 'stored')
  assert.equal(retainer.metrics.get(Metric.RETAINED_REFUSED_PAYLOAD_TOO_LARGE), 1)
  assert.equal(retainer.metrics.get(Metric.RETAINED_REFUSED_COUNT_LIMIT), 1)
  assert.equal(retainer.metrics.get(Metric.RETAINED_REFUSED_BYTE_LIMIT), 2)
})

test('an expired message is not delivered; its own expiry goes before the configured one', () => {
  const retainer = open({ messageExpiryMs: 10_000 })
  const nowMs = retainer.clock.nowMs()
  retainer.retained.set(retainer.message('own', 'x', 0, nowMs + 20_000))
  retainer.set('default')
  // The receivers are told the message's own expiry only.
  assert.equal(retainer.retained.get('own')?.expiresAtMs, nowMs + 20_000)
  assert.equal(retainer.retained.get('default')?.expiresAtMs, 0)
  retainer.clock.advance(10_000)
  assert.deepEqual(retainer.topics('#'), ['own'])
  retainer.clock.advance(10_000)
  assert.deepEqual(retainer.topics('#'), [])
  assert.equal(retainer.retained.get('own'), undefined)
})

test('a message that is expired when it comes takes the earlier one with it', () => {
  const retainer = open()
  retainer.set('t')
  const late = retainer.message('t', 'late', 0, retainer.clock.nowMs())
  assert.equal(retainer.retained.set(late), 'deleted')
  assert.equal(retainer.retained.get('t'), undefined)
})

test('a corrupt record is counted, left out and may be overwritten', () => {
  const retainer = open()
  retainer.set('a')
  retainer.set('b')
  const record = Buffer.from(retainer.store.get(Table.RETAINED, 'a') ?? [])
  record[record.length - 1]! ^= 1
  retainer.store.put(Table.RETAINED, 'a', record)
  assert.deepEqual(retainer.topics('#'), ['b'])
  assert.equal(retainer.metrics.get(Metric.RETAINED_CORRUPT), 1)
  assert.equal(retainer.set('a', 'whole'), 'stored')
  assert.equal(payloadAt(retainer, 'a'), 'whole')
})

test('messages are deleted by filter in bounded steps', () => {
  const retainer = open()
  for (let index = 0; index < 50; index++) retainer.set(`a/${index}`)
  retainer.set('b')
  retainer.set('$c')
  const cursor = retainer.retained.open('a/#')
  let steps = 1
  while (retainer.retained.removeNext(cursor, 20)) steps++
  assert.equal(steps, 3)
  assert.deepEqual(retainer.topics(undefined), ['$c', 'b'])
  const all = retainer.retained.open(undefined)
  while (retainer.retained.removeNext(all, 20));
  assert.equal(retainer.retained.count, 0)
})

test('retained messages and their count outlive a crash together', () => {
  const disk = new MemoryDisk()
  const store = disk.open()
  const before = new Retainer({ store })
  before.set('kept')
  store.commit()
  store.completeCommit()
  before.set('lost')
  assert.equal(before.retained.count, 2)
  disk.crash()
  const after = new Retainer({ store: disk.open({ automatic: true }) })
  assert.deepEqual(after.topics('#'), ['kept'])
  assert.equal(after.retained.count, 1)
  assert.equal(after.metrics.get(Gauge.RETAINED), 1)
  assert.ok(after.retained.bytes > 0)
})
