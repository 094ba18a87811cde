/**
 * A topic that one client at a time may subscribe to: `$exclusive/<topic>`, a lock with mailbox.
 * Needs `mqtt.exclusive_subscription = true`, as in examples/tideway.conf.
 */
import assert from 'node:assert/strict'
import { Client } from './client.ts'

const topic = `crane/${process.pid}`

const first = await Client.connect('first-operator')
const second = await Client.connect('second-operator')
await first.mqtt.subscribeAsync(`$exclusive/${topic}`, { qos: 1 })

// 0x97, Quota exceeded: somebody has it.
await assert.rejects(second.mqtt.subscribeAsync(`$exclusive/${topic}`, { qos: 1 }))
console.log('the second operator is refused')

// Who publishes does not write the prefix.
await second.mqtt.publishAsync(topic, 'lift', { qos: 1 })
assert.equal((await first.next()).text, 'lift')

await first.mqtt.unsubscribeAsync(`$exclusive/${topic}`)
await second.mqtt.subscribeAsync(`$exclusive/${topic}`, { qos: 1 })
console.log('the first operator let go, the second one has the crane')
await Promise.all([first.end(), second.end()])
