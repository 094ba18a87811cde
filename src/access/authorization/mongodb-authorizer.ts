import { backendStatus } from '../backends/backend-status.ts'
import {
  mongodbReplicaSetSource,
  mongodbShardedSource,
  mongodbSingleSource,
} from '#config/fields/authorization/mongodb.ts'
import { defineAuthorizer } from '#plugin/define-authorizer.ts'
import { compileFilter, fillFilter, openConfiguredMongodb } from '../backends/open-mongodb.ts'
import { requestValues } from '../backends/request-values.ts'
import { readRuleRecords, RULE_RECORDS_MAX } from '../backends/rule-record.ts'
import { decideByRules } from './rule.ts'

/** `type = mongodb`: rules in documents of MongoDB. */
export const mongodbAuthorizer = defineAuthorizer({
  type: 'mongodb',
  fields: [mongodbSingleSource, mongodbReplicaSetSource, mongodbShardedSource],
  create(config, context) {
    const driver = openConfiguredMongodb(config, context)
    const filter = compileFilter(config.filter)
    return {
      async authorize(request, signal) {
        const filled = fillFilter(filter, requestValues(request))
        if (filled === undefined) return 'ignore'
        const limit = RULE_RECORDS_MAX + 1
        const documents = await driver.find(config.collection, filled, limit, signal)
        return decideByRules(readRuleRecords(documents), request)
      },
      status: () => backendStatus(driver),
      close: () => driver.close(),
    }
  },
})
