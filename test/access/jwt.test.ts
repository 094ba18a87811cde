/** Tokens against clients of other makers. */
import assert from 'node:assert/strict'
import { generateKeyPairSync, type KeyObject } from 'node:crypto'
import { after, before, describe, test } from 'node:test'
import { type JWTPayload, SignJWT } from 'jose'
import { startBroker, type TestBroker } from '#app/start-broker.ts'
import { ReasonCode } from '#codec/mqtt/reason-codes.ts'
import { until } from '../integrations/support/integration-rig.ts'
import { launchHttp } from '../support/servers/local-server.ts'
import { AccessRig } from './access-rig.ts'
import { attempt, named, outcome } from './clients.ts'
import { exampleAuthenticator } from './examples.ts'

const SECRET = 'not so secret in a test, but long enough'
const { BAD_USER_NAME_OR_PASSWORD: BAD_PASSWORD, MAXIMUM_CONNECT_TIME, NOT_AUTHORIZED } = ReasonCode
const { SERVER_UNAVAILABLE } = ReasonCode

const hmac = { mechanism: 'jwt', algorithm: 'hmac-based' }

const sign = (claims: JWTPayload) =>
  new SignJWT(claims).setProtectedHeader({ alg: 'HS256' }).sign(Buffer.from(SECRET))

describe('tokens', () => {
  let broker: TestBroker
  let port: number
  before(async () => {
    broker = await startBroker({
      config: `
        authentication = [${exampleAuthenticator(hmac, { secret: SECRET })}]`,
    })
    port = broker.port('tcp:default')
  })
  after(() => broker.stop())

  test('a token for the client is accepted, one for another is refused', async () => {
    const token = await sign({ sub: 'ada' })
    assert.equal(await outcome(port, named('ada', token)), 'accepted')
    assert.equal(await outcome(port, named('eve', token)), BAD_PASSWORD)
    assert.equal(await outcome(port, named('ada', 'password')), NOT_AUTHORIZED)
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

test('tokens of a key pair are accepted from whom they name', async (context) => {
  const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const keys = { mechanism: 'jwt', algorithm: 'public-key' }
  const example = exampleAuthenticator(keys, { public_key: '@/jwt.pem' })
  const pem = publicKey.export({ type: 'spki', format: 'pem' }).toString()
  const rig = await AccessRig.start(context, 1, `authentication = [${example}]`, { 'jwt.pem': pem })
  const signed = (key: KeyObject, sub: string) =>
    new SignJWT({ sub }).setProtectedHeader({ alg: 'PS256' }).sign(key)
  assert.equal(await rig.connectCode(named('ada', await signed(privateKey, 'ada'))), 0)
  assert.equal(await rig.connectCode(named('eve', await signed(privateKey, 'ada'))), BAD_PASSWORD)
  const another = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey
  assert.equal(await rig.connectCode(named('ada', await signed(another, 'ada'))), NOT_AUTHORIZED)
})

test('tokens of a key set are accepted while its server is away, and after it', async (context) => {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const key = { ...publicKey.export({ format: 'jwk' }), kid: '1', alg: 'ES256', use: 'sig' }
  const server = await launchHttp((_, response) => response.end(JSON.stringify({ keys: [key] })))
  context.after(() => server.remove())
  const endpoint = `http://${server.host}:${server.port}/realms/devices/jwks.json`
  const example = exampleAuthenticator({ use_jwks: true }, { endpoint, refresh_interval: 1 })
  const rig = await AccessRig.start(context, 1, `authentication = [${example}]`)
  const header = { alg: 'ES256', kid: '1' }
  const token = await new SignJWT({ sub: 'ada' }).setProtectedHeader(header).sign(privateKey)
  const code = (name: string) => rig.connectCode(named(name, token))
  await until('the keys are fetched', async () => (await code('ada')) !== SERVER_UNAVAILABLE)
  assert.equal(await code('ada'), 0)
  assert.equal(await code('eve'), BAD_PASSWORD)
  await server.kill()
  const isNoted = () => rig.broker.lines.some(({ message }) => message === 'key_set_not_fetched')
  await until('the server is missed', isNoted)
  assert.equal(await code('ada'), 0, 'the keys that are known')
  assert.equal(await code('eve'), BAD_PASSWORD)
  await server.start()
  assert.equal(await code('ada'), 0)
})
