import { createHash } from 'node:crypto'
import { LDAP_LOGIN, needsOpenldap, startOpenldap } from '../../support/servers/openldap.ts'
import { type AuthenticationRig, describeAuthentication, USERS } from './authentication-kit.ts'
import { describeAuthorization, RULES } from './authorization-kit.ts'

const LIMITS = 'query_timeout = 400ms, request_timeout = 1s, pool_size = 4'

/** SHA-1 of password and salt, then the salt; `{SSHA}` has to have one. */
function storedPassword({ password, salt }: { password: string; salt: string }): string {
  const hash = createHash('sha1')
    .update(password + salt)
    .digest()
  const stored = Buffer.concat([hash, Buffer.from(salt)]).toString('base64')
  return `{${salt === '' ? 'SHA' : 'SSHA'}}${stored}`
}

const ATTRIBUTES = {
  publish: 'mqttPublishTopic',
  subscribe: 'mqttSubscriptionTopic',
  all: 'mqttPubSubTopic',
}
const ALLOWED = RULES.filter(({ permission }) => permission === 'allow')
const TOPICS = ALLOWED.map(({ action, topic }) => `${ATTRIBUTES[action]}: ${topic}\n`).join('')

const ENTRIES = USERS.map((user) => {
  const uid = Buffer.from(user.name).toString('base64')
  const dn = `uid=${user.name.replaceAll(';', '\\3b')},ou=users,${LDAP_LOGIN.baseDn}`
  return `dn:: ${Buffer.from(dn).toString('base64')}
objectClass: mqttUser
uid:: ${uid}
userPassword: ${storedPassword(user)}
isSuperuser: ${user.isSuperuser ? 'TRUE' : 'FALSE'}
${user.name === 'ann' ? TOPICS : ''}`
})
const OU = `dn: ou=users,${LDAP_LOGIN.baseDn}\nobjectClass: organizationalUnit\nou: users\n`
const ODD = `dn: ou=odd,${LDAP_LOGIN.baseDn}\nobjectClass: organizationalUnit\nou: odd

dn: uid=ann,ou=odd,${LDAP_LOGIN.baseDn}
objectClass: mqttUser
uid: ann
userPassword: {NOSUCH}abc
`

async function start(method: string, nonsenseMethod: string): Promise<AuthenticationRig> {
  const { server, remove, common, filter } = await startDirectory()
  const baseDn = LDAP_LOGIN.baseDn
  return {
    server,
    remove,
    authenticator: `backend = ldap, ${common}, base_dn = "ou=users,${baseDn}", ${filter},
      method = ${method}`,
    nonsense: `backend = ldap, ${common}, base_dn = "${baseDn}", ${nonsenseMethod}`,
  }
}

async function startDirectory() {
  const { server } = await startOpenldap([OU, ...ENTRIES, ODD].join('\n'))
  const { username, password } = LDAP_LOGIN
  const common = `${LIMITS}, server = "127.0.0.1:${server.port}",
    username = "${username}", password = "${password}"`
  const filter = 'filter = "(&(objectClass=mqttUser)(uid=${username}))"'
  return { server, remove: () => server.remove(), common, filter }
}

const ODD_HASH = 'filter = "(ou:dn:=odd)", method { type = hash }'
// Two entries fit: which one is the client?
const TWO_FIT = 'filter = "(uid=ann)", method { type = bind }'

describeAuthentication('LDAP, hash', () => start('{ type = hash }', ODD_HASH), {
  needs: needsOpenldap(),
})
describeAuthentication('LDAP, bind', () => start('{ type = bind }', TWO_FIT), {
  needs: needsOpenldap(),
})

describeAuthorization(
  'LDAP',
  async () => {
    const { common, filter, ...rig } = await startDirectory()
    const below = (place: string) => `base_dn = "${place}${LDAP_LOGIN.baseDn}"`
    return {
      ...rig,
      source: `type = ldap, ${common}, ${below('ou=users,')}, ${filter}`,
      nonsense: `type = ldap, ${common}, ${below('')}, filter = "(uid=ann)"`,
    }
  },
  { needs: needsOpenldap(), hasConditions: false, hasDenials: false },
)
