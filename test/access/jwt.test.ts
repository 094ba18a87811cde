/** Tokens against clients of other makers. */
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { type JWTPayload, SignJWT } from 'jose'
import { startBroker, type TestBroker } from '#app/start-broker.ts'
import { attempt, named, outcome } from './clients.ts'

const SECRET = 'not so secret in a test, but long enough'
const MAXIMUM_CONNECT_TIME = 0xa0

const sign = (claims: JWTPayload) =>
  new SignJWT(claims).setProtectedHeader({ alg: 'HS256' }).sign(Buffer.from(SECRET))

describe('tokens', () => {
  let broker: TestBroker
  let port: number
  before(async () => {
    broker = await startBroker({
      config: `
        authentication = [
          {
            mechanism = jwt, algorithm = hmac-based, secret = "${SECRET}", from = password
            verify_claims { sub = "\${username}" }
          }
        ]`,
    })
    port = broker.port('tcp:default')
  })
  after(() => broker.stop())

  test('a token for the client is accepted, one for another is refused', async () => {
    const token = await sign({ sub: 'ada' })
    assert.equal(await outcome(port, named('ada', token)), 'accepted')
    assert.equal(await outcome(port, named('eve', token)), 0x86)
    assert.equal(await outcome(port, named('ada', 'password')), 0x87)
  })

  test('the connection ends with the token', async () => {
    const exp = Math.ceil(Date.now() / 1000) + 1
    const token = await sign({ sub: 'ada', exp })
    const result = await attempt(port, named('ada', token))
    assert.ok('client' in result)
    const reason = await new Promise((resolve) => {
      result.client.once('disconnect', ({ reasonCode }) => resolve(reasonCode))
    })
    assert.equal(reason, MAXIMUM_CONNECT_TIME)
    assert.ok(Date.now() >= exp * 1000)
    await result.client.endAsync(true)
  })

  test('neither token nor secret is logged', async () => {
    const token = await sign({ sub: 'ada' })
    await outcome(port, named('eve', token))
    const log = JSON.stringify(broker.lines)
    assert.ok(!log.includes(token.slice(-20)) && !log.includes(SECRET))
  })
})
