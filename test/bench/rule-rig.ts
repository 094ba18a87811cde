import { MessagePipeline } from '#streams/pipeline/message-pipeline.ts'
import type { PipelineSpecs } from '#streams/pipeline/message-pipeline.ts'
import { RuleEngine } from '#streams/rules/rule-engine.ts'
import { sampleServices } from '../streams/samples.ts'
import { ruleOf } from '../streams/support/rule-fixture.ts'
import { World } from '../support/world.ts'
import { clockUs } from './measure-rig.ts'
import { connectPacket, publishText, RigClient } from './rig-client.ts'

/** A payload of 200 bytes as sensors send them. */
export const SENSOR_PAYLOAD: string = JSON.stringify({
  id: 'sensor-4711',
  ts: 1_700_000_000_123,
  temperature: 81.5,
  humidity: 40.25,
  battery: 3.71,
  ok: true,
  location: { lat: 52.520008, lon: 13.404954, floor: 3 },
  tags: ['north', 'hall-7', 'line-2'],
  fw: '1.18.20',
})

const BURST = 50
const PUBLISHERS = 20
const ROUNDS = 7
const LISTENER = { id: 'tcp:default', mountpoint: '' }

/** What a load with rules costs. */
export interface RuleCost {
  /** Time for each message, best of some rounds. */
  readonly nsPerMessage: number
  /** Outputs of the rules. */
  readonly passed: number
}

/**
 * Publishes messages of 200 bytes, QoS 0, into a shard in this thread; nobody subscribes.
 * @param rules statements, each a rule without actions
 * @param pipeline steps that messages pass before
 */
export function measureRules(
  rules: readonly string[],
  messages: number,
  pipeline: PipelineSpecs = { validations: [], transformations: [] },
): RuleCost {
  const world = new World()
  const [shard] = world.shards
  if (shard === undefined) throw new Error('a world has a shard')
  const clock = { nowMs: () => world.nowMs, monotonicMs: () => world.nowMs }
  const log = { debug() {}, info() {}, warn() {}, error() {} }
  const findAction = (): undefined => undefined
  const ports = { broker: shard.broker, clock, log, services: sampleServices(), findAction }
  const engine = new RuleEngine(ports, {
    nodeName: 'n',
    ignoreSysMessages: true,
    jqTimeoutMs: 10_000,
  })
  for (const [n, sql] of rules.entries()) engine.put(ruleOf(`r${n}`, sql, []))
  const { rows } = engine
  new MessagePipeline({ ...ports, rows, happened: () => {} }, pipeline)
  const clients = Array.from({ length: PUBLISHERS }, (_, n) => {
    const client = new RigClient()
    const connection = shard.accept(client, LISTENER)
    client.receive = (bytes) => connection.receive(bytes)
    client.receive(connectPacket(`p${n}`, true))
    return client
  })
  world.settle()
  const frame = publishText('sensors/1/data', SENSOR_PAYLOAD)
  const burst = Buffer.concat(Array.from({ length: BURST }, () => frame))
  const ticks = Math.ceil(messages / ROUNDS / BURST / PUBLISHERS)
  let bestUs = Number.POSITIVE_INFINITY
  for (let round = 0; round <= ROUNDS; round++) {
    const startedUs = clockUs()
    for (let tick = 0; tick < ticks; tick++) {
      for (const client of clients) client.receive(burst)
      world.settle()
    }
    // The first round is for the compiler.
    if (round > 0) bestUs = Math.min(bestUs, clockUs() - startedUs)
  }
  const passed = Object.values(engine.counters()).reduce((sum, [, one = 0]) => sum + one, 0)
  return { nsPerMessage: (bestUs * 1000) / (ticks * BURST * PUBLISHERS), passed }
}
