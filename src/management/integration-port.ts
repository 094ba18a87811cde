import type { ConfigPort } from './config-port.ts'
import type { IntegrationId, IntegrationSpec } from '#integrations/integration-spec.ts'
import type { IntegrationStatus } from '#integrations/runtime/connector-runtime.ts'

/** How a connector, action or source does in the whole node. */
export interface IntegrationState extends IntegrationId {
  readonly status: IntegrationStatus
  /** Counters and gauges by name, with rates. */
  readonly metrics: Readonly<Record<string, number>>
}

/** The connectors, actions and sources of the node as they run. */
export interface IntegrationPort {
  read(): Promise<readonly IntegrationState[]>
  /** Connects again what is not connected. */
  start(id: IntegrationId): Promise<void>
  reset(id: IntegrationId): Promise<void>
  /** Tries a configuration without keeping it; says what is wrong with it, or nothing. */
  probe(spec: IntegrationSpec, connector: IntegrationSpec): Promise<string | undefined>
}

/** Where they are configured. */
export type IntegrationRoot = keyof Pick<
  ConfigPort['current'],
  'connectors' | 'actions' | 'sources'
>
