import assert from 'node:assert/strict'
import { test } from 'node:test'
import { decode } from '#config/decode.ts'
import { kafkaProducer } from '#config/fields/integrations/kafka.ts'
import { parseHocon } from '#config/hocon/resolve.ts'
import type { KafkaMessage, KafkaProducer } from '#drivers/kafka-producer.ts'
import { kafkaSink } from './kafka-sink.ts'

const { signal } = new AbortController()

/** A producer that answers by hand how many partitions a topic has, and takes all messages. */
function fakeProducer() {
  const asked: { readonly answer: (count: number) => void; readonly fail: (e: Error) => void }[] =
    []
  const sent: string[] = []
  const producer: KafkaProducer = {
    partitionsOf: () => {
      const { promise, resolve, reject } = Promise.withResolvers<number>()
      asked.push({ answer: resolve, fail: reject })
      return promise
    },
    send(messages: readonly KafkaMessage[]) {
      for (const { value } of messages) sent.push(value.toString())
      return Promise.resolve()
    },
    check: () => Promise.resolve(),
    close: () => Promise.resolve(),
  }
  return { producer, asked, sent }
}

async function openSink(producer: KafkaProducer) {
  assert.ok(kafkaProducer.action)
  const text = JSON.stringify({ topic: 'to-${a}', message: { value: '${n}' } })
  const { value } = decode(kafkaProducer.action, parseHocon(text, 'test'))
  assert.ok(value)
  return kafkaSink(value, producer)
}

test('requests of a queue keep their order, whenever their topics are known', async () => {
  const { producer, asked, sent } = fakeProducer()
  const sink = await openSink(producer)
  const first = sink.write([{ a: 'x', n: 1 }], signal, 0)
  const second = sink.write([{ a: 'y', n: 2 }], signal, 0)
  const other = sink.write([{ a: 'y', n: 3 }], signal, 1)
  asked[1]?.answer(1)
  asked[2]?.answer(1)
  await other
  assert.deepEqual(sent, ['3'])
  asked[0]?.answer(1)
  await Promise.all([first, second])
  assert.deepEqual(sent, ['3', '1', '2'])
})

test('a request whose topic cannot be asked for holds up no other', async () => {
  const { producer, asked, sent } = fakeProducer()
  const sink = await openSink(producer)
  const failing = assert.rejects(sink.write([{ a: 'x', n: 1 }], signal, 0), /no answer/)
  const second = sink.write([{ a: 'y', n: 2 }], signal, 0)
  asked[1]?.answer(1)
  asked[0]?.fail(new Error('no answer'))
  await Promise.all([failing, second])
  assert.deepEqual(sent, ['2'])
  await sink.close?.()
})
