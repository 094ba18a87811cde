import assert from 'node:assert/strict'
import { pbkdf2Sync } from 'node:crypto'
import { after, describe, test } from 'node:test'
import type { AuthenticateResult, Continued } from '#broker/ports.ts'
import { PasswordService } from '../password/password-service.ts'
import { scramCredentials } from '../users/scram-credential.ts'
import { UserDirectory } from '../users/user-directory.ts'
import {
  authenticatorContext,
  connectRequest,
  memoryStore,
} from '../../../../test/support/access-request.ts'
import { beginScram } from './scram-exchange.ts'
import { type ScramDigest, scramKeys } from './scram-keys.ts'
import { parseClientFinal, parseClientFirst } from './scram-messages.ts'
import scram from './scram.ts'

const bytes = (text: string) => Buffer.from(text)
const text = (data: Uint8Array | undefined) => Buffer.from(data ?? []).toString()

function next(step: AuthenticateResult, message: string): AuthenticateResult {
  assert.ok(step.allowed === 'continue', JSON.stringify(step))
  const results: AuthenticateResult[] = []
  step.next(bytes(message), (result) => results.push(result))
  const [result] = results
  assert.ok(result !== undefined)
  return result
}

interface Vector {
  readonly digest: ScramDigest
  readonly salt: string
  readonly clientNonce: string
  readonly serverNonce: string
  readonly proof: string
  readonly signature: string
}

/** RFC 5802 §5, RFC 7677 §3, and for SHA-512 what Python's hashlib says. */
const VECTORS: readonly Vector[] = [
  {
    digest: 'sha1',
    salt: 'QSXCR+Q6sek8bf92',
    clientNonce: 'fyko+d2lbbFgONRv9qkxdawL',
    serverNonce: '3rfcNHYJY1ZVvWVs7j',
    proof: 'v0X8v3Bz2T0CJGbJQyF0X+HI4Ts=',
    signature: 'rmF9pqV8S7suAoZWja4dJRkFsKQ=',
  },
  {
    digest: 'sha256',
    salt: 'W22ZaJ0SNY7soEsUEjb6gQ==',
    clientNonce: 'rOprNGfwEbeRWgbNEkqO',
    serverNonce: '%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0',
    proof: 'dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=',
    signature: '6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=',
  },
  {
    digest: 'sha512',
    salt: 'W22ZaJ0SNY7soEsUEjb6gQ==',
    clientNonce: 'rOprNGfwEbeRWgbNEkqO',
    serverNonce: '%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0',
    proof:
      'gMGXRcevScNtxZ6/8lQYpGtnsNAc3mGcmNomv+xnoOMw+3R2xNJdMNnzMlTN8PPC' +
      '6wdp6dybEmDYXYTxwnYPJQ==',
    signature:
      'ZQnYEgWQMFmmsM8aQMF0nDDCy/AgCzkwk8CmMZYcMg0vSVlKDanekLtifDSeVGT4' +
      '+5ZxXnJq199RVG2rR7N7Zw==',
  },
]

function begin(vector: Vector, first: string, claimedName?: string) {
  const { digest } = vector
  const salt = Buffer.from(vector.salt, 'base64')
  const lengthBytes = { sha1: 20, sha256: 32, sha512: 64 }[digest]
  const keys = scramKeys(digest, pbkdf2Sync('pencil', salt, 4096, lengthBytes, digest))
  const findUser = () => ({ ...keys, salt, iterations: 4096, isSuperuser: true })
  const makeNonce = () => vector.serverNonce
  return beginScram({ digest, makeNonce, findUser, claimedName }, bytes(first))
}

describe('SCRAM', () => {
  for (const vector of VECTORS) {
    const { digest, clientNonce, serverNonce, salt, proof, signature } = vector
    const nonce = clientNonce + serverNonce
    test(`${digest}: the example of the standard`, () => {
      const first = begin(vector, `n,,n=user,r=${clientNonce}`)
      assert.ok(first.allowed === 'continue')
      assert.equal(text(first.methodData), `r=${nonce},s=${salt},i=4096`)
      const last = next(first, `c=biws,r=${nonce},p=${proof}`)
      assert.ok(last.allowed === true)
      assert.equal(text(last.methodData), `v=${signature}`)
      assert.equal(last.username, 'user')
      assert.equal(last.isSuperuser, true)
    })
  }

  const [, vector] = VECTORS
  assert.ok(vector !== undefined)
  const nonce = vector.clientNonce + vector.serverNonce
  const FIRST = `n,,n=user,r=${vector.clientNonce}`
  const FINAL = `c=biws,r=${nonce},p=${vector.proof}`

  const wrong: Readonly<Record<string, string>> = {
    'another proof': FINAL.replace('p=d', 'p=e'),
    'a short proof': `c=biws,r=${nonce},p=AAAA`,
    'another nonce': FINAL.replace('r=r', 'r=s'),
    'the nonce of the client alone': FINAL.replace(nonce, vector.clientNonce),
    'another channel binding': FINAL.replace('biws', 'eSws'),
    'no proof': `c=biws,r=${nonce}`,
    'something behind the proof': `${FINAL},x=y`,
    nothing: '',
  }
  for (const [name, message] of Object.entries(wrong)) {
    test(`is refused with ${name}`, () => {
      const last = next(begin(vector, FIRST), message)
      assert.ok(last.allowed === false && last.reason === 0x87)
    })
  }

  const malformed = [
    'p=tls-unique,,n=user,r=abc',
    'n,a=other,n=user,r=abc',
    'n,,r=abc',
    'n,,n=,r=abc',
    'n,,n=us=er,r=abc',
    'n,,n=user,r=a bc',
    'n,,n=user,r=',
    'x,,n=user,r=abc',
    'user',
    `n,,n=user,r=${'a'.repeat(5000)}`,
  ]
  for (const message of malformed) {
    test(`a first message is refused: ${message.slice(0, 30)}`, () => {
      const first = begin(vector, message)
      assert.ok(first.allowed === false && first.reason === 0x87)
    })
  }

  test('names may hold commas and equals signs', () => {
    assert.equal(parseClientFirst(bytes('y,a=a=2Cb=3Dc,n=a=2Cb=3Dc,r=x,e=f'))?.username, 'a,b=c')
    assert.equal(parseClientFinal(bytes('c=biws,r=x,e=f,p=AA=='))?.withoutProof, 'c=biws,r=x,e=f')
  })

  test('is asked for its first message when CONNECT brought none', () => {
    const step = begin(vector, '')
    assert.ok(step.allowed === 'continue')
    assert.equal(step.methodData.length, 0)
    assert.ok(next(next(step, FIRST), FINAL).allowed === true)
  })

  test('is not about somebody else than the connection', () => {
    const first = begin(vector, FIRST, 'admin')
    assert.ok(first.allowed === false && first.reason === 0x87)
    assert.equal(begin(vector, FIRST, 'user').allowed, 'continue')
  })
})

describe('scram:built_in_database', () => {
  const passwords = new PasswordService(() => performance.now())
  after(() => passwords.close())
  const config = {
    mechanism: 'scram',
    backend: 'built_in_database',
    enable: true,
    algorithm: 'sha256',
    iteration_count: 100,
  } as const
  const store = memoryStore()
  const never = new AbortController().signal

  async function firstStep(username: string, algorithm: 'sha256' | 'sha512' = 'sha256') {
    const context = authenticatorContext(0, { store, chain: 'c' })
    const authenticator = scram.create({ ...config, algorithm }, context)
    const methodData = bytes(`n,,n=${username},r=abc`)
    const step = await authenticator.authenticate(connectRequest({ methodData }), never)
    return step as Continued
  }
  const questionOf = (step: Continued) => /,s=([^,]+),i=(\d+)$/.exec(text(step.methodData))

  test('does not tell who exists', async () => {
    const user = { userId: 'ada', password: 'x', isSuperuser: false }
    const group = { chain: 'c', mechanism: 'scram' }
    await new UserDirectory(store).set(group, user, scramCredentials(config, passwords))
    const [known, unknown, again] = await Promise.all(
      ['ada', 'eve', 'eve'].map((n) => firstStep(n)),
    )
    assert.ok(known && unknown && again)
    const [one, two, three] = [known, unknown, again].map(questionOf)
    assert.equal(one?.[1]?.length, two?.[1]?.length, 'salts of the same length')
    assert.equal(one?.[2], two?.[2], 'as many rounds')
    assert.equal(two?.[1], three?.[1], 'the same salt each time')
    const nonce = /r=([^,]+)/.exec(text(unknown.methodData))?.[1]
    const proof = Buffer.alloc(32).toString('base64')
    const last = next(unknown, `c=biws,r=${nonce},p=${proof}`)
    assert.ok(last.allowed === false && last.reason === 0x87)
  })

  test('a user of another digest is as good as unknown', async () => {
    const [, salt] = questionOf(await firstStep('ada')) ?? []
    const [, other] = questionOf(await firstStep('ada', 'sha512')) ?? []
    assert.ok(salt !== undefined && other !== undefined && salt !== other)
  })

  test('names its method by its digest', () => {
    assert.deepEqual(scram.methods?.(config), ['SCRAM-SHA-256'])
    assert.deepEqual(scram.methods?.({ ...config, algorithm: 'sha512' }), ['SCRAM-SHA-512'])
  })
})
