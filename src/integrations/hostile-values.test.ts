/** What devices send cannot do more than the owner of an action meant. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { DriverError } from '#drivers/driver-error.ts'
import type { Sink } from '#plugin/define-connector.ts'
import type { ValueMap } from '#plugin/value.ts'
import diskLog from './connectors/disk-log.ts'
import elasticsearch from './connectors/elasticsearch.ts'
import mongodb from './connectors/mongodb.ts'
import mqtt from './connectors/mqtt.ts'
import nats from './connectors/nats.ts'
import rabbitmq from './connectors/rabbitmq.ts'
import redis from './connectors/redis.ts'

const signal = new AbortController().signal

/** Writes a record; what was sent, or why not. */
async function write(sink: Sink, record: ValueMap, sent: readonly unknown[]): Promise<unknown> {
  try {
    const faults = await sink.write([record], signal, 0)
    return faults?.[0]?.reason ?? sent.at(-1)
  } catch (error) {
    assert.ok(error instanceof DriverError && error.kind === 'fatal', String(error))
    return error.message
  }
}

test('nats: subjects of the server are not for values', async () => {
  const sent: unknown[] = []
  const link = { publish: (all: readonly unknown[]) => Promise.resolve(void sent.push(...all)) }
  const open = (subject: string) =>
    nats.sink?.open(
      { subject, payload: '{"a":"${a}"}', headers: { h: '${a}' }, jetstream: false },
      link as never,
      {} as never,
    ) as Sink
  const evil = '$JS.API.STREAM.DELETE.x'
  assert.match(String(await write(open('${a}'), { a: evil }, sent)), /is of the server/)
  assert.match(String(await write(open('${a}'), { a: '_INBOX.x' }, sent)), /is of the server/)
  assert.deepEqual(await write(open('d.${a}'), { a: 'x *\r\n">' }, sent), {
    subject: 'd.x____"_',
    payload: String.raw`{"a":"x *\r\n\">"}`,
    headers: [['h', 'x *  ">']],
  })
  const { subject } = (await write(open('$KV.b.${a}'), { a: 'x' }, sent)) as { subject: string }
  assert.equal(subject, '$KV.b.x')
})

test('rabbitmq: a routing key that is too long fails its record alone', async () => {
  const sent: unknown[] = []
  const link = { publish: (all: readonly unknown[]) => Promise.resolve(void sent.push(...all)) }
  const keys = {
    exchange: 'e',
    routing_key: 'k.${a}',
    delivery_mode: 'persistent',
    payload_template: '${a}',
    wait_for_publish_confirmations: true,
    publish_confirmation_timeout: 1000,
  } as const
  const sink = rabbitmq.sink?.open(keys, link as never, {} as never) as Sink
  assert.match(String(await write(sink, { a: 'ä'.repeat(127) }, sent)), /256 bytes; 255 are/)
  await write(sink, { a: 'x' }, sent)
  assert.equal(sent.length, 1)
})

test('mqtt: what is no topic fails its record', async () => {
  const sent: unknown[] = []
  const link = { publish: (one: unknown) => Promise.resolve(void sent.push(one)) }
  const keys = { topic: 'up/${a}', qos: '1', retain: 'false', payload: '${a}' }
  const sink = mqtt.sink?.open(keys, { links: [link], server: '' } as never, {} as never) as Sink
  for (const a of ['#', 'b/+', 'x\0', 'x'.repeat(65_533)]) {
    assert.match(String(await write(sink, { a }, sent)), /is no topic that can be published to/)
  }
  assert.equal(sent.length, 0)
})

test('redis: a list is the fields of HSET where nothing else can stand', async () => {
  const sent: (readonly string[])[] = []
  const driver = {
    commands(all: readonly (readonly string[])[]) {
      sent.push(...all)
      return Promise.resolve([])
    },
  }
  const open = (...words: readonly string[]) =>
    redis.sink?.open({ command_template: words }, driver as never, {} as never) as Sink
  const record = { k: 'k', v: ['a', '1', 'b', { c: 2 }] }
  await write(open('HMSET', '${k}', '${v}'), record, sent)
  await write(open('hset', '${k}', 'x', '${k}', '${v}'), record, sent)
  await write(open('HSET', '${k}', 'x', '${v}'), record, sent)
  await write(open('SET', '${k}', '${v}'), record, sent)
  const json = '["a","1","b",{"c":2}]'
  assert.deepEqual(sent, [
    ['HMSET', 'k', 'a', '1', 'b', '{"c":2}'],
    ['hset', 'k', 'x', 'k', 'a', '1', 'b', '{"c":2}'],
    ['HSET', 'k', 'x', json],
    ['SET', 'k', json],
  ])
})

test('redis: the command is none of the values', () => {
  const check = (words: readonly string[]) => redis.sink?.check?.({ command_template: words })
  assert.throws(() => check(['${cmd}', 'k']), /first word/)
  check(['SET', '${k}', '${v}'])
})

test('mongodb and elasticsearch: documents are JSON, which is checked when they are made', () => {
  const wrong = '{"a": "${a}", }'
  assert.throws(
    () => mongodb.sink?.check?.({ collection: 'c', payload_template: wrong }),
    /no JSON/,
  )
  const keys = { ...ELASTIC, doc: wrong }
  assert.throws(() => elasticsearch.sink?.check?.(keys), /no JSON/)
})

const ELASTIC = {
  action: 'create',
  index: 'i',
  id: undefined,
  doc: '${a}',
  routing: undefined,
  require_alias: false,
  overwrite: true,
} as const

test('elasticsearch: a document is one line, and its numbers stay what they are', async () => {
  const bodies: string[] = []
  const body = Buffer.from('{"errors":false}')
  const request = ({ body: sent }: { body: string }) => {
    bodies.push(sent)
    return Promise.resolve({ body })
  }
  const sink = elasticsearch.sink?.open(ELASTIC, { request } as never, {} as never) as Sink
  await write(sink, { a: '{"n": 9007199254740993,\n"t": "x\\ny"}' }, [])
  assert.equal(bodies[0], '{"index":{"_index":"i"}}\n{"n": 9007199254740993, "t": "x\\ny"}\n')
  assert.match(String(await write(sink, { a: '{}\n{"delete":{"_index":"i"}}' }, [])), /no JSON/)
})

test('mongodb: collections of the server are not for values', async () => {
  const names: string[] = []
  const insert = (name: string) => Promise.resolve(names.push(name) && [])
  const deployment = { driver: { insert }, isAcknowledged: true } as never
  const keys = { collection: '${a}', payload_template: undefined }
  const sink = mongodb.sink?.open(keys, deployment, {} as never) as Sink
  assert.match(String(await write(sink, { a: 'system.js' }, [])), /is of the server/)
  await write(sink, { a: 'systems' }, [])
  assert.deepEqual(names, ['systems'])
})

test('disk_log: a record is one line, and JSON when its template is', async () => {
  const lines: string[] = []
  const file = { append: (text: string) => Promise.resolve(void lines.push(text)) }
  const open = (template: string) =>
    diskLog.sink?.open(
      { template, column_order: [], write_mode: 'async' },
      file as never,
      {} as never,
    ) as Sink
  const record = { a: 'x","admin":true,"y":"\r\n' }
  await write(open('{"a":"${a}"}'), record, lines)
  assert.deepEqual(JSON.parse(lines.at(-1) ?? ''), record)
  assert.equal(await write(open('a ${a}'), { a: '1\r\n2' }, lines), 'a 1\\r\\n2\n')
})
