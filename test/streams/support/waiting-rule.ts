/** A rule that acknowledgements wait for, whose action answers when the test says so. */
import assert from 'node:assert/strict'
import type { ActionFailure } from '#streams/rules/action.ts'
import { RuleEngine } from '#streams/rules/rule-engine.ts'
import type { RuleSpec } from '#streams/rules/rule-spec.ts'
import type { World } from '../../support/world.ts'
import { sampleServices } from '../samples.ts'
import { ruleOf } from './rule-fixture.ts'

/** What an action calls with its outcome. */
export type ActionDone = (failure?: ActionFailure) => void

/** Has the first shard run such a rule. */
export function addWaitingRule(
  world: World,
  sql: string,
  act: (done: ActionDone) => void,
  spec: Partial<RuleSpec> = {},
): void {
  const [shard] = world.shards
  assert.ok(shard !== undefined)
  const ports = {
    broker: shard.broker,
    clock: { nowMs: () => world.nowMs, monotonicMs: () => world.nowMs },
    log: { debug() {}, info() {}, warn() {}, error() {} },
    services: sampleServices(),
    findAction: (label: string) => ({
      label,
      run: (_: unknown, __: unknown, done: ActionDone) => act(done),
    }),
  }
  const settings = { nodeName: 'n', ignoreSysMessages: true, jqTimeoutMs: 10_000 }
  const engine = new RuleEngine(ports, settings)
  engine.put(ruleOf('r', sql, ['http:a'], { waitsForActions: true, ...spec }))
}
