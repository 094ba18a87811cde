/** `connectors`, `actions` and `sources`: data that goes to other systems and comes from them. */
import { map, object } from '../../field.ts'
import type { Field, Finding } from '../../field.ts'
import { clickhouse } from './clickhouse.ts'
import { couchbase } from './couchbase.ts'
import { diskLog } from './disk-log.ts'
import { elasticsearch } from './elasticsearch.ts'
import { http } from './http.ts'
import { datalayers, greptimedb, influxdb } from './influxdb.ts'
import { iotdb } from './iotdb.ts'
import { azureEventHubProducer, confluentProducer, kafkaConsumer, kafkaProducer } from './kafka.ts'
import { mongodb } from './mongodb.ts'
import { mqtt } from './mqtt.ts'
import { nats } from './nats.ts'
import { opents } from './opents.ts'
import { rabbitmq } from './rabbitmq.ts'
import { redis } from './redis.ts'
import { s3 } from './s3.ts'
import { mysql, pgsql, timescale } from './sql.ts'
import { syslog } from './syslog.ts'
import { tdengine } from './tdengine.ts'
import { actionFields, connectorFields, INTEGRATION_NAME, sourceFields } from './integration.ts'
import type {
  ActionConfig,
  ConnectorConfig,
  IntegrationDescription,
  SourceConfig,
} from './integration.ts'

/** One line per kind of system. */
export const INTEGRATIONS: readonly IntegrationDescription[] = [
  azureEventHubProducer,
  clickhouse,
  confluentProducer,
  couchbase,
  datalayers,
  diskLog,
  elasticsearch,
  greptimedb,
  http,
  influxdb,
  iotdb,
  kafkaConsumer,
  kafkaProducer,
  mongodb,
  mqtt,
  mysql,
  nats,
  opents,
  pgsql,
  rabbitmq,
  redis,
  s3,
  syslog,
  tdengine,
  timescale,
]

const ENTRIES_MAX = 1000

/** Entries of one root by type and name. */
export type ByType<T> = Readonly<Record<string, Readonly<Record<string, T>>>>

function byType<T>(
  text: string,
  entryOf: (description: IntegrationDescription) => Field | undefined,
): Field<ByType<T>> {
  const types = INTEGRATIONS.flatMap((description) => {
    const entry = entryOf(description)
    if (entry === undefined) return []
    const entries = map(entry, {
      text: entry.text,
      keyLabel: 'name',
      keyPattern: INTEGRATION_NAME,
      entriesMax: ENTRIES_MAX,
      default: {},
    })
    return [[description.type, entries] as const]
  })
  // Every entry has the keys of its root, and others of its own.
  return object(Object.fromEntries(types), { text, hot: 'live' }) as Field<ByType<T>>
}

export const connectors = byType<ConnectorConfig>('Connections to other systems.', connectorFields)

export const actions = byType<ActionConfig>(
  'What rules can send to other systems: `<type>:<name>` in the actions of a rule.',
  (description) => description.action && actionFields(description, description.action),
)

export const sources = byType<SourceConfig>(
  'What rules can read from other systems: `FROM "$bridges/<type>:<name>"`.',
  (description) => description.source && sourceFields(description, description.source),
)

interface Roots {
  readonly connectors: ByType<ConnectorConfig>
  readonly actions: ByType<ActionConfig>
  readonly sources: ByType<SourceConfig>
}

/**
 * Actions and sources have a connector of their type; actions that others fall back to are there
 * and have no fallback actions themselves, so that no record goes round.
 */
export function checkIntegrations(roots: Roots): readonly Finding[] {
  return [...checkConnectors(roots), ...checkFallbacks(roots)]
}

function checkFallbacks({ actions: types }: Roots): readonly Finding[] {
  return Object.entries(types).flatMap(([type, entries]) => {
    return Object.entries(entries).flatMap(([name, action]) => {
      return action.fallback_actions.flatMap((fallback, index) => {
        if (fallback.kind !== 'reference') return []
        const other = types[fallback.type]?.[fallback.name]
        const path = ['actions', type, name, 'fallback_actions', String(index)]
        const id = `actions.${fallback.type}.${fallback.name}`
        if (other === undefined)
          return [{ path, message: `names an action that is not there: ${id}` }]
        if (other.fallback_actions.length === 0) return []
        return [{ path, message: `names ${id}, which has fallback actions itself` }]
      })
    })
  })
}

function checkConnectors(roots: Roots): readonly Finding[] {
  return (['actions', 'sources'] as const).flatMap((root) => {
    return Object.entries(roots[root]).flatMap(([type, entries]) => {
      return Object.entries(entries).flatMap(([name, { connector }]) => {
        if (Object.hasOwn(roots.connectors[type] ?? {}, connector)) return []
        const message = `names a connector that does not exist: connectors.${type}.${connector}`
        return [{ path: [root, type, name, 'connector'], message }]
      })
    })
  })
}
