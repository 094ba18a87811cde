import { createHash } from 'node:crypto'
import { LDAP_LOGIN, needsOpenldap, startOpenldap } from '../../support/servers/openldap.ts'
import { type AuthenticationRig, describeAuthentication, USERS } from './authentication-kit.ts'

const LIMITS = 'query_timeout = 400ms, request_timeout = 1s, pool_size = 4'

/** SHA-1 of password and salt, then the salt; `{SSHA}` has to have one. */
function storedPassword({ password, salt }: { password: string; salt: string }): string {
  const hash = createHash('sha1')
    .update(password + salt)
    .digest()
  const stored = Buffer.concat([hash, Buffer.from(salt)]).toString('base64')
  return `{${salt === '' ? 'SHA' : 'SSHA'}}${stored}`
}

const ENTRIES = USERS.map((user) => {
  const uid = Buffer.from(user.name).toString('base64')
  const dn = `uid=${user.name.replaceAll(';', '\\3b')},ou=users,${LDAP_LOGIN.baseDn}`
  return `dn:: ${Buffer.from(dn).toString('base64')}
objectClass: mqttUser
uid:: ${uid}
userPassword: ${storedPassword(user)}
isSuperuser: ${user.isSuperuser ? 'TRUE' : 'FALSE'}
`
})
const OU = `dn: ou=users,${LDAP_LOGIN.baseDn}\nobjectClass: organizationalUnit\nou: users\n`
const ODD = `dn: ou=odd,${LDAP_LOGIN.baseDn}\nobjectClass: organizationalUnit\nou: odd

dn: uid=ann,ou=odd,${LDAP_LOGIN.baseDn}
objectClass: mqttUser
uid: ann
userPassword: {NOSUCH}abc
`

async function start(method: string, nonsenseMethod: string): Promise<AuthenticationRig> {
  const { server } = await startOpenldap([OU, ...ENTRIES, ODD].join('\n'))
  const { username, password, baseDn } = LDAP_LOGIN
  const common = `backend = ldap, ${LIMITS}, server = "127.0.0.1:${server.port}",
    username = "${username}", password = "${password}"`
  const filter = 'filter = "(&(objectClass=mqttUser)(uid=${username}))"'
  return {
    server,
    remove: () => server.remove(),
    authenticator: `${common}, base_dn = "ou=users,${baseDn}", ${filter}, method = ${method}`,
    nonsense: `${common}, base_dn = "${baseDn}", ${nonsenseMethod}`,
  }
}

const ODD_HASH = 'filter = "(ou:dn:=odd)", method { type = hash }'
// Two entries fit: which one is the client?
const TWO_FIT = 'filter = "(uid=ann)", method { type = bind }'

describeAuthentication('LDAP, hash', () => start('{ type = hash }', ODD_HASH), needsOpenldap())
describeAuthentication('LDAP, bind', () => start('{ type = bind }', TWO_FIT), needsOpenldap())
