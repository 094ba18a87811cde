import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { isInstalled, type NeedOptions, needsPackage } from '../needs-package.ts'
import { putServerCertificates } from './server-certificates.ts'
import {
  freePort,
  giveToServer,
  runTool,
  type ServerPlace,
  ServerProcess,
} from './server-process.ts'

const SERVER = '/usr/sbin/slapd'
const SUFFIX = 'dc=example,dc=org'

/** The administrator of a test server and where its entries are. */
export const LDAP_LOGIN = {
  username: `cn=admin,${SUFFIX}`,
  password: 'ldap-Secret-1',
  baseDn: SUFFIX,
} as const

/** Attributes and the class of MQTT users, with the names that EMQX gives them. */
const MQTT_SCHEMA = `
attributetype ( 1.3.6.1.4.1.99999.1.1 NAME 'isSuperuser'
  EQUALITY booleanMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.7 SINGLE-VALUE )
${['mqttPublishTopic', 'mqttSubscriptionTopic', 'mqttPubSubTopic', 'mqttAclRule']
  .map(
    (name, index) => `attributetype ( 1.3.6.1.4.1.99999.1.${index + 2} NAME '${name}'
  EQUALITY caseExactMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.15 )`,
  )
  .join('\n')}
objectclass ( 1.3.6.1.4.1.99999.2.1 NAME 'mqttUser' SUP top STRUCTURAL
  MUST uid
  MAY ( userPassword $ isSuperuser $ mqttPublishTopic $ mqttSubscriptionTopic $
    mqttPubSubTopic $ mqttAclRule ) )
`

/** An OpenLDAP server that speaks LDAPS on a second port. */
export interface LdapServer {
  readonly server: ServerProcess
  readonly tlsPort: number
}

/** For tests that need an OpenLDAP server. */
export function needsOpenldap(): NeedOptions {
  return needsPackage('slapd', isInstalled(SERVER))
}

/**
 * An OpenLDAP server with entries, for a test.
 * @param ldif entries below `LDAP_LOGIN.baseDn`, which exists
 */
export async function startOpenldap(ldif: string): Promise<LdapServer> {
  const tlsPort = await freePort()
  const server = await ServerProcess.launch({
    name: 'openldap',
    command: SERVER,
    args: ({ folder, port }) => {
      const urls = `ldap://127.0.0.1:${port} ldaps://127.0.0.1:${tlsPort}`
      return ['-f', `${folder}/slapd.conf`, '-h', urls, '-d', 'stats']
    },
    ready: /slapd starting/,
    prepare: (place) => prepare(place, ldif),
  })
  return { server, tlsPort }
}

async function prepare({ folder }: ServerPlace, ldif: string): Promise<void> {
  putServerCertificates(folder)
  await runTool('mkdir', [join(folder, 'data')])
  const entries = `dn: ${SUFFIX}
objectClass: dcObject
objectClass: organization
dc: example
o: Example

${ldif}`
  const texts = { 'mqtt.schema': MQTT_SCHEMA, 'slapd.conf': config(folder), 'init.ldif': entries }
  for (const [name, text] of Object.entries(texts)) {
    writeFileSync(join(folder, name), text)
    giveToServer(join(folder, name))
  }
  const files = ['-f', join(folder, 'slapd.conf'), '-l', join(folder, 'init.ldif')]
  await runTool('/usr/sbin/slapadd', ['-q', ...files])
}

function config(folder: string): string {
  return `
include /etc/ldap/schema/core.schema
include ${folder}/mqtt.schema
pidfile ${folder}/pid
# As other directories do: a bind with an empty password succeeds, as nobody.
allow bind_anon_dn
modulepath /usr/lib/ldap
moduleload back_mdb
TLSCertificateFile ${folder}/certs/server.pem
TLSCertificateKeyFile ${folder}/certs/server.key
database mdb
suffix "${SUFFIX}"
rootdn "${LDAP_LOGIN.username}"
rootpw ${LDAP_LOGIN.password}
directory ${folder}/data
dbnosync
access to attrs=userPassword by anonymous auth by * none
access to * by users read by * none
`
}
