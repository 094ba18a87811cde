/** Questions and answers with MQTT 5: response topic, correlation data, expiry. */
import assert from 'node:assert/strict'
import { Client } from './client.ts'

const questions = `calculator/${process.pid}`
const calculator = await Client.connect('calculator')
await calculator.mqtt.subscribeAsync(questions, { qos: 1 })
calculator.mqtt.on('message', (_topic, payload, { properties }) => {
  const { responseTopic, correlationData } = properties ?? {}
  if (responseTopic === undefined || correlationData === undefined) return
  const numbers = JSON.parse(payload.toString()) as number[]
  const sum = numbers.reduce((left, right) => left + right, 0)
  calculator.mqtt.publish(responseTopic, String(sum), { qos: 1, properties: { correlationData } })
})

const asker = await Client.connect('asker')
const answers = `answers/${process.pid}`
await asker.mqtt.subscribeAsync(answers, { qos: 1 })

const expected = new Map([
  ['first', 6],
  ['second', 30],
])
for (const [name, numbers] of [
  ['first', [1, 2, 3]],
  ['second', [10, 20]],
] as const) {
  await asker.mqtt.publishAsync(questions, JSON.stringify(numbers), {
    qos: 1,
    properties: {
      responseTopic: answers,
      correlationData: Buffer.from(name),
      messageExpiryInterval: 10, // An answer that comes later helps nobody.
    },
  })
}
for (let count = 0; count < expected.size; count++) {
  const { text, packet } = await asker.next()
  const name = packet.properties?.correlationData?.toString() ?? ''
  console.log(`the answer to the ${name} question is ${text}`)
  assert.equal(Number(text), expected.get(name))
}
await Promise.all([calculator.end(), asker.end()])
