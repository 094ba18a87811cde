import assert from 'node:assert/strict'
import { openLdap } from '#drivers/ldap.ts'
import { LDAP_LOGIN, needsOpenldap, startOpenldap } from '../support/servers/openldap.ts'
import { type DriverRig, describeDriver } from './driver-kit.ts'
import { tlsOf } from './tls-of.ts'

const ENTRY = `dn: uid=ann,${LDAP_LOGIN.baseDn}
objectClass: mqttUser
uid: ann
userPassword: pw
`

async function start(): Promise<DriverRig> {
  const { server, tlsPort } = await startOpenldap(ENTRY)
  return {
    server,
    remove: () => server.remove(),
    open(options) {
      const password = options.password === 'right' ? LDAP_LOGIN.password : 'wrong-Secret-1'
      const port = options.tls === undefined ? server.port : tlsPort
      const driver = openLdap({
        ...options,
        server: { host: server.host, port },
        username: LDAP_LOGIN.username,
        password,
        tls: tlsOf(options.tls, server),
      })
      const search = { baseDn: LDAP_LOGIN.baseDn, filter: '(uid=ann)', attributes: ['uid'] }
      const ask = async () => {
        const [entry] = await driver.search(search)
        assert.deepEqual(entry?.attributes.get('uid'), ['ann'])
      }
      return { driver, ask }
    },
  }
}

describeDriver('LDAP', start, { needs: needsOpenldap() })
