/** A message for later: `$delayed/<seconds>/<topic>`. It waits in the broker, restarts included. */
import assert from 'node:assert/strict'
import { Client } from './client.ts'

const topic = `reminders/${process.pid}`
const kitchen = await Client.connect('kitchen')
await kitchen.mqtt.subscribeAsync(topic, { qos: 1 })

const cook = await Client.connect('cook')
const startedMs = performance.now()
await cook.mqtt.publishAsync(`$delayed/2/${topic}`, 'the eggs are done', { qos: 1 })
await cook.mqtt.publishAsync(topic, 'water boils', { qos: 1 })
await cook.end() // Nobody has to stay for it.

for (const expected of ['water boils', 'the eggs are done']) {
  const { text } = await kitchen.next()
  const seconds = (performance.now() - startedMs) / 1000
  console.log(`after ${seconds.toFixed(1)} s: ${text}`)
  assert.equal(text, expected)
}
assert.ok(performance.now() - startedMs > 1900, 'the reminder came too early')
await kitchen.end()
