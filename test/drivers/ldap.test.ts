import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { openLdap } from '#drivers/ldap.ts'
import { LDAP_LOGIN, needsOpenldap, startOpenldap } from '../support/servers/openldap.ts'
import { type DriverRig, describeDriver, eventually, QUICK_LIMITS } from './driver-kit.ts'
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

describe('a login at a directory', needsOpenldap(), () => {
  it('is right with the password only, and never with an empty one', async () => {
    const { server } = await startOpenldap(ENTRY)
    const { username, password, baseDn } = LDAP_LOGIN
    const driver = openLdap({ ...QUICK_LIMITS, server, username, password, tls: undefined })
    try {
      const dn = `uid=ann,${baseDn}`
      await eventually(() => driver.verify(dn, 'pw'))
      assert.equal(await driver.verify(dn, 'pw'), true)
      assert.equal(await driver.verify(dn, 'wrong'), false)
      assert.equal(await driver.verify(dn, ''), false)
      assert.equal(await driver.verify(`uid=bob,${baseDn}`, 'pw'), false)
      assert.equal(await driver.verify('no name', 'pw'), false)
      assert.equal(driver.figures.opened, 0, 'and is no failure of the directory')
    } finally {
      await driver.close()
      await server.remove()
    }
  })
})

describeDriver('LDAP', start, { needs: needsOpenldap() })
