/** Three workers share a subscription: every job goes to exactly one of them. */
import assert from 'node:assert/strict'
import { Client } from './client.ts'

const JOBS = 30
const topic = `jobs/${process.pid}`
const done = new Map<string, string>()

const workers = await Promise.all(['ann', 'bob', 'cleo'].map((name) => Client.connect(name)))
const allDone = new Promise<void>((resolve) => {
  for (const worker of workers) {
    worker.mqtt.on('message', (_topic, payload) => {
      const job = payload.toString()
      assert.ok(!done.has(job), `${job} went to two workers`)
      done.set(job, worker.mqtt.options.clientId ?? '')
      if (done.size === JOBS) resolve()
    })
  }
})
// `crew` is the name of the group; who publishes knows nothing of it.
for (const worker of workers) await worker.mqtt.subscribeAsync(`$share/crew/${topic}`, { qos: 1 })

const office = await Client.connect('office')
for (let job = 1; job <= JOBS; job++) {
  await office.mqtt.publishAsync(topic, `job ${job}`, { qos: 1 })
}
await allDone

for (const worker of workers) {
  const { clientId } = worker.mqtt.options
  const count = [...done.values()].filter((name) => name === clientId).length
  console.log(clientId, 'did', count, 'jobs')
  assert.equal(count, JOBS / workers.length) // The default strategy is round robin.
}
await Promise.all([...workers, office].map((client) => client.end()))
