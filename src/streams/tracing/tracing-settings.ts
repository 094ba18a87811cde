/** What is traced. Can be sent to a thread. */
export interface TracingSettings {
  /** Spans that may wait in one shard. */
  readonly spansMax: number
  /** `legacy`: messages alone, those that carry a trace; `e2e`: what clients do, as that says. */
  readonly mode: 'legacy' | 'e2e'
  /** Mode `legacy`: all messages. */
  readonly traceAll: boolean
  readonly endToEnd: EndToEndFilter
}

/** What is traced of what clients do, by kind, list and chance. */
export interface EndToEndFilter {
  /** Attribute `cluster.id` of all spans. */
  readonly clusterId: string
  /** 0..1 of what is not on a list. */
  readonly sampleRatio: number
  readonly connections: boolean
  readonly subscriptions: boolean
  readonly messages: boolean
  readonly rules: boolean
  /** A trace that a message carries is gone on with, sampled or not as its sender says. */
  readonly followParent: boolean
  /** Acknowledgements up to this QoS are spans, too. */
  readonly ackLevel: number
  /** Clients of which everything is traced. */
  readonly clientIds: readonly string[]
  /** Filters of topics whose messages and subscriptions are all traced. */
  readonly topics: readonly string[]
}
