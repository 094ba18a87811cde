import { backendStatus } from '../backends/backend-status.ts'
import { ldapSource } from '#config/fields/authorization/ldap.ts'
import { defineAuthorizer } from '#plugin/define-authorizer.ts'
import { openConfiguredLdap } from '../backends/open-ldap.ts'
import { requestValues } from '../backends/request-values.ts'
import { compileRule, decideByRules } from './rule.ts'

/** `type = ldap`: topics that are allowed, in attributes of the entry of the client. */
export const ldapAuthorizer = defineAuthorizer({
  type: 'ldap',
  fields: [ldapSource],
  create(config, context) {
    const groups = [
      ['publish', config.publish_attribute],
      ['subscribe', config.subscribe_attribute],
      ['all', config.all_attribute],
    ] as const
    const attributes = groups.map(([, attribute]) => attribute)
    const { driver, find } = openConfiguredLdap(config, attributes, context)
    return {
      async authorize(request, signal) {
        const entry = await find(requestValues(request), signal)
        const rules = groups.flatMap(([action, attribute]) => {
          const topics = entry?.attributes.get(attribute.toLowerCase()) ?? []
          return topics.map((topic) => compileRule({ permission: 'allow', action, topic }))
        })
        return decideByRules(rules, request)
      },
      status: () => backendStatus(driver),
      close: () => driver.close(),
    }
  },
})
