import { createHash } from 'node:crypto'
import { LDAP_LOGIN, needsOpenldap, startOpenldap } from '../../support/servers/openldap.ts'
import { exampleAuthenticator, exampleSource } from '../examples.ts'
import {
  type AuthenticationRig,
  describeAuthentication,
  QUICK,
  shared,
  USERS,
} from './authentication-kit.ts'
import { describeAuthorization, RULES } from './authorization-kit.ts'

const { query_timeout, connect_timeout: request_timeout, pool_size } = QUICK
const LIMITS = { query_timeout, request_timeout, pool_size }

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

async function start(type: 'bind' | 'hash', nonsense: string): Promise<AuthenticationRig> {
  const { place, ...rig } = await startDirectory()
  const example = (replaced = {}) =>
    exampleAuthenticator({ backend: 'ldap', method: { type } }, { ...place, ...replaced })
  const odd = example({ base_dn: LDAP_LOGIN.baseDn, filter: nonsense })
  return { ...rig, authenticator: example(), nonsense: odd }
}

const startDirectory = shared(async () => {
  const { server } = await startOpenldap([OU, ...ENTRIES, ODD].join('\n'))
  const { username, password } = LDAP_LOGIN
  const place = { server: `${server.host}:${server.port}`, username, password, ...LIMITS }
  return { server, remove: () => server.remove(), place }
})

const ODD_HASH = '(ou:dn:=odd)'
// Two entries fit: which one is the client?
const TWO_FIT = '(uid=ann)'

describeAuthentication('LDAP, hash', () => start('hash', ODD_HASH), { needs: needsOpenldap() })
describeAuthentication('LDAP, bind', () => start('bind', TWO_FIT), { needs: needsOpenldap() })

describeAuthorization(
  'LDAP',
  async () => {
    const { place, ...rig } = await startDirectory()
    const example = (replaced = {}) => exampleSource({ type: 'ldap' }, { ...place, ...replaced })
    const nonsense = example({ base_dn: LDAP_LOGIN.baseDn, filter: TWO_FIT })
    return { ...rig, source: example(), nonsense }
  },
  { needs: needsOpenldap(), hasConditions: false, hasDenials: false },
)
