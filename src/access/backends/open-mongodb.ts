import { MONGODB_PORT, type MongodbConnectionConfig } from '#config/fields/backends/mongodb.ts'
import { type MongodbDriver, openMongodb } from '#drivers/mongodb.ts'
import {
  commonLimits,
  type ConnectionContext,
  secretOf,
  serverOf,
  serversOf,
  tlsOf,
} from './driver-settings.ts'
import { compileText, fillText, type TextTemplate, type ValueOf } from './fill-template.ts'

/** Opens the MongoDB that the configuration describes. */
export function openConfiguredMongodb(
  config: MongodbConnectionConfig,
  context: ConnectionContext,
): MongodbDriver {
  return openMongodb({
    ...commonLimits(config, context),
    type: config.mongo_type,
    servers:
      config.mongo_type === 'single'
        ? [serverOf(config.server, MONGODB_PORT)]
        : serversOf(config.servers, MONGODB_PORT),
    srvRecord: config.srv_record,
    replicaSetName: config.mongo_type === 'rs' ? config.replica_set_name : undefined,
    readsFromSecondaries: config.mongo_type === 'rs' && config.r_mode === 'slave_ok',
    database: config.database,
    username: config.username,
    password: secretOf(config.password, context),
    authSource: config.auth_source,
    tls: tlsOf(config.ssl, context),
  })
}

/** Fields and templates of their values. */
export type MongodbFilter = readonly (readonly [field: string, template: TextTemplate])[]

/** Compiles the filter of a configuration. */
export function compileFilter(filter: Readonly<Record<string, string>>): MongodbFilter {
  return Object.entries(filter).map(([field, text]) => [field, compileText(text)])
}

/**
 * The filter for one client. Values are texts whatever they hold, so none becomes an operator.
 * @returns undefined when the client lacks a value: MongoDB would take documents without the field
 */
export function fillFilter(
  filter: MongodbFilter,
  valueOf: ValueOf,
): Readonly<Record<string, string>> | undefined {
  const filled: Record<string, string> = {}
  for (const [field, template] of filter) {
    const value = fillText(template, valueOf)
    if (value === undefined) return undefined
    filled[field] = value
  }
  return filled
}
