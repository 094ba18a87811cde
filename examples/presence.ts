/**
 * Who is there? A retained status that the client sets and its will takes back, and the events
 * that the broker itself publishes under `$SYS`.
 */
import assert from 'node:assert/strict'
import { Client } from './client.ts'

const clientId = `boiler-${process.pid}`
const statusTopic = `status/${clientId}`

const watcher = await Client.connect('watcher')
await watcher.mqtt.subscribeAsync(statusTopic, { qos: 1 })
const events = await Client.connect('events')
await events.mqtt.subscribeAsync(`$SYS/brokers/+/clients/${clientId}/+`, { qos: 1 })

const will = { topic: statusTopic, payload: Buffer.from('offline'), qos: 1, retain: true } as const
const boiler = await Client.connect('boiler', { clientId, will })
await boiler.mqtt.publishAsync(statusTopic, 'online', { qos: 1, retain: true })
assert.equal((await watcher.next()).text, 'online')

boiler.break() // No DISCONNECT: the broker sends the will.
assert.equal((await watcher.next()).text, 'offline')
console.log(clientId, 'was online and is offline')

for (const expected of ['connected', 'disconnected']) {
  const { topic, text } = await events.next()
  const facts = JSON.parse(text) as { clientid: string; ipaddress?: string; reason?: string }
  console.log(topic.split('/').at(-1), facts.clientid, facts.reason ?? facts.ipaddress)
  assert.equal(topic.split('/').at(-1), expected)
  assert.equal(facts.clientid, clientId)
}
// A retained message without payload removes the status.
await watcher.mqtt.publishAsync(statusTopic, '', { qos: 1, retain: true })
await Promise.all([watcher.end(), events.end()])
