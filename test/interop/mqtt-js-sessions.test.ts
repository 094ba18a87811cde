/**
 * Clients that reconnect by themselves while the broker is killed again and again. MQTT.js sends
 * messages again without DUP, and releases again what it has seen no PUBCOMP for.
 */
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { BrokerProcess } from './broker-process.ts'
import { JsClient } from './mqtt-js.ts'

const KILLS = 3
const MESSAGES = 1500

describe('sessions of MQTT.js over a broker that is killed', () => {
  let broker: BrokerProcess
  before(async () => {
    broker = await BrokerProcess.start('node.shards = 2')
  })
  after(async () => {
    JsClient.endAll()
    await broker.remove()
  })

  for (const qos of [1, 2] as const) {
    test(`QoS ${qos}: every message arrives, ${qos === 2 ? 'once' : 'at least once'}`, async () => {
      const stays = {
        clean: false,
        reconnectPeriod: 100,
        properties: { sessionExpiryInterval: 600 },
      }
      const subscriber = await JsClient.connect(broker, { ...stays, clientId: `sub-${qos}` })
      await subscriber.client.subscribeAsync(`killed/${qos}`, { qos })
      const publisher = await JsClient.connect(broker, { ...stays, clientId: `pub-${qos}` })
      const texts = Array.from({ length: MESSAGES }, (_, index) => `${index}`)
      const publishing = (async () => {
        for (let index = 0; index < MESSAGES; index += 20) {
          const group = texts.slice(index, index + 20)
          await Promise.all(
            group.map((text) => publisher.client.publishAsync(`killed/${qos}`, text, { qos })),
          )
        }
      })()
      for (let kill = 1; kill <= KILLS; kill++) {
        await subscriber.messages(Math.floor((MESSAGES * kill) / (KILLS + 1)))
        await broker.kill()
        await broker.start()
      }
      await publishing
      await publisher.client.publishAsync(`killed/${qos}`, 'end', { qos })
      while (subscriber.received.at(-1)?.payload !== 'end') {
        await subscriber.messages(subscriber.received.length + 1)
      }
      const got = subscriber.received.map(({ payload }) => payload)
      if (qos === 2) assert.deepEqual(got, [...texts, 'end'])
      else assert.deepEqual([...new Set(got)], [...texts, 'end'])
      await Promise.all([subscriber.end(), publisher.end()])
    })
  }
})
