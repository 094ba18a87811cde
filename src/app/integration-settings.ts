/** From the configuration of connectors, actions and sources to what runs them. */
import type { Problem } from '#config/decode.ts'
import type { TidewayConfig } from '#config/tideway-config.ts'
import { connectorOf } from '#integrations/catalog.ts'
import type { IntegrationSpec } from '#integrations/integration-spec.ts'

type Roots = Pick<TidewayConfig, 'connectors' | 'actions' | 'sources'>

/** Everything that is configured. */
export function toIntegrationSpecs({ connectors, actions, sources }: Roots): IntegrationSpec[] {
  return [
    ...entriesOf(connectors).map((one) => ({ kind: 'connector' as const, ...one })),
    ...entriesOf(actions).map((one) => ({ kind: 'action' as const, ...one })),
    ...entriesOf(sources).map((one) => ({ kind: 'source' as const, ...one })),
  ]
}

function entriesOf<T>(types: Readonly<Record<string, Readonly<Record<string, T>>>>) {
  return Object.entries(types).flatMap(([type, entries]) => {
    return Object.entries(entries).map(([name, config]) => ({ type, name, config }))
  })
}

/** Actions and sources whose parameters cannot work. */
export function integrationProblems(config: TidewayConfig): readonly Problem[] {
  return toIntegrationSpecs(config).flatMap((spec) => {
    if (spec.kind === 'connector') return []
    const definition = connectorOf(spec.type)
    const part = spec.kind === 'action' ? definition?.sink : definition?.source
    try {
      part?.check?.(spec.config.parameters as never) // Decoded by its own description.
      return []
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error)
      return [{ path: [`${spec.kind}s`, spec.type, spec.name, 'parameters'], message }]
    }
  })
}
