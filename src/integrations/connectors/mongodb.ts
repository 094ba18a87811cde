import { secretOf, serverOf, serversOf, tlsOf } from '#access/backends/driver-settings.ts'
import { MONGODB_PORT } from '#config/fields/backends/mongodb.ts'
import { mongodb } from '#config/fields/integrations/mongodb.ts'
import { type MongodbDriver, openMongodb } from '#drivers/mongodb.ts'
import type { NewDocument } from '#drivers/mongodb-documents.ts'
import { defineConnector, type WriteFault } from '#plugin/define-connector.ts'
import type { ValueMap } from '#plugin/value.ts'
import { jsonBodyTemplate } from '#streams/rules/json-template.ts'
import { compileTemplate } from '#streams/rules/template.ts'
import { driverLimits, openDriver } from '../drivers/open-driver.ts'

/** How collections of the server begin; a value cannot make one. */
const OF_SERVER = 'system.'

/** A deployment, and whether it says that it has a document. */
interface Deployment {
  readonly driver: MongodbDriver
  readonly isAcknowledged: boolean
}

/** `mongodb`: a document per record, inserted by collection. */
export default defineConnector({
  description: mongodb,
  async open(config, context): Promise<Deployment> {
    const { parameters: servers } = config
    const driver = await openDriver(() =>
      openMongodb({
        ...driverLimits(config.pool_size, config.connect_timeout, context, config.query_timeout),
        type: servers.mongo_type,
        servers:
          servers.mongo_type === 'single'
            ? [serverOf(servers.server, MONGODB_PORT)]
            : serversOf(servers.servers, MONGODB_PORT),
        srvRecord: config.srv_record,
        replicaSetName: servers.mongo_type === 'rs' ? servers.replica_set_name : undefined,
        readsFromSecondaries: false,
        database: config.database,
        username: config.username,
        password: secretOf(config.password, context),
        authSource: config.auth_source,
        tls: tlsOf(config.ssl, context),
      }),
    )
    return { driver, isAcknowledged: servers.w_mode === 'safe' }
  },
  check: ({ driver }) => driver.check(),
  close: ({ driver }) => driver.close(),
  sink: {
    check: ({ payload_template: template }) => void jsonBodyTemplate(template),
    open({ collection, payload_template: template }, { driver, isAcknowledged }) {
      const collectionOf = compileTemplate(collection)
      const contentOf = jsonBodyTemplate(template)
      /** Those of records that may be tried again. */
      const made = new WeakMap<ValueMap, NewDocument>()
      const documentOf = (record: ValueMap): NewDocument => {
        const document = made.get(record) ?? {
          content: contentOf === undefined ? record : contentOf.text(record),
          sent: undefined,
        }
        made.set(record, document)
        return document
      }
      return {
        async write(records, signal) {
          const faults: WriteFault[] = []
          for (const [name, indexes] of byName(records, (record) => collectionOf.text(record))) {
            if (name.startsWith(OF_SERVER) && !collection.startsWith(OF_SERVER)) {
              const reason = `MongoDB: the collection ${name} is of the server`
              for (const index of indexes) faults.push({ index, kind: 'fatal', reason })
              continue
            }
            const documents = indexes.map((index) => documentOf(records[index] ?? {}))
            const refused = await driver.insert(name, documents, isAcknowledged, signal)
            for (const { index, reason, isRetryable } of refused) {
              const kind = isRetryable ? 'retryable' : 'fatal'
              faults.push({ index: indexes[index] ?? 0, kind, reason })
            }
          }
          return faults
        },
      }
    },
  },
})

/** Places of the records of each name, in order. */
function byName(
  records: readonly ValueMap[],
  nameOf: (record: ValueMap) => string,
): ReadonlyMap<string, number[]> {
  const groups = new Map<string, number[]>()
  records.forEach((record, index) => {
    const name = nameOf(record)
    const group = groups.get(name)
    if (group === undefined) groups.set(name, [index])
    else group.push(index)
  })
  return groups
}
