/** The clients of Mosquitto publish and subscribe over TCP and TLS, in every version. */
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { BrokerProcess } from './broker-process.ts'
import { needsMosquittoClients } from './foreign.ts'
import { messages, Mosquitto } from './mosquitto.ts'

describe('mosquitto clients over every transport', needsMosquittoClients(), () => {
  let broker: BrokerProcess
  before(async () => {
    broker = await BrokerProcess.start()
  })
  after(() => broker.remove())

  for (const listener of ['tcp:default', 'ssl:default']) {
    for (const version of ['mqttv31', 'mqttv311', 'mqttv5']) {
      test(`${listener} with ${version}: QoS 0, 1 and 2 arrive as they were sent`, async () => {
        const mosquitto = new Mosquitto(broker, listener, `-V ${version}`)
        const topic = `transports/${listener}/${version}`
        const subscriber = await mosquitto.subscribe(`-t ${topic}/# -q 2 -C 4 -F '=> %t %q %p'`)
        for (const qos of [0, 1, 2]) {
          await mosquitto.publish(`-t ${topic}/${qos} -q ${qos} -m 'payload ${qos}'`)
        }
        await mosquitto.publish(`-t ${topic}/empty -n`)
        const expected = [0, 1, 2].map((qos) => `${topic}/${qos} ${qos} payload ${qos}`)
        assert.deepEqual(await messages(subscriber, 4), [...expected, `${topic}/empty 0 `])
        await subscriber.succeeded()
      })
    }
  }

  test('a thousand lines arrive once each and in order, whatever the QoS', async () => {
    const mosquitto = new Mosquitto(broker)
    const lines = Array.from({ length: 1000 }, (_, index) => `line ${index}`)
    for (const qos of [0, 1, 2]) {
      const subscriber = await mosquitto.subscribe(`-t many/${qos} -q ${qos} -C 1000 -F '=> %p'`)
      await mosquitto.publish(`-t many/${qos} -q ${qos} -l`, lines.join('\n'))
      assert.deepEqual(await messages(subscriber, 1000), lines)
      await subscriber.succeeded()
    }
  })

  test('a payload near the largest packet arrives whole, a larger one is refused', async () => {
    const mosquitto = new Mosquitto(broker, 'ssl:default', '-V mqttv5')
    const subscriber = await mosquitto.subscribe(`-t large -q 1 -C 1 -F '=> %l'`)
    const room = 1024 * 1024 - 100
    await mosquitto.publish('-t large -q 1 -s', 'x'.repeat(room))
    assert.deepEqual(await messages(subscriber, 1), [String(room)])
    await subscriber.succeeded()
    // A client of 5.0 knows the limit from CONNACK and does not even send; this one does not.
    const tooLarge = mosquitto.publish('-V mqttv311 -t large -q 1 -s', 'x'.repeat(room + 100))
    await assert.rejects(tooLarge, /The connection was lost/)
  })

  test('a client that trusts other authorities does not connect', async () => {
    const mosquitto = new Mosquitto(broker)
    const port = broker.port('ssl:default')
    const stranger = mosquitto.publish(`-p ${port} --tls-use-os-certs -t large -m x`)
    await assert.rejects(stranger, /certificate verify failed|TLS error/i)
  })
})
