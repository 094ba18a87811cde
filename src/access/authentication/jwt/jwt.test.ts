import assert from 'node:assert/strict'
import { createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto'
import { describe, test } from 'node:test'
import { type JWTPayload, SignJWT } from 'jose'
import type { ConnectRequest } from '#broker/ports.ts'
import { decode } from '#config/decode.ts'
import { jwtHmac, jwtPublicKey } from '#config/fields/authentication/jwt.ts'
import { fromPlain } from '#config/hocon/value.ts'
import type { Plain } from '#config/hocon/value.ts'
import { authenticatorContext, namedRequest } from '../../../../test/support/access-request.ts'
import jwt from './jwt.ts'

const NOW_MS = 1_700_000_000_000
const NOW_S = NOW_MS / 1000
const SECRET = 'a secret that is long enough for every HMAC there is, really it is quite long'
const NEVER = new AbortController().signal
const IGNORED = { allowed: 'ignore', isUnavailable: false }
const at = { source: 'test', line: 1, column: 1 }

function make(form: typeof jwtHmac | typeof jwtPublicKey, written: Record<string, Plain>) {
  const { value, errors } = decode(form, fromPlain({ mechanism: 'jwt', ...written }, at))
  assert.deepEqual(errors, [])
  assert.ok(value !== undefined)
  return jwt.create(value, authenticatorContext(NOW_MS))
}

const hmac = (more: Record<string, Plain> = {}) =>
  make(jwtHmac, { algorithm: 'hmac-based', secret: SECRET, ...more })

type Key = KeyObject | Uint8Array
const sign = (claims: JWTPayload, alg = 'HS256', key: Key = Buffer.from(SECRET)) =>
  new SignJWT(claims).setProtectedHeader({ alg }).sign(key)

async function decide(
  authenticator: ReturnType<typeof hmac>,
  token: string | undefined,
  more: Partial<ConnectRequest> = {},
) {
  return authenticator.authenticate(namedRequest('ada', token, more), NEVER)
}

function reasonOf(result: { readonly allowed: unknown; readonly reason?: number }) {
  return result.allowed === false ? result.reason : result.allowed
}

describe('tokens signed with a secret', () => {
  for (const alg of ['HS256', 'HS384', 'HS512']) {
    test(`${alg} is accepted`, async () => {
      const result = await decide(hmac(), await sign({ sub: 'x' }, alg))
      assert.deepEqual(result, { allowed: true, isSuperuser: false })
    })
  }

  test('a secret may be written in Base64', async () => {
    const secret = Buffer.from(SECRET).toString('base64')
    const authenticator = hmac({ secret, secret_base64_encoded: true })
    assert.equal((await decide(authenticator, await sign({}))).allowed, true)
  })

  test('what is no token of ours is left to others', async () => {
    const foreign = await sign({}, 'HS256', Buffer.from('another secret of some length, enough'))
    const none = `${Buffer.from('{"alg":"none"}').toString('base64url')}.e30.`
    const [head, , tail] = (await sign({})).split('.')
    const changed = `${head}.${Buffer.from('{"is_superuser":true}').toString('base64url')}.${tail}`
    for (const token of [undefined, '', 'secret', 'a.b.c', foreign, none, changed]) {
      assert.deepEqual(await decide(hmac(), token), IGNORED, String(token))
    }
  })

  test('the token may stand in the user name', async () => {
    const authenticator = hmac({ from: 'username' })
    const username = await sign({})
    assert.equal((await decide(authenticator, undefined, { username })).allowed, true)
    assert.deepEqual(await decide(authenticator, username), IGNORED)
  })
})

describe('claims', () => {
  const refused: readonly [JWTPayload, string][] = [
    [{ exp: NOW_S }, 'is expired'],
    [{ exp: NOW_S - 100 }, 'has been expired for long'],
    [{ nbf: NOW_S + 1 }, 'is not valid yet'],
    [{ iat: NOW_S + 1 }, 'was issued in the future'],
  ]
  for (const [claims, what] of refused) {
    test(`a token that ${what} is refused`, async () => {
      assert.equal(reasonOf(await decide(hmac(), await sign(claims))), 0x86)
    })
  }

  test('a token with an expiry that is no time is refused', async () => {
    // JOSE would not make one.
    const { createHmac } = await import('node:crypto')
    const [head, body] = ['{"alg":"HS256"}', '{"exp":"soon"}'].map((text) => {
      return Buffer.from(text).toString('base64url')
    })
    const tail = createHmac('sha256', SECRET).update(`${head}.${body}`).digest('base64url')
    assert.equal(reasonOf(await decide(hmac(), `${head}.${body}.${tail}`)), 0x86)
  })

  test('the end of the token is the end of the connection, unless switched off', async () => {
    const token = await sign({ exp: NOW_S + 60, nbf: NOW_S, iat: NOW_S })
    const expiresAtMs = NOW_MS + 60_000
    const accepted = { allowed: true, isSuperuser: false, expiresAtMs }
    assert.deepEqual(await decide(hmac(), token), { ...accepted, disconnectAtExpiry: true })
    const lasting = hmac({ disconnect_after_expire: false })
    assert.deepEqual(await decide(lasting, token), { ...accepted, disconnectAtExpiry: false })
  })

  test('required claims are compared with what the client says of itself', async () => {
    const authenticator = hmac({
      verify_claims: { sub: '${username}', device: 'id-${clientid}', level: '3', ok: 'true' },
    })
    const right = { sub: 'ada', device: 'id-client', level: 3, ok: true }
    assert.equal((await decide(authenticator, await sign(right))).allowed, true)
    for (const wrong of [{ sub: 'eve' }, { device: 'id-' }, { level: 4 }, { ok: ['true'] }]) {
      const token = await sign({ ...right, ...wrong })
      assert.equal(reasonOf(await decide(authenticator, token)), 0x86, JSON.stringify(wrong))
    }
    const { sub: _, ...missing } = right
    assert.equal(reasonOf(await decide(authenticator, await sign(missing))), 0x86)
    const nameless = await decide(authenticator, await sign(right), { username: undefined })
    assert.equal(reasonOf(nameless), 0x86)
  })

  test('superuser and attributes are handed on', async () => {
    const token = await sign({ is_superuser: true, client_attrs: { site: 'a', n: 1, deep: {} } })
    assert.deepEqual(await decide(hmac(), token), {
      allowed: true,
      isSuperuser: true,
      clientAttributes: { site: 'a', n: '1' },
    })
  })

  test('rules are handed on in both forms, under the configured name', async () => {
    const list = [
      {
        permission: 'allow',
        action: 'publish',
        topic: 'a/${clientid}',
        qos: [0, 1],
        retain: false,
      },
      { permission: 'deny', action: 'all', topic: 'eq a/#', qos: '2', retain: 'all' },
    ]
    const one = await decide(hmac({ acl_claim_name: 'may' }), await sign({ may: list }))
    assert.deepEqual(one.allowed === true && one.acl, {
      otherwise: 'pass',
      rules: [list[0], { permission: 'deny', action: 'all', topic: 'eq a/#', qos: [2] }],
    })
    const groups = { pub: ['a', 'b/#'], sub: 'c', all: [] }
    const two = await decide(hmac(), await sign({ acl: groups }))
    assert.deepEqual(two.allowed === true && two.acl, {
      otherwise: 'deny',
      rules: [
        { permission: 'allow', action: 'publish', topic: 'a' },
        { permission: 'allow', action: 'publish', topic: 'b/#' },
        { permission: 'allow', action: 'subscribe', topic: 'c' },
      ],
    })
  })

  const rule = { permission: 'allow', action: 'publish', topic: 'a' }
  const broken: readonly unknown[] = [
    'allow all',
    null,
    { publish: ['a'] },
    { pub: 1 },
    { pub: [1] },
    [{ ...rule, permission: 'maybe' }],
    [{ ...rule, action: 'read' }],
    [{ ...rule, topic: 1 }],
    [{ ...rule, qos: 3 }],
    [{ ...rule, qos: '' }],
    [{ ...rule, retain: 2 }],
    [{ ...rule, clientid_re: 'x' }],
    Array.from({ length: 1001 }, () => rule),
  ]
  for (const acl of broken) {
    test(`rules that are not understood refuse: ${JSON.stringify(acl).slice(0, 60)}`, async () => {
      assert.equal(reasonOf(await decide(hmac(), await sign({ acl }))), 0x86)
    })
  }
})

describe('tokens signed with a private key', () => {
  const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const ed = generateKeyPairSync('ed25519')
  const pem = (key: KeyObject) => String(key.export({ type: 'spki', format: 'pem' }))
  const publicKey = (key: KeyObject) =>
    make(jwtPublicKey, { algorithm: 'public-key', public_key: pem(key) })

  const pairs = { RS256: rsa, RS512: rsa, PS256: rsa, PS384: rsa, ES256: ec, EdDSA: ed }
  for (const [alg, pair] of Object.entries(pairs)) {
    test(`${alg} is accepted`, async () => {
      const token = await sign({}, alg, pair.privateKey)
      assert.equal((await decide(publicKey(pair.publicKey), token)).allowed, true)
    })
  }

  test('the public key is no secret to sign with', async () => {
    const text = Buffer.from(pem(rsa.publicKey))
    assert.deepEqual(await decide(publicKey(rsa.publicKey), await sign({}, 'HS256', text)), IGNORED)
  })

  test('a key of another kind or of somebody else fits nothing', async () => {
    const other = generateKeyPairSync('ec', { namedCurve: 'P-256' })
    const token = await sign({}, 'ES256', other.privateKey)
    assert.deepEqual(await decide(publicKey(ec.publicKey), token), IGNORED)
    assert.deepEqual(await decide(publicKey(rsa.publicKey), token), IGNORED)
  })

  test('what is no key says so at the start', () => {
    assert.throws(() => make(jwtPublicKey, { algorithm: 'public-key', public_key: '/none' }), {
      message: /`public_key` \/none is no public key or certificate in PEM: ENOENT/,
    })
    assert.ok(createPublicKey(pem(rsa.publicKey)))
  })
})
