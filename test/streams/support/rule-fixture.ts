/** A real broker with rules, and MQTT.js clients. */
import type { TestContext } from 'node:test'
import { connectAsync } from 'mqtt'
import type { IClientOptions, IPublishPacket, MqttClient } from 'mqtt'
import { startBroker } from '#app/start-broker.ts'
import type { BrokerOptions, TestBroker } from '#app/start-broker.ts'
import { statementOnly } from '#streams/rules/make-rule.ts'
import type { RuleSpec } from '#streams/rules/rule-spec.ts'

/** A message as a subscriber got it. */
export interface Received {
  readonly topic: string
  readonly text: string
  readonly packet: IPublishPacket
}

/** Starts a broker that ends with the test. */
export async function startRules(
  context: TestContext,
  options: BrokerOptions = {},
): Promise<TestBroker> {
  const broker = await startBroker({ threads: 'inline', ...options })
  context.after(() => broker.stop())
  return broker
}

/** A connected client of MQTT 5. */
export async function connectTo(
  context: TestContext,
  broker: TestBroker,
  options: IClientOptions = {},
): Promise<MqttClient> {
  const url = `mqtt://127.0.0.1:${broker.port('tcp:default')}`
  const client = await connectAsync(url, { protocolVersion: 5, ...options })
  context.after(() => client.endAsync(true))
  return client
}

/** Subscribes, and gives a function that waits for the next message. */
export async function inboxOf(
  client: MqttClient,
  filter: string,
): Promise<() => Promise<Received>> {
  const waiting: Received[] = []
  const asking: Array<(message: Received) => void> = []
  client.on('message', (topic, payload, packet) => {
    const message = { topic, text: payload.toString(), packet }
    const next = asking.shift()
    if (next === undefined) waiting.push(message)
    else next(message)
  })
  await client.subscribeAsync(filter, { qos: 2 })
  return () => {
    const message = waiting.shift()
    if (message !== undefined) return Promise.resolve(message)
    return new Promise((resolve) => asking.push(resolve))
  }
}

/** A rule that is switched on. */
export function ruleOf(
  id: string,
  sql: string,
  actions: RuleSpec['actions'],
  more: Partial<RuleSpec> = {},
): RuleSpec {
  return { ...statementOnly(id, sql), name: id, actions, ...more }
}

/** The action that publishes to a topic. */
export function republish(topic: string, args: Readonly<Record<string, string>> = {}) {
  return { function: 'republish', args: { topic, ...args } }
}
