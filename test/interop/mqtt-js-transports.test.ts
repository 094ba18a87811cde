/** MQTT.js over every transport, in every version; so do MQTTX and web pages connect. */
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import type { IClientOptions } from 'mqtt'
import { BrokerProcess } from './broker-process.ts'
import { JsClient } from './mqtt-js.ts'

const VERSIONS: Readonly<Record<string, IClientOptions>> = {
  '3.1': { protocolVersion: 3, protocolId: 'MQIsdp' },
  '3.1.1': { protocolVersion: 4 },
  '5.0': { protocolVersion: 5 },
}

describe('MQTT.js over every transport', () => {
  let broker: BrokerProcess
  before(async () => {
    broker = await BrokerProcess.start()
  })
  after(async () => {
    JsClient.endAll()
    await broker.remove()
  })

  for (const listener of ['tcp:default', 'ssl:default', 'ws:default', 'wss:default']) {
    for (const [version, options] of Object.entries(VERSIONS)) {
      test(`${listener} with ${version}: QoS 0, 1 and 2 arrive as they were sent`, async () => {
        const client = await JsClient.connect(broker, options, listener)
        const topic = `js/${listener}/${version}`
        await client.client.subscribeAsync(topic, { qos: 2 })
        for (const qos of [0, 1, 2] as const) {
          await client.client.publishAsync(topic, `payload ${qos}`, { qos })
        }
        const got = (await client.messages(3)).map(
          ({ payload, packet }) => `${payload} ${packet.qos}`,
        )
        assert.deepEqual(got.toSorted(), ['payload 0 0', 'payload 1 1', 'payload 2 2'])
        await client.end()
      })
    }

    test(`${listener}: large and many messages arrive whole and in order`, async () => {
      const subscriber = await JsClient.connect(broker, {}, listener)
      const publisher = await JsClient.connect(broker, {}, listener)
      const topic = `js/${listener}/many`
      await subscriber.client.subscribeAsync(topic, { qos: 1 })
      const payloads = Array.from({ length: 300 }, (_, index) => {
        return `${index} `.padEnd(index % 50 === 0 ? 900_000 : 10, 'x')
      })
      const sent = payloads.map((text) => publisher.client.publishAsync(topic, text, { qos: 1 }))
      await Promise.all(sent)
      assert.ok((await subscriber.payloads(300)).every((text, index) => text === payloads[index]))
      await Promise.all([subscriber.end(), publisher.end()])
    })
  }
})
