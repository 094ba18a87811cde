import type { TidewayConfig } from '#config/tideway-config.ts'
import type { EndToEndFilter, TracingSettings } from '#streams/tracing/tracing-settings.ts'

type TracesConfig = TidewayConfig['opentelemetry']['traces']

/** What shards trace; undefined: nothing. */
export function toTracingSettings({ opentelemetry }: TidewayConfig): TracingSettings | undefined {
  const { enable, max_queue_size: spansMax, filter } = opentelemetry.traces
  if (!enable) return undefined
  return {
    spansMax,
    mode: filter.trace_mode,
    traceAll: filter.trace_all,
    endToEnd: toEndToEnd(filter),
  }
}

function toEndToEnd({ e2e_tracing_options: options }: TracesConfig['filter']): EndToEndFilter {
  return {
    clusterId: options.cluster_identifier,
    sampleRatio: options.sample_ratio,
    connections: options.client_connect_disconnect,
    subscriptions: options.client_subscribe_unsubscribe,
    messages: options.client_messaging,
    rules: options.trace_rule_engine,
    followParent: options.follow_traceparent,
    ackLevel: options.msg_trace_level,
    clientIds: options.clientid_match_rules,
    topics: options.topic_match_rules,
  }
}
