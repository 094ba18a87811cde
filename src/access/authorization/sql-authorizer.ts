import { backendStatus } from '../backends/backend-status.ts'
import type { Authorizer } from '#plugin/define-authorizer.ts'
import type { SqlAsker } from '../backends/open-sql.ts'
import { requestValues } from '../backends/request-values.ts'
import { readRuleRecords } from '../backends/rule-record.ts'
import { decideByRules } from './rule.ts'

/** An authorizer over a query whose rows are rules; the first one that fits decides. */
export function sqlAuthorizer({ driver, ask }: SqlAsker): Authorizer {
  return {
    async authorize(request, signal) {
      const rows = await ask(requestValues(request), signal)
      return decideByRules(readRuleRecords(rows), request)
    },
    status: () => backendStatus(driver),
    close: () => driver.close(),
  }
}
