/** A session is kept while its client is away: nothing that was published meanwhile is lost. */
import assert from 'node:assert/strict'
import { Client } from './client.ts'

// A name of its own, a session that is kept for an hour, and no clean start.
const session = {
  clientId: `heating-${process.pid}`,
  clean: false,
  properties: { sessionExpiryInterval: 3600 },
}

const first = await Client.connect('heating', session)
await first.mqtt.subscribeAsync(`heating/${process.pid}/#`, { qos: 1 })
await first.end()
console.log('the heating is away')

const thermostat = await Client.connect('thermostat')
for (const degrees of ['19', '20', '21']) {
  // Resolves when the broker has acknowledged it: then it is on disk.
  await thermostat.mqtt.publishAsync(`heating/${process.pid}/target`, degrees, { qos: 1 })
}

const second = await Client.connect('heating', session)
const texts = await second.texts(3)
console.log('the heating is back and got', texts.join(', '))
assert.deepEqual(texts, ['19', '20', '21'])

// A session that nobody needs any more: ended by an expiry of 0.
await second.mqtt.endAsync(false, { properties: { sessionExpiryInterval: 0 } })
await thermostat.end()
