/** Validations and transformations by REST, with real clients. */
import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { connectAsync, type IPublishPacket, type MqttClient } from 'mqtt'
import { type ManagedBroker, startManaged } from './support/managed-broker.ts'

const IMPLEMENTATION_SPECIFIC = 0x83

interface Received {
  readonly topic: string
  readonly text: string
  readonly packet: IPublishPacket
}

describe('messages that enter the broker', () => {
  let managed: ManagedBroker
  let device: MqttClient
  const received: Received[] = []
  let arrived: (() => void) | undefined

  before(async () => {
    managed = await startManaged({ shards: 2 })
    device = await connect('device')
    device.on('message', (topic, payload, packet) => {
      received.push({ topic, text: payload.toString(), packet })
      arrived?.()
    })
    await device.subscribeAsync('#', { qos: 2 })
  })
  after(async () => {
    await device.endAsync(true)
    await managed.stop()
  })

  async function connect(clientId: string): Promise<MqttClient> {
    const url = `mqtt://127.0.0.1:${managed.broker.port('tcp:default')}`
    const client = await connectAsync(url, { clientId, protocolVersion: 5, reconnectPeriod: 0 })
    client.on('error', () => {})
    return client
  }

  async function next(): Promise<Received> {
    if (received.length === 0) await new Promise<void>((resolve) => (arrived = resolve))
    const message = received.shift()
    assert.ok(message)
    return message
  }

  async function reasonOf(topic: string, payload: string, qos: 1 | 2 = 1): Promise<number> {
    try {
      const packet = await device.publishAsync(topic, payload, { qos })
      return (packet as { reasonCode?: number } | undefined)?.reasonCode ?? 0
    } catch (error) {
      return Number((error as { code?: unknown }).code)
    }
  }

  const add = async (path: string, body: object): Promise<void> => {
    const reply = await managed.call('POST', path, { body })
    assert.equal(reply.status, 201, JSON.stringify(reply.body))
  }
  const metricsOf = async (path: string) => (await managed.call('GET', `${path}/metrics`)).body

  it('are dropped when a validation fails, and their publisher is told', async () => {
    await managed.call('POST', '/schema_registry', {
      body: { name: 'point', type: 'json', source: '{"required": ["x"]}' },
    })
    const rule = {
      id: 'failed',
      sql: 'SELECT validation, clientid FROM "$events/schema_validation_failed"',
      actions: [{ function: 'republish', args: { topic: 'told', payload: '' } }],
    }
    await add('/rules', rule)
    await add('/schema_validations', {
      name: 'points',
      topics: ['in/+'],
      strategy: 'all_pass',
      failure_action: 'drop',
      checks: [
        { type: 'json', schema: 'point' },
        { type: 'sql', sql: 'SELECT payload.x AS x WHERE x > 0' },
      ],
    })
    assert.equal(await reasonOf('in/1', '{"x": 1}'), 0)
    assert.equal((await next()).text, '{"x": 1}')
    for (const wrong of ['{"x": 0}', '{"y": 1}', 'no json']) {
      assert.equal(await reasonOf('in/1', wrong), IMPLEMENTATION_SPECIFIC, wrong)
      assert.deepEqual(JSON.parse((await next()).text), {
        validation: 'points',
        clientid: 'device',
      })
    }
    assert.equal(await reasonOf('in/1', '{}', 2), IMPLEMENTATION_SPECIFIC)
    assert.equal((await next()).topic, 'told')
    assert.equal(await reasonOf('in/1/deeper', 'x'), 0)
    assert.equal((await next()).text, 'x')
    const published = await managed.call('POST', '/publish', {
      body: { topic: 'in/1', payload: 'x', qos: 1 },
    })
    assert.equal(published.body.reason_code, IMPLEMENTATION_SPECIFIC, JSON.stringify(published))
    await next()
    const { metrics } = await metricsOf('/schema_validations/validation/points')
    assert.deepEqual([metrics.matched, metrics.succeeded, metrics.failed], [6, 1, 5])
    const node = (await managed.call('GET', '/metrics?aggregate=true')).body
    assert.equal(node['messages.validation_failed'], 5)
    assert.equal(node['messages.validation_succeeded'], 1)
    const off = '/schema_validations/validation/points/enable/false'
    assert.equal((await managed.call('POST', off)).status, 204)
    assert.equal(await reasonOf('in/1', 'no json'), 0)
    assert.equal((await next()).text, 'no json')
    const gone = await managed.call('DELETE', '/schema_validations/validation/points')
    assert.equal(gone.status, 204)
    await managed.call('DELETE', '/rules/failed')
  })

  it('are changed by transformations in their order', async () => {
    const all = { topics: 'raw/#', failure_action: 'drop' }
    await add('/message_transformations', {
      ...all,
      name: 'decode',
      payload_decoder: { type: 'json' },
      payload_encoder: { type: 'json' },
      operations: [
        { key: 'topic', value: "concat([topic, '/', clientid])" },
        { key: 'payload.celsius', value: 'div(payload.raw, 10)' },
        { key: 'user_property.by', value: '"tideway"' },
        { key: 'retain', value: 'true' },
      ],
    })
    await add('/message_transformations', {
      ...all,
      name: 'never',
      topics: ['other'],
      operations: [{ key: 'payload', value: "'lost'" }],
    })
    const properties = { userProperties: { a: '1' }, contentType: 'json' }
    await device.publishAsync('raw/1', '{"raw": 215}', { qos: 1, properties })
    const { topic, text, packet } = await next()
    assert.deepEqual([topic, JSON.parse(text)], ['raw/1/device', { raw: 215, celsius: 21 }])
    assert.deepEqual({ ...packet.properties?.userProperties }, { a: '1', by: 'tideway' })
    assert.equal(packet.properties?.contentType, 'json')
    const kept = await managed.call('GET', '/mqtt/retainer/message/raw%2F1%2Fdevice')
    assert.equal(kept.status, 200)
    assert.equal(await reasonOf('raw/1', 'no json'), IMPLEMENTATION_SPECIFIC)
    const order = { body: { order: ['never', 'decode'] } }
    assert.equal(
      (await managed.call('POST', '/message_transformations/reorder', order)).status,
      204,
    )
    const listed = (await managed.call('GET', '/message_transformations')).body
    assert.deepEqual(
      listed.map(({ name }: { name: string }) => name),
      ['never', 'decode'],
    )
    const half = await managed.call('POST', '/message_transformations/reorder', {
      body: { order: ['never'] },
    })
    assert.equal(half.status, 400)
    const { metrics } = await metricsOf('/message_transformations/transformation/decode')
    assert.deepEqual([metrics.matched, metrics.succeeded, metrics.failed], [2, 1, 1])
    for (const name of ['never', 'decode']) {
      await managed.call('DELETE', `/message_transformations/transformation/${name}`)
    }
  })

  it('cost their publisher the connection when that is asked for, or nothing', async () => {
    const step = { topics: ['x'], strategy: 'any_pass', checks: [{ sql: 'SELECT 1 WHERE false' }] }
    await add('/schema_validations', { ...step, name: 'v', failure_action: 'ignore' })
    assert.equal(await reasonOf('x', 'goes on'), 0)
    assert.equal((await next()).text, 'goes on')
    const other = await connect('other')
    const closed = new Promise<number | undefined>((resolve) => {
      other.on('disconnect', ({ reasonCode }) => resolve(reasonCode))
    })
    const body = { ...step, name: 'v', failure_action: 'disconnect' }
    assert.equal((await managed.call('PUT', '/schema_validations', { body })).status, 200)
    other.publish('x', 'y')
    assert.equal(await closed, IMPLEMENTATION_SPECIFIC)
    await managed.call('DELETE', '/schema_validations/validation/v')
  })
})

describe('steps of messages', () => {
  let managed: ManagedBroker
  before(async () => {
    managed = await startManaged({ threads: 'inline' })
  })
  after(() => managed.stop())

  it('are refused with their place when they are wrong', async () => {
    const step = { name: 'w', topics: ['x'], failure_action: 'drop' }
    const refused = async (path: string, more: object): Promise<string> => {
      const { status, body } = await managed.call('POST', path, { body: { ...step, ...more } })
      assert.equal(status, 400, JSON.stringify(body))
      return body.message
    }
    const wrong = { operations: [{ key: 'topic', value: 'uper(topic)' }] }
    assert.match(await refused('/message_transformations', wrong), /did you mean upper/)
    const key = { operations: [{ key: 'topik', value: 'topic' }] }
    assert.match(await refused('/message_transformations', key), /there is no topik to set/)
    const sql = { strategy: 'all_pass', checks: [{ type: 'sql', sql: 'SELECT 1 FROM "x"' }] }
    assert.match(await refused('/schema_validations', sql), /leave FROM out/)
    const twice = { topics: ['a/#/b'], strategy: 'all_pass', checks: [{ sql: 'SELECT 1' }] }
    assert.match(await refused('/schema_validations', twice), /no filter/)
  })

  it('can be tried on a validation', async () => {
    const schema = { name: 'trial', type: 'json', source: '{"required": ["n"]}' }
    await managed.call('POST', '/schema_registry', { body: schema })
    const validation = {
      name: 'v',
      topics: ['#'],
      failure_action: 'drop',
      strategy: 'all_pass',
      checks: [
        { type: 'sql', sql: 'SELECT payload.n AS n WHERE n > 0' },
        { type: 'json', schema: 'trial' },
      ],
    }
    const dryRun = async (message: object, checks: readonly object[] = validation.checks) => {
      const body = { validation: { ...validation, checks }, message: { topic: 'a', ...message } }
      const { status, body: answer } = await managed.call('POST', '/schema_validations/dryrun', {
        body,
      })
      return { status, ...answer }
    }
    assert.deepEqual(await dryRun({ payload: '{"n": 1}' }), { status: 200, passed: true })
    const encoded = { payload: btoa('{"n": 1}'), payload_encoding: 'base64' }
    assert.deepEqual(await dryRun(encoded), { status: 200, passed: true })
    const none = await dryRun({ payload: '{"n": 0}' })
    assert.deepEqual(none, { status: 200, passed: false, reason: 'the SQL has no result' })
    const json = [{ type: 'json', schema: 'trial' }]
    assert.match((await dryRun({ payload: '{}' }, json)).reason, /n/)
    assert.match((await dryRun({ payload: '1' }, [{ type: 'sql', sql: 'SELEC' }])).message, /SELEC/)
  })

  it('can be tried on a transformation', async () => {
    const transformation = {
      name: 't',
      topics: ['#'],
      failure_action: 'drop',
      payload_decoder: { type: 'json' },
      payload_encoder: { type: 'json' },
      operations: [
        { key: 'payload.who', value: 'coalesce(username, clientid)' },
        { key: 'qos', value: '1' },
      ],
    }
    const message = { topic: 'a', payload: '{"n": 1}', username: 'u', user_property: { k: 'v' } }
    const path = '/message_transformations/dryrun'
    const { status, body } = await managed.call('POST', path, { body: { transformation, message } })
    assert.equal(status, 200, JSON.stringify(body))
    const payload = '{"n":1,"who":"u"}'
    const expected = { topic: 'a', payload, qos: 1, retain: false, user_property: { k: 'v' } }
    assert.deepEqual(body, expected)
    const bad = { transformation, message: { ...message, payload: 'x' } }
    const failed = await managed.call('POST', path, { body: bad })
    assert.equal(failed.status, 400)
    assert.match(failed.body.message, /no JSON/)
  })
})
