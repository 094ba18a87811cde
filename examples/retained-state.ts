/** The last value of each topic is kept for those who come later. */
import assert from 'node:assert/strict'
import { Client } from './client.ts'

const base = `plant/${process.pid}`
const controller = await Client.connect('controller')
for (const [name, value] of [
  ['valve', 'open'],
  ['pump', 'on'],
  ['valve', 'shut'],
] as const) {
  await controller.mqtt.publishAsync(`${base}/${name}`, value, { qos: 1, retain: true })
}

const panel = await Client.connect('panel')
await panel.mqtt.subscribeAsync(`${base}/#`, { qos: 1 })
const states = new Map<string, string>()
for (const message of [await panel.next(), await panel.next()]) {
  assert.equal(message.packet.retain, true) // It was published before.
  states.set(message.topic.slice(base.length + 1), message.text)
}
console.log('the panel shows', Object.fromEntries(states))
assert.deepEqual(Object.fromEntries(states), { valve: 'shut', pump: 'on' })

await controller.mqtt.publishAsync(`${base}/pump`, 'off', { qos: 1, retain: true })
assert.equal((await panel.next()).packet.retain, false) // News, not history.

// An empty retained message removes what is kept.
for (const name of ['valve', 'pump']) {
  await controller.mqtt.publishAsync(`${base}/${name}`, '', { qos: 1, retain: true })
}
await Promise.all([controller.end(), panel.end()])
