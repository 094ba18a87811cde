import assert from 'node:assert/strict'
import { after, describe, test } from 'node:test'
import type { ConnectRequest } from '#broker/ports.ts'
import { decode } from '#config/decode.ts'
import {
  type PasswordHashAlgorithm,
  passwordHashAlgorithm,
} from '#config/fields/authentication/password-hash.ts'
import { fromPlain } from '#config/hocon/value.ts'
import type { Plain } from '#config/hocon/value.ts'
import type { StoredPassword } from '#plugin/define-authenticator.ts'
import { checkPassword, WRONG_PASSWORD } from './check-password.ts'
import { FairQueue } from './fair-queue.ts'
import { PasswordService } from './password-service.ts'

const service = new PasswordService(() => performance.now())
after(() => service.close())

function algorithmOf(written: Plain): PasswordHashAlgorithm {
  const at = { source: 'test', line: 1, column: 1 }
  const { value, errors } = decode(passwordHashAlgorithm, fromPlain(written, at))
  assert.deepEqual(errors, [])
  assert.ok(value !== undefined)
  return value
}

function requestWith(password: string | undefined): ConnectRequest {
  return {
    clientId: 'c',
    username: 'u',
    password: password === undefined ? undefined : Buffer.from(password),
    protocolVersion: 5,
    cleanStart: true,
    keepAliveSeconds: 60,
    wire: {
      listener: 'tcp:default',
      transport: 'tcp',
      peerHost: '192.0.2.1',
      peerPort: 1,
      localPort: 1883,
    },
  }
}

/** Made by other programs: Python's hashlib and crypt, the command argon2. */
const FOREIGN: readonly [written: Plain, stored: StoredPassword][] = [
  [
    { name: 'plain', salt_position: 'disable' },
    { hash: 'public', salt: '' },
  ],
  [{ name: 'plain' }, { hash: 'saltpublic', salt: 'salt' }],
  [
    { name: 'md5', salt_position: 'disable' },
    { hash: '4c9184f37cff01bcdc32dc486ec36961', salt: 'not used' },
  ],
  [
    { name: 'sha', salt_position: 'suffix' },
    { hash: '43e71834067d59d83ae934bb80670178b810b9be', salt: 'salt' },
  ],
  [
    { name: 'sha256' },
    { hash: 'F2EF7F9AEDB2C3B5040BC16691A1177758A92AD91E1EE77770215A332BF6099F', salt: 'salt' },
  ],
  [
    { name: 'sha512' },
    {
      hash:
        '82112846414ba6fd95be5ac402188c3a7cf1a178485e937fded30f9e398c9409' +
        '4d2d742a41dd0982febd36484be12f19d3cf9130fe2d903d61b5c7ae9a327185',
      salt: 'salt',
    },
  ],
  [
    { name: 'bcrypt' },
    { hash: '$2b$05$abcdefghijklmnopqrstuuwwPIUV0aLdd4MRrWIJ1GQ9qm/ci/n7y', salt: '' },
  ],
  [
    { name: 'pbkdf2', mac_fun: 'sha256', iterations: 4096, dk_length: 32 },
    { hash: '232c42ada7adef7a6e1d2e1393c85aa578a948e3e5a16777fa67d70f1caf8cb4', salt: 'salt' },
  ],
  [
    { name: 'pbkdf2', mac_fun: 'sha', iterations: 1000 },
    { hash: 'f67ae9572c90d4f194d4be093a31f8c2d0e8accb', salt: 'salt' },
  ],
  [
    { name: 'scrypt', cost: 1024 },
    { hash: 'cee8bff05a22149f4be9cb3219321ff4f966701218db02b8f614c756af4d9726', salt: 'salt' },
  ],
  [
    { name: 'scrypt' },
    { hash: '$scrypt$ln=10,r=8,p=1$c2FsdA$zui/8FoiFJ9L6csyGTIf9PlmcBIY2wK49hTHVq9NlyY', salt: '' },
  ],
  [
    { name: 'argon2id' },
    {
      hash:
        '$argon2id$v=19$m=1024,t=2,p=1$c2FsdHNhbHRzYWx0' +
        '$qsCMpTQWNzjT62mt3Ysx3msb2VOERIMsoGFdAIoPc0A',
      salt: '',
    },
  ],
  [
    { name: 'argon2id' },
    {
      hash: '$argon2i$v=19$m=256,t=3,p=2$c2FsdHNhbHRzYWx0$jy1TS' + 'D6yg8ijXXtFc5Kn61CjiqQW48ig',
      salt: '',
    },
  ],
]

describe('passwords', () => {
  for (const [written, stored] of FOREIGN) {
    test(`${JSON.stringify(written)} as other programs make it`, async () => {
      const algorithm = algorithmOf(written)
      assert.equal(await service.verify(algorithm, requestWith('public'), stored), 'match')
      assert.equal(await service.verify(algorithm, requestWith('Public'), stored), 'mismatch')
      assert.equal(await service.verify(algorithm, requestWith('public'), undefined), 'mismatch')
    })

    test(`${JSON.stringify(written)} as made here, with a salt of its own`, async () => {
      const algorithm = algorithmOf(written)
      const [one, two] = await Promise.all([
        service.hash(algorithm, Buffer.from('public')),
        service.hash(algorithm, Buffer.from('public')),
      ])
      assert.equal(await service.verify(algorithm, requestWith('public'), one), 'match')
      assert.equal(await service.verify(algorithm, requestWith('other'), one), 'mismatch')
      const isSalted = !JSON.stringify(written).includes('disable')
      assert.equal(isSalted, JSON.stringify(one) !== JSON.stringify(two))
    })
  }

  const costly = [
    '$2b$31$abcdefghijklmnopqrstuuwwPIUV0aLdd4MRrWIJ1GQ9qm/ci/n7y',
    '$argon2id$v=19$m=9999999,t=2,p=1$c2FsdHNhbHRzYWx0$c2FsdHNhbHRzYWx0',
    '$scrypt$ln=30,r=8,p=1$c2FsdA$zui/8FoiFJ9L6csyGTIf9PlmcBIY2wK49hTHVq9NlyY',
    'no hash at all',
    '',
  ]
  for (const hash of costly) {
    test(`broken or endless stored text matches nothing: ${hash}`, async () => {
      const algorithm = algorithmOf({ name: 'argon2id' })
      const verdict = await service.verify(algorithm, requestWith('x'), { hash, salt: '' })
      assert.equal(verdict, 'mismatch')
    })
  }
})

describe('the check of a password', () => {
  const algorithm = algorithmOf({ name: 'plain', salt_position: 'disable' })
  const user = { hash: 'public', salt: '', isSuperuser: true }
  const check = (password: string | undefined, known: typeof user | undefined) =>
    checkPassword(service, algorithm, requestWith(password), known)

  test('accepts the right one, and hands on who is a superuser', () => {
    assert.deepEqual(check('public', user), { allowed: true, isSuperuser: true })
  })
  test('refuses a wrong one, and a known user without one', () => {
    assert.equal(check('wrong', user), WRONG_PASSWORD)
    assert.equal(check(undefined, user), WRONG_PASSWORD)
  })
  test('leaves users that are not known to others', async () => {
    assert.deepEqual(await check('public', undefined), { allowed: 'ignore', isUnavailable: false })
  })
  test('takes as long for an unknown user as for a wrong password', async () => {
    const slow = algorithmOf({ name: 'scrypt', cost: 16_384 })
    const stored = { ...(await service.hash(slow, Buffer.from('x'))), isSuperuser: false }
    const timeOf = async (known: typeof stored | undefined) => {
      const startMs = performance.now()
      await checkPassword(service, slow, requestWith('y'), known)
      return performance.now() - startMs
    }
    // Other programs make times longer at random; without the work it would never come near.
    const ratios: number[] = []
    const isAlike = (ratio: number) => ratio > 1 / 3 && ratio < 3
    while (ratios.length < 20 && !ratios.some(isAlike)) {
      ratios.push((await timeOf(undefined)) / (await timeOf(stored)))
    }
    assert.ok(ratios.some(isAlike), ratios.join(', '))
  })
  test('says that too many wait, instead of a verdict', async () => {
    const slow = algorithmOf({ name: 'scrypt', cost: 16_384 })
    const late = new PasswordService(() => (nowMs += 10_000))
    let nowMs = 0
    const result = await checkPassword(late, slow, requestWith('x'), undefined)
    await late.close()
    assert.ok(result.allowed === false && result.reason === 0x89)
  })
})

describe('the queue in front of slow passwords', () => {
  test('serves owners in turn', () => {
    const queue = new FairQueue<string>(10)
    for (const item of ['a1', 'a2', 'a3', 'b1', 'b2', 'c1']) queue.push(item[0] ?? '', item)
    const order = Array.from({ length: 7 }, () => queue.shift())
    assert.deepEqual(order, ['a1', 'b1', 'c1', 'a2', 'b2', 'a3', undefined])
    assert.equal(queue.size, 0)
  })
  test('full, refuses whoever has most, and lets others in', () => {
    const queue = new FairQueue<string>(4)
    for (const item of ['a1', 'a2', 'a3', 'a4']) assert.equal(queue.push('a', item), undefined)
    assert.equal(queue.push('a', 'a5'), 'a5')
    assert.equal(queue.push('b', 'b1'), 'a4')
    assert.equal(queue.push('b', 'b2'), 'a3')
    assert.equal(queue.push('b', 'b3'), 'b3')
    assert.equal(queue.size, 4)
    assert.deepEqual(
      Array.from({ length: 5 }, () => queue.shift()),
      ['a1', 'b1', 'a2', 'b2', undefined],
    )
  })
})
