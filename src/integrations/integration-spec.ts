import type {
  ActionConfig,
  ConnectorConfig,
  SourceConfig,
} from '#config/fields/integrations/integration.ts'
import type { IntegrationStatus } from './runtime/connector-runtime.ts'

/** A connector, action or source as it is configured. Can be sent to a thread. */
export type IntegrationSpec =
  | {
      readonly kind: 'connector'
      readonly type: string
      readonly name: string
      readonly config: ConnectorConfig
    }
  | {
      readonly kind: 'action'
      readonly type: string
      readonly name: string
      readonly config: ActionConfig
    }
  | {
      readonly kind: 'source'
      readonly type: string
      readonly name: string
      readonly config: SourceConfig
    }

export type IntegrationKind = IntegrationSpec['kind']

/** Which one. */
export interface IntegrationId {
  readonly kind: IntegrationKind
  readonly type: string
  readonly name: string
}

/** What is asked of the integrations of a shard. */
export type IntegrationCommand =
  | { readonly do: 'put'; readonly spec: IntegrationSpec }
  | { readonly do: 'remove'; readonly id: IntegrationId }
  | { readonly do: 'read' }
  | { readonly do: 'start'; readonly id: IntegrationId }
  | { readonly do: 'reset'; readonly id: IntegrationId }
  | { readonly do: 'probe'; readonly spec: IntegrationSpec; readonly connector: IntegrationSpec }

/** How one of them does in a shard. */
export interface IntegrationReading extends IntegrationId {
  readonly status: IntegrationStatus
  /** In the order of `ACTION_COUNTER_NAMES`; a connector has none. */
  readonly counters: readonly number[]
}
