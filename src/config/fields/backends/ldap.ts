/** Connections to LDAP directories. */
import { string } from '../../field.ts'
import type { InferFields } from '../../field.ts'
import { backendPassword, clientSsl, poolSize, serverKey, timeoutKey } from './connection.ts'

export const LDAP_PORT = 389

/** Connection to an LDAP server, and where entries of clients are. */
export function ldapConnection(check: (text: string) => string | undefined) {
  return {
    server: serverKey(LDAP_PORT),
    username: string({
      text: 'Name of the entry that searches, such as `cn=admin,dc=example,dc=org`.',
      required: true,
      example: 'cn=admin,dc=example,dc=org',
    }),
    password: backendPassword,
    pool_size: poolSize,
    base_dn: string({
      text: 'Name of the entry at and below which is searched. May hold placeholders.',
      required: true,
      example: 'uid=${username},ou=users,dc=example,dc=org',
      check,
    }),
    filter: string({
      text: 'Which entry it is (RFC 4515). May hold placeholders; their values are escaped.',
      default: '(objectClass=mqttUser)',
      example: '(&(objectClass=mqttUser)(uid=${username}))',
      check,
    }),
    query_timeout: timeoutKey('A search that takes longer is given up.', '5s'),
    request_timeout: timeoutKey('A connection that takes longer to open is given up.', '10s'),
    ssl: clientSsl,
  } as const
}

/** The decoded keys. */
export type LdapConnectionConfig = InferFields<ReturnType<typeof ldapConnection>>
