/** Publishing, retained, delayed and waiting messages over the REST API, with real clients. */
import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import type { IPublishPacket } from 'mqtt'
import { type ManagedBroker, startManaged } from './support/managed-broker.ts'

describe('messages', () => {
  let managed: ManagedBroker
  before(async () => {
    managed = await startManaged({ shards: 2 })
  })
  after(() => managed.stop())

  const connect: ManagedBroker['connect'] = (...args) => managed.connect(...args)

  it('publishes with all properties', async () => {
    const client = await connect('reader')
    await client.subscribeAsync('props/#', { qos: 2 })
    const came = new Promise<IPublishPacket>((resolve) => {
      client.on('message', (_topic, _payload, packet) => resolve(packet))
    })
    const properties = {
      payload_format_indicator: 1,
      message_expiry_interval: 60,
      response_topic: 'answers',
      correlation_data: 'c-7',
      content_type: 'text/plain',
      user_properties: { colour: 'red' },
    }
    const body = { topic: 'props/1', payload: 'aGVsbG8=', payload_encoding: 'base64', qos: 2 }
    const reply = await managed.call('POST', '/publish', { body: { ...body, properties } })
    assert.equal(reply.status, 200)
    assert.match(reply.body.id, /^[0-9A-F]{32}$/)
    const packet = await came
    assert.equal(packet.payload.toString(), 'hello')
    assert.equal(packet.qos, 2)
    assert.equal(packet.properties?.responseTopic, 'answers')
    assert.equal(packet.properties?.correlationData?.toString(), 'c-7')
    assert.equal(packet.properties?.contentType, 'text/plain')
    assert.equal(packet.properties?.payloadFormatIndicator, true)
    assert.deepEqual({ ...packet.properties?.userProperties }, { colour: 'red' })
    assert.ok((packet.properties?.messageExpiryInterval ?? 0) <= 60)
  })

  it('says what became of a publish as EMQX does', async () => {
    const send = (body: unknown) => managed.call('POST', '/publish', { body })
    const unheard = await send({ topic: 'nobody/there', payload: 'x' })
    assert.equal(unheard.status, 202)
    assert.deepEqual(unheard.body, { reason_code: 16, message: 'no_matching_subscribers' })
    const wildcard = await send({ topic: 'a/+', payload: 'x' })
    assert.equal(wildcard.status, 400)
    assert.equal(wildcard.body.reason_code, 144)
    const large = await send({ topic: 'a', payload: 'x'.repeat(1024 * 1024 + 1) })
    assert.equal(large.status, 400)
    assert.equal(large.body.reason_code, 149)
    const notBase64 = await send({ topic: 'a', payload: '%', payload_encoding: 'base64' })
    assert.equal(notBase64.status, 400)
    assert.equal(notBase64.body.code, 'BAD_REQUEST')
    const bulk = [
      { topic: 'nobody/there', payload: 'x' },
      { topic: 'a/+', payload: 'x' },
    ]
    const both = await managed.call('POST', '/publish/bulk', { body: bulk })
    assert.equal(both.status, 400)
    assert.deepEqual(
      both.body.map(({ reason_code: reason }: { reason_code: number }) => reason),
      [16, 144],
    )
  })

  it('keeps the order of one topic over requests and shards', async () => {
    const client = await connect('ordered')
    await client.subscribeAsync('order/#', { qos: 1 })
    const seen: string[] = []
    const done = new Promise<void>((resolve) => {
      client.on('message', (_topic, payload) => {
        seen.push(payload.toString())
        if (seen.length === 100) resolve()
      })
    })
    for (let lot = 0; lot < 10; lot++) {
      const body = Array.from({ length: 10 }, (_, index) => {
        return { topic: 'order/1', payload: String(lot * 10 + index), qos: 1 }
      })
      assert.equal((await managed.call('POST', '/publish/bulk', { body })).status, 200)
    }
    await done
    assert.deepEqual(
      seen,
      Array.from({ length: 100 }, (_, index) => String(index)),
    )
  })

  it('lists, shows and deletes retained messages', async () => {
    for (let index = 0; index < 25; index++) {
      const topic = `kept/${String(index).padStart(2, '0')}`
      const body = { topic, payload: `p${index}`, retain: true, qos: 1, clientid: 'writer' }
      await managed.call('POST', '/publish', { body })
    }
    const topics = async (query: string) => {
      const { body } = await managed.call('GET', `/mqtt/retainer/messages?${query}`)
      return { names: body.data.map(({ topic }: { topic: string }) => topic), meta: body.meta }
    }
    const filter = `topic=${encodeURIComponent('kept/#')}`
    const first = await topics(`${filter}&limit=10`)
    assert.deepEqual([first.names[0], first.names.length], ['kept/00', 10])
    const second = await topics(`${filter}&limit=10&page=2`)
    assert.equal(second.names[0], 'kept/10')
    const third = await topics(`${filter}&limit=10&cursor=${first.meta.cursor}`)
    assert.deepEqual(third.names, second.names)
    const last = await topics(`${filter}&limit=10&page=3`)
    assert.deepEqual([last.names.length, last.meta.hasnext], [5, false])
    const one = await managed.call('GET', `/mqtt/retainer/message/${encodeURIComponent('kept/07')}`)
    assert.equal(Buffer.from(one.body.payload, 'base64').toString(), 'p7')
    assert.equal(one.body.from_clientid, 'writer')
    const path = `/mqtt/retainer/message/${encodeURIComponent('kept/07')}`
    assert.equal((await managed.call('DELETE', path)).status, 204)
    assert.equal((await managed.call('GET', path)).status, 404)
    const some = encodeURIComponent('kept/1+')
    assert.equal(
      (await managed.call('DELETE', `/mqtt/retainer/messages?topic=${some}`)).status,
      400,
    )
    assert.equal((await managed.call('DELETE', `/mqtt/retainer/messages?${filter}`)).status, 204)
    assert.deepEqual((await topics(filter)).names, [])
  })

  it('lists, shows and cancels delayed messages', async () => {
    for (const seconds of [300, 100, 200]) {
      const body = { topic: `$delayed/${seconds}/later/${seconds}`, payload: 'x', qos: 1 }
      assert.equal((await managed.call('POST', '/publish', { body })).status, 200)
    }
    const { body } = await managed.call('GET', '/mqtt/delayed/messages')
    const topics = body.data.map(({ topic }: { topic: string }) => topic)
    assert.deepEqual(topics, ['later/100', 'later/200', 'later/300'])
    const [{ msgid, node, delayed_interval: interval }] = body.data
    assert.equal(interval, 100)
    const path = `/mqtt/delayed/messages/${node}/${msgid}`
    const one = await managed.call('GET', path)
    assert.equal(Buffer.from(one.body.payload, 'base64').toString(), 'x')
    assert.equal((await managed.call('DELETE', path)).status, 204)
    assert.equal((await managed.call('DELETE', path)).status, 404)
    const filter = encodeURIComponent('later/#')
    assert.equal((await managed.call('DELETE', `/mqtt/delayed/messages/${filter}`)).status, 204)
    assert.deepEqual((await managed.call('GET', '/mqtt/delayed/messages')).body.data, [])
    const wrong = await managed.call('GET', `/mqtt/delayed/messages/${node}/zz`)
    assert.equal(wrong.body.code, 'MESSAGE_ID_SCHEMA_ERROR')
  })

  for (const [kind, options] of [
    ['stored', { clean: false, properties: { sessionExpiryInterval: 1000 } }],
    ['transient', {}],
  ] as const) {
    it(`shows the messages that wait for a client with a ${kind} session`, async () => {
      const clientId = `slow-${kind}`
      const receiveMaximum = 2
      const properties = { ...('properties' in options && options.properties), receiveMaximum }
      const client = await connect(clientId, { ...options, properties })
      client.handleMessage = () => {} // It acknowledges nothing.
      await client.subscribeAsync(`wait/${kind}`, { qos: 1 })
      const bulk = Array.from({ length: 7 }, (_, index) => {
        return { topic: `wait/${kind}`, payload: `m${index}`, qos: 1 }
      })
      await managed.call('POST', '/publish/bulk', { body: bulk })
      const list = async (what: string, query: string) => {
        const reply = await managed.call('GET', `/clients/${clientId}/${what}?${query}`)
        assert.equal(reply.status, 200, JSON.stringify(reply.body))
        const { data, meta } = reply.body
        return { payloads: data.map((one: { payload: string }) => one.payload), meta }
      }
      const inflight = await list('inflight_messages', 'payload=plain')
      assert.deepEqual(inflight.payloads, ['m0', 'm1'])
      assert.equal(inflight.meta.position, 'end_of_data')
      const first = await list('mqueue_messages', 'payload=plain&limit=3')
      assert.deepEqual(first.payloads, ['m2', 'm3', 'm4'])
      const rest = await list('mqueue_messages', `payload=plain&position=${first.meta.position}`)
      assert.deepEqual(rest.payloads, ['m5', 'm6'])
      assert.equal(rest.meta.position, 'end_of_data')
      const bytes = await list('mqueue_messages', 'payload=plain&max_payload_bytes=3B')
      assert.deepEqual(bytes.payloads, ['m2', 'm3'])
      const { body } = await managed.call('GET', `/clients/${clientId}`)
      assert.deepEqual([body.mqueue_len, body.inflight_cnt, body.inflight_max], [5, 2, 2])
    })
  }
})
