/** Publish and subscribe: one client listens to all sensors, another one is a sensor. */
import assert from 'node:assert/strict'
import { Client } from './client.ts'

const display = await Client.connect('display')
await display.mqtt.subscribeAsync('house/+/temperature', { qos: 1 })

const sensor = await Client.connect('sensor')
await sensor.mqtt.publishAsync('house/kitchen/temperature', '21.5', { qos: 1 })
await sensor.mqtt.publishAsync('house/cellar/temperature', '12.0', { qos: 1 })

for (const expected of ['house/kitchen/temperature 21.5', 'house/cellar/temperature 12.0']) {
  const { topic, text } = await display.next()
  console.log(topic, text)
  assert.equal(`${topic} ${text}`, expected)
}
await Promise.all([display.end(), sensor.end()])
