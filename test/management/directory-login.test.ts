/** Users of the dashboard whom a directory knows. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { until } from '../integrations/support/integration-rig.ts'
import { LDAP_LOGIN, needsOpenldap, startOpenldap } from '../support/servers/openldap.ts'
import { startManaged } from './support/managed-broker.ts'

const PEOPLE = `
dn: uid=ada,${LDAP_LOGIN.baseDn}
objectClass: mqttUser
uid: ada
userPassword: of-the-directory-1
`

describe('a directory', needsOpenldap(), () => {
  it('lets its users in with the passwords that it knows', async (t) => {
    const { server } = await startOpenldap(PEOPLE)
    t.after(() => server.remove())
    const managed = await startManaged({ threads: 'inline' })
    t.after(() => managed.stop())
    const body = {
      backend: 'ldap',
      enable: true,
      server: `127.0.0.1:${server.port}`,
      username: LDAP_LOGIN.username,
      password: LDAP_LOGIN.password,
      base_dn: LDAP_LOGIN.baseDn,
      filter: '(uid=${username})',
    }
    const put = await managed.call('PUT', '/sso/ldap', { body })
    assert.deepEqual([put.status, put.body.password], [200, '******'], JSON.stringify(put.body))
    const login = (username: string, password: string) =>
      managed.call('POST', '/sso/login/ldap', {
        body: { backend: 'ldap', username, password },
        auth: '',
      })
    const ada = await login('ada', 'of-the-directory-1')
    assert.equal(ada.status, 200, JSON.stringify(ada.body))
    const { username, role, backend, token } = ada.body
    assert.deepEqual([username, role, backend], ['ada', 'viewer', 'ldap'])
    assert.equal((await managed.call('GET', '/clients', { auth: `Bearer ${token}` })).status, 200)
    const again = await login(' ADA', 'of-the-directory-1')
    assert.deepEqual([again.status, again.body.username], [200, 'ada'], 'directories ignore case')
    for (const [name, password] of [
      ['ada', 'wrong'],
      ['bob', 'of-the-directory-1'],
      ['*', 'of-the-directory-1'],
    ] as const) {
      const { status, body: told } = await login(name, password)
      assert.deepEqual([status, told.code], [401, 'BAD_USERNAME_OR_PWD'], name)
    }
    const ssl = { enable: true, cacertfile: '/nowhere/ca.pem' }
    await managed.call('PUT', '/sso/ldap', { body: { ...body, ssl } })
    const unread = await login('ada', 'of-the-directory-1')
    assert.deepEqual([unread.status, unread.body.code], [503, 'SERVICE_UNAVAILABLE'])
    assert.match((await managed.call('GET', '/sso')).body[0].last_error, /nowhere/)
    assert.equal((await managed.call('PUT', '/sso/ldap', { body })).status, 200)
    assert.equal((await login('ada', 'of-the-directory-1')).status, 200)
    const off = { ...body, enable: false }
    assert.equal((await managed.call('PUT', '/sso/ldap', { body: off })).status, 200)
    const count = (event: RegExp) => server.lines.filter((line) => event.test(line)).length
    const isAlone = () => count(/fd=\d+ ACCEPT/) === count(/fd=\d+ closed/)
    await until('its connections are closed without a login', isAlone)
    assert.equal((await managed.call('PUT', '/sso/ldap', { body })).status, 200)
    await server.kill()
    const away = await login('ada', 'of-the-directory-1')
    assert.deepEqual([away.status, away.body.code], [503, 'SERVICE_UNAVAILABLE'])
  })
})
