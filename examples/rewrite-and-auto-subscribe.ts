/**
 * Old devices, new topics: the broker renames topics and subscribes clients by itself. Needs the
 * rules of examples/tideway.conf.
 */
import assert from 'node:assert/strict'
import { Client } from './client.ts'

const device = `meter-${process.pid}`

// The firmware publishes to legacy/<device>/…; the rest of the world uses devices/<device>/….
const platform = await Client.connect('platform')
await platform.mqtt.subscribeAsync(`devices/${device}/#`, { qos: 1 })
const meter = await Client.connect('meter', { clientId: device })
await meter.mqtt.publishAsync(`legacy/${device}/power`, '230', { qos: 1 })
const { topic, text } = await platform.next()
console.log('the platform got', topic, text)
assert.equal(topic, `devices/${device}/power`)

// It has never heard of commands, but is subscribed to its own.
await platform.mqtt.publishAsync(`devices/${device}/commands`, 'reset', { qos: 1 })
const command = await meter.next()
console.log('the meter got', command.topic, command.text)
assert.equal(command.text, 'reset')
await Promise.all([platform.end(), meter.end()])
