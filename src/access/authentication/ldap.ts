import { backendStatus } from '../backends/backend-status.ts'
import type { ConnectRequest } from '#broker/ports.ts'
import { ldapAuthentication } from '#config/fields/authentication/ldap.ts'
import type { LdapEntry } from '#drivers/ldap.ts'
import { defineAuthenticator, IGNORE } from '#plugin/define-authenticator.ts'
import { compileText, fillText } from '../backends/fill-template.ts'
import { matchesLdapPassword } from '../backends/ldap-password.ts'
import { openConfiguredLdap } from '../backends/open-ldap.ts'
import { valuesOf } from './credential-values.ts'
import { isYes } from '../backends/stored-values.ts'
import { WRONG_PASSWORD } from './password/check-password.ts'

/** Entries of an LDAP directory: it compares the password (bind), or gives it away (hash). */
export default defineAuthenticator({
  mechanism: 'password_based',
  backend: 'ldap',
  fields: [ldapAuthentication],
  create(config, context) {
    const { method } = config
    const wanted = method.type === 'hash' ? [method.password_attribute] : []
    const superuser = method.is_superuser_attribute
    const { driver, find } = openConfiguredLdap(config, [...wanted, superuser], context)
    const bindPassword = method.type === 'bind' ? compileText(method.bind_password) : undefined

    async function isRight(
      entry: LdapEntry,
      request: ConnectRequest,
      signal: AbortSignal,
    ): Promise<boolean> {
      if (request.password === undefined || request.password.length === 0) return false
      if (bindPassword !== undefined) {
        const password = fillText(bindPassword, valuesOf(request)) ?? ''
        return driver.verify(entry.dn, password, signal)
      }
      const stored = method.type === 'hash' ? valuesIn(entry, method.password_attribute) : []
      const { password } = request
      return stored.some((one) => matchesLdapPassword(one, password))
    }

    return {
      async authenticate(request, signal) {
        const entry = await find(valuesOf(request), signal)
        if (entry === undefined) return IGNORE
        if (!(await isRight(entry, request, signal))) return WRONG_PASSWORD
        return { allowed: true, isSuperuser: valuesIn(entry, superuser).some(isYes) }
      },
      status: () => backendStatus(driver),
      close: () => driver.close(),
    }
  },
})

function valuesIn(entry: LdapEntry, attribute: string): readonly string[] {
  return entry.attributes.get(attribute.toLowerCase()) ?? []
}
