/** What MQTT 5 offers, used with MQTT.js. */
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import type { IConnackPacket, IDisconnectPacket } from 'mqtt'
import mqtt from 'mqtt'
import { BrokerProcess } from './broker-process.ts'
import { JsClient, urlOf } from './mqtt-js.ts'

const CONFIG = `
  mqtt { max_qos_allowed = 2, max_topic_alias = 10, response_information = "answers/" }
  mqtt.server_keepalive = 40
`

describe('MQTT 5 with MQTT.js', () => {
  let broker: BrokerProcess
  before(async () => {
    broker = await BrokerProcess.start(CONFIG)
  })
  after(async () => {
    JsClient.endAll()
    await broker.remove()
  })

  /** CONNACK for a client with these options. */
  async function connackFor(options: mqtt.IClientOptions): Promise<IConnackPacket> {
    const client = mqtt.connect(urlOf(broker, 'tcp:default'), {
      protocolVersion: 5,
      reconnectPeriod: 0,
      ...options,
    })
    const connack = await new Promise<IConnackPacket>((resolve) => client.once('connect', resolve))
    await client.endAsync()
    return connack
  }

  test('CONNACK tells the limits, a name, the keep alive and where answers go', async () => {
    const { properties, sessionPresent } = await connackFor({
      clientId: '',
      properties: { requestResponseInformation: true },
    })
    assert.equal(sessionPresent, false)
    assert.equal(properties?.maximumPacketSize, 1024 * 1024)
    assert.equal(properties?.topicAliasMaximum, 10)
    assert.equal(properties?.serverKeepAlive, 40)
    assert.equal(properties?.responseInformation, 'answers/')
    assert.ok((properties?.receiveMaximum ?? 0) > 0)
    assert.ok((properties?.assignedClientIdentifier ?? '').length > 0)
  })

  test('topic aliases work towards the broker and, where the client allows it, back', async () => {
    const subscriber = await JsClient.connect(broker, { properties: { topicAliasMaximum: 5 } })
    await subscriber.client.subscribeAsync('alias/#')
    const sent: Array<{ topic: string; alias: number | undefined }> = []
    const publisher = await JsClient.connect(broker, { autoAssignTopicAlias: true })
    publisher.client.on('packetsend', (packet) => {
      if (packet.cmd !== 'publish') return
      sent.push({ topic: packet.topic, alias: packet.properties?.topicAlias })
    })
    const aliases: Array<number | undefined> = []
    subscriber.client.on('packetreceive', (packet) => {
      if (packet.cmd === 'publish') aliases.push(packet.properties?.topicAlias)
    })
    for (const name of ['a', 'b', 'a', 'a', 'b']) {
      await publisher.client.publishAsync(`alias/${name}`, name, { qos: 1 })
    }
    const got = (await subscriber.messages(5)).map(({ topic }) => topic)
    assert.deepEqual(got, ['alias/a', 'alias/b', 'alias/a', 'alias/a', 'alias/b'])
    assert.deepEqual(
      sent.slice(2).map(({ topic }) => topic),
      ['', '', ''],
    )
    assert.deepEqual(aliases, [1, 2, 1, 1, 2])
    await Promise.all([subscriber.end(), publisher.end()])
  })

  test('a request finds its answer by response topic and correlation data', async () => {
    const worker = await JsClient.connect(broker)
    await worker.client.subscribeAsync('square')
    worker.client.on('message', (_topic, payload, { properties }) => {
      const { responseTopic, correlationData } = properties ?? {}
      if (responseTopic === undefined || correlationData === undefined) return
      const answer = String(Number(payload.toString()) ** 2)
      worker.client.publish(responseTopic, answer, { qos: 1, properties: { correlationData } })
    })
    const asker = await JsClient.connect(broker)
    await asker.client.subscribeAsync('answers/asker')
    for (const number of [3, 4]) {
      const correlationData = Buffer.from(`question ${number}`)
      await asker.client.publishAsync('square', String(number), {
        properties: { responseTopic: 'answers/asker', correlationData },
      })
    }
    const answers = (await asker.messages(2)).map(({ payload, packet }) => [
      packet.properties?.correlationData?.toString(),
      payload,
    ])
    assert.deepEqual(answers, [
      ['question 3', '9'],
      ['question 4', '16'],
    ])
    await Promise.all([worker.end(), asker.end()])
  })

  test('a will with delay and properties is sent, and withheld on return', async () => {
    const watcher = await JsClient.connect(broker)
    await watcher.client.subscribeAsync('js-wills/#', { qos: 1 })
    const connect = (clientId: string, willDelayInterval: number) =>
      JsClient.connect(broker, {
        clientId,
        clean: false,
        properties: { sessionExpiryInterval: 60 },
        will: {
          topic: `js-wills/${clientId}`,
          payload: Buffer.from('gone'),
          qos: 1,
          retain: false,
          properties: { willDelayInterval, userProperties: { why: 'test' }, contentType: 'text' },
        },
      })
    for (const [name, delay] of [
      ['returning', 1],
      ['lost', 2],
    ] as const) {
      const client = await connect(name, delay)
      client.cut()
      if (name === 'returning') await connect(name, delay)
    }
    const [will] = await watcher.messages(1)
    assert.equal(will?.topic, 'js-wills/lost')
    assert.deepEqual({ ...will?.packet.properties?.userProperties }, { why: 'test' })
    assert.equal(will?.packet.properties?.contentType, 'text')
    await watcher.end()
  })

  test('subscribe options: no local, retain as published, retain handling', async () => {
    const own = await JsClient.connect(broker)
    await own.client.publishAsync('js-options', 'kept', { qos: 1, retain: true })
    const other = await JsClient.connect(broker)
    await own.client.subscribeAsync('js-options', { qos: 1, nl: true, rh: 2, rap: true })
    await other.client.subscribeAsync('js-options', { qos: 1, rh: 1 })
    await other.client.subscribeAsync('js-options', { qos: 1, rh: 1 })
    await own.client.publishAsync('js-options', 'mine', { qos: 1, retain: true })
    await other.client.publishAsync('js-options', 'yours', { qos: 1, retain: true })
    const flags = (list: readonly { payload: string; packet: { retain: boolean } }[]) =>
      list.map(({ payload, packet }) => `${payload} ${packet.retain}`)
    assert.deepEqual(flags(await own.messages(1)), ['yours true'])
    assert.deepEqual(flags(await other.messages(3)), ['kept true', 'mine false', 'yours false'])
    await Promise.all([own.end(), other.end()])
  })

  test('reason codes say what happened to a message and to a subscription', async () => {
    const client = await JsClient.connect(broker)
    const reasons: Array<number | undefined> = []
    client.client.on('packetreceive', (packet) => {
      if (packet.cmd === 'puback' || packet.cmd === 'pubrec') reasons.push(packet.reasonCode)
    })
    await client.client.publishAsync('nobody/listens', 'x', { qos: 1 })
    await client.client.publishAsync('nobody/listens', 'x', { qos: 2 })
    assert.deepEqual(reasons, [0x10, 0x10])
    const holder = await JsClient.connect(broker)
    await holder.client.subscribeAsync('$exclusive/a')
    await assert.rejects(client.client.subscribeAsync('$exclusive/a'), /./)
    await holder.end()
    await assert.rejects(client.client.publishAsync('$delayed/x/a', 'x', { qos: 1 }), /./)
    assert.equal(reasons.at(-1), 0x90)
    const unsuback = await client.client.unsubscribeAsync('never/subscribed')
    assert.ok(unsuback && 'granted' in unsuback)
    assert.deepEqual(unsuback.granted, [0x11])
    await client.end()
  })

  test('a client is told why it is disconnected', async () => {
    const first = await JsClient.connect(broker, { clientId: 'same' })
    const told = new Promise<IDisconnectPacket>((resolve) =>
      first.client.once('disconnect', resolve),
    )
    const second = await JsClient.connect(broker, { clientId: 'same' })
    assert.equal((await told).reasonCode, 0x8e)
    await second.end()
  })

  test('a client that takes few at a time gets the rest as it acknowledges', async () => {
    const slow = await JsClient.connect(broker, { properties: { receiveMaximum: 2 } })
    await slow.client.subscribeAsync('few', { qos: 2 })
    const publisher = await JsClient.connect(broker)
    const texts = Array.from({ length: 50 }, (_, index) => `${index}`)
    for (const text of texts) await publisher.client.publishAsync('few', text, { qos: 2 })
    assert.deepEqual(await slow.payloads(50), texts)
    await Promise.all([slow.end(), publisher.end()])
  })
})
