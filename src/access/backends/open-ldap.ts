import { LDAP_PORT, type LdapConnectionConfig } from '#config/fields/backends/ldap.ts'
import { type LdapDriver, type LdapEntry, openLdap } from '#drivers/ldap.ts'
import { type ConnectionContext, limitsOf, secretOf, serverOf, tlsOf } from './driver-settings.ts'
import { compileText, fillText, type ValueOf } from './fill-template.ts'

const LDAPS_PORT = 636

/** A directory in which the entries of clients are looked for. */
export interface LdapDirectory {
  readonly driver: LdapDriver
  /** The entry of a client; undefined when there is none. */
  find(valueOf: ValueOf, signal: AbortSignal): Promise<LdapEntry | undefined>
}

/** Opens the directory that the configuration describes. */
export function openConfiguredLdap(
  config: LdapConnectionConfig,
  attributes: readonly string[],
  context: ConnectionContext,
): LdapDirectory {
  const timeouts = {
    connectTimeoutMs: config.request_timeout,
    requestTimeoutMs: config.query_timeout,
  }
  const tls = tlsOf(config.ssl, context)
  const driver = openLdap({
    ...limitsOf(config.pool_size, timeouts, context),
    server: serverOf(config.server, tls === undefined ? LDAP_PORT : LDAPS_PORT),
    username: config.username,
    password: secretOf(config.password, context) ?? '',
    tls,
  })
  const baseDn = compileText(config.base_dn)
  const filter = compileText(config.filter)
  return {
    driver,
    async find(valueOf, signal) {
      const search = {
        baseDn: fillText(baseDn, valueOf, escapeDnValue),
        filter: fillText(filter, valueOf, escapeFilterValue),
      }
      if (search.baseDn === undefined || search.filter === undefined) return undefined
      const { baseDn: base, filter: text } = search
      const entries = await driver.search({ baseDn: base, filter: text, attributes }, signal)
      if (entries.length > 1) throw new Error('more than one entry fits; make `filter` more exact')
      return entries[0]
    },
  }
}

/** A value as part of a filter (RFC 4515 §3). */
export function escapeFilterValue(value: string): string {
  return value.replace(/[\\*()\0]/g, (char) => `\\${hexOf(char)}`)
}

/** A value as part of a distinguished name (RFC 4514 §2.4). */
export function escapeDnValue(value: string): string {
  return value.replace(/[\\"#+,;<=>\0]|^ | $/g, (char) => `\\${hexOf(char)}`)
}

function hexOf(char: string): string {
  return char.charCodeAt(0).toString(16).padStart(2, '0')
}
