/** Puts together rules and the systems that they exchange data with, which know each other. */
import { publishInternal } from '#broker/shard/publish-internal.ts'
import type { InternalMessage } from '#broker/shard/publish-internal.ts'
import type { Shard } from '#broker/shard/shard.ts'
import { IntegrationHost } from '#integrations/integration-host.ts'
import type { SystemLog } from '#kernel/system/log-record.ts'
import { systemClock } from '#kernel/system/system-clock.ts'
import { MessagePipeline } from '#streams/pipeline/message-pipeline.ts'
import { makeRepublish } from '#streams/rules/actions/republish.ts'
import { RuleEngine } from '#streams/rules/rule-engine.ts'
import { makeRuleServices } from '#streams/rules/rule-services.ts'
import { shareStore } from '#streams/rules/shared-store.ts'
import { SchemaRegistry } from '#streams/schemas/schema-registry.ts'
import { MapRow } from '#streams/sql/row.ts'
import { readSecret } from './read-secret.ts'
import { ruleServicePorts } from './rule-services.ts'
import type { ShardStart } from './shard-start.ts'

/**
 * The rules of a shard, its connectors, actions and sources, its schemas, and what messages pass
 * before them.
 */
export function composeRules(start: ShardStart, shard: Shard, logs: SystemLog) {
  const { broker } = shard
  const log = logs.of('rules')
  const schemas = new SchemaRegistry(start.rules.schemas)
  const { settings, specs } = start.rules
  const own = makeRuleServices({ ...ruleServicePorts, schemas })
  const services = { ...own, shared: shareStore(own.shared, broker) }
  const publish = (message: InternalMessage) => publishInternal(broker, message)
  const integrations: IntegrationHost = new IntegrationHost(
    {
      nodeName: settings.nodeName,
      shard: start.shard,
      shardCount: start.shardCount,
      log: logs.of('integrations'),
      readSecret,
      bufferFolder: start.integrations.bufferFolder,
      feed: (source, record) => rules.feed(source, record),
      republish: (args, record) => {
        const row = new MapRow(record)
        const action = makeRepublish(args, { nowMs: systemClock.nowMs, publish })
        action.run(record, { ruleId: 'fallback', row, hops: 1, isLoop: false }, (failure) => {
          if (failure !== undefined) log.warn('fallback_refused', { reason: failure.reason })
        })
      },
    },
    start.integrations.specs,
  )
  const { findAction } = integrations
  const rules = new RuleEngine({ broker, clock: systemClock, log, services, findAction }, settings)
  for (const spec of specs) rules.put(spec)
  const pipeline = new MessagePipeline(
    {
      broker,
      clock: systemClock,
      log,
      services,
      rows: rules.rows,
      happened: (event, columns, publisher) => rules.happened(event, columns, publisher),
    },
    start.rules.pipeline,
  )
  return { rules, integrations, schemas, pipeline }
}
