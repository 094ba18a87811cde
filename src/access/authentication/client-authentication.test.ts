import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { AuthenticateResult, ConnectRequest } from '#broker/ports.ts'
import { ReasonCode } from '#codec/mqtt/reason-codes.ts'
import { connectRequest } from '../../../test/support/access-request.ts'
import { ClientAuthentication } from './client-authentication.ts'
import type { ClientAuthenticationSettings } from './client-authentication.ts'

const NO_CHAINS = { global: undefined, listeners: new Map() }

function decide(
  settings: Partial<ClientAuthenticationSettings>,
  peerHost: string,
  username?: string,
): AuthenticateResult {
  const closed = { allowAnonymous: false, openListeners: [], namedOnlyListeners: [] }
  const request: ConnectRequest = {
    clientId: 'c',
    username,
    password: undefined,
    protocolVersion: 5,
    cleanStart: true,
    keepAliveSeconds: 60,
    wire: { listener: 'tcp:default', transport: 'tcp', peerHost, peerPort: 1, localPort: 1883 },
  }
  const results: AuthenticateResult[] = []
  new ClientAuthentication({ ...closed, ...settings }, NO_CHAINS).authenticate(request, (one) => {
    results.push(one)
  })
  assert.equal(results.length, 1, 'answered at once and once')
  const [result] = results
  assert.ok(result !== undefined)
  return result
}

describe('access without authenticators', () => {
  it('lets clients on this host in', () => {
    for (const host of ['127.0.0.1', '127.9.9.9', '::1', '::ffff:127.0.0.1']) {
      assert.deepEqual(decide({}, host), { allowed: true, isSuperuser: false }, host)
    }
  })

  it('refuses others and says which key to set', () => {
    for (const host of ['192.0.2.1', '2001:db8::1', '::ffff:192.0.2.1']) {
      const result = decide({}, host, 'admin')
      assert.ok(result.allowed === false, host)
      assert.equal(result.reason, ReasonCode.NOT_AUTHORIZED)
      assert.match(result.reasonString, /allow_anonymous = true/)
    }
  })

  it('lets clients in whose pre-shared key TLS has found right', () => {
    const result: AuthenticateResult[] = []
    const { wire } = connectRequest()
    const closed = { allowAnonymous: false, openListeners: [], namedOnlyListeners: [] }
    const authentication = new ClientAuthentication(closed, NO_CHAINS)
    const request = connectRequest({ wire: { ...wire, pskIdentity: '' } })
    authentication.authenticate(request, (one) => result.push(one))
    assert.deepEqual(result, [{ allowed: true, isSuperuser: false }])
  })

  it('lets everybody in when the owner says so, for all or for one listener', () => {
    assert.ok(decide({ allowAnonymous: true }, '192.0.2.1').allowed)
    assert.ok(decide({ openListeners: ['tcp:default'] }, '192.0.2.1').allowed)
    assert.ok(!decide({ openListeners: ['tcp:other'] }, '192.0.2.1').allowed)
  })

  it('refuses clients without a user name where a name is asked for', () => {
    const settings = { allowAnonymous: true, namedOnlyListeners: ['tcp:default'] }
    assert.ok(!decide(settings, '127.0.0.1').allowed)
    assert.ok(decide(settings, '127.0.0.1', 'name').allowed)
  })
})
