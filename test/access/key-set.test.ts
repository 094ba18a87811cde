/** Tokens with keys of a key set on a server that rotates them, goes away and comes back. */
import assert from 'node:assert/strict'
import { generateKeyPairSync, type KeyObject } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, describe, test } from 'node:test'
import { SignJWT } from 'jose'
import jwt from '#access/authentication/jwt/jwt.ts'
import { decode } from '#config/decode.ts'
import { jwtKeySet } from '#config/fields/authentication/jwt.ts'
import { fromPlain } from '#config/hocon/value.ts'
import type { Authenticator } from '#plugin/define-authenticator.ts'
import { authenticatorContext, namedRequest } from '../support/access-request.ts'

interface Signer {
  readonly kid: string
  readonly alg: string
  readonly pair: { readonly publicKey: KeyObject; readonly privateKey: KeyObject }
}

function signer(kid: string, alg = 'ES256'): Signer {
  const pair =
    alg === 'ES256'
      ? generateKeyPairSync('ec', { namedCurve: 'P-256' })
      : generateKeyPairSync('rsa', { modulusLength: 2048 })
  return { kid, alg, pair }
}

const tokenOf = ({ kid, alg, pair }: Signer, isNamed = true) =>
  new SignJWT({ sub: 'ada' })
    .setProtectedHeader(isNamed ? { alg, kid } : { alg })
    .sign(pair.privateKey)

/** Serves key sets; `answer` may be replaced. */
class KeyServer {
  readonly #server: Server
  fetched = 0
  answer: () => { status?: number; text: string; location?: string }

  constructor(signers: readonly Signer[]) {
    this.answer = () => ({ text: setOf(signers) })
    this.#server = createServer((request, response) => {
      this.fetched++
      const { status = 200, text, location } = this.answer()
      if (location !== undefined) response.setHeader('location', location)
      response.writeHead(request.headers['x-key'] === 'yes' ? status : 403).end(text)
    })
  }

  async open(port = 0): Promise<number> {
    this.#server.listen(port, '127.0.0.1')
    await once(this.#server, 'listening')
    return (this.#server.address() as AddressInfo).port
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections()
    await new Promise((resolve) => this.#server.close(resolve))
  }
}

function setOf(signers: readonly Signer[]): string {
  const keys = signers.map(({ kid, alg, pair }) => {
    return { ...pair.publicKey.export({ format: 'jwk' }), kid, alg, use: 'sig' }
  })
  return JSON.stringify({ keys })
}

const open: Authenticator[] = []

function authenticator(port: number, clock = { ms: 0 }, refreshS = 300): Authenticator {
  const written = {
    mechanism: 'jwt',
    use_jwks: true,
    endpoint: `http://127.0.0.1:${port}/keys?a=b`,
    headers: { 'x-key': 'yes' },
    refresh_interval: refreshS,
  }
  const at = { source: 'test', line: 1, column: 1 }
  const { value, errors } = decode(jwtKeySet, fromPlain(written, at))
  assert.deepEqual(errors, [])
  assert.ok(value !== undefined)
  const times = { nowMs: () => Date.now(), monotonicMs: () => clock.ms }
  const made = jwt.create(value, authenticatorContext(0, { clock: times }))
  open.push(made)
  return made
}

async function decide(made: Authenticator, token: string): Promise<string | boolean | undefined> {
  const request = namedRequest('ada', token)
  const result = await made.authenticate(request, new AbortController().signal)
  return result.allowed === 'ignore' && result.isUnavailable ? 'unavailable' : result.allowed
}

/** The first fetch is under way when the authenticator is made. */
async function ready(made: Authenticator, status = 'connected'): Promise<void> {
  while (made.status().status !== status) await new Promise((resolve) => setImmediate(resolve))
}

describe('key sets', () => {
  after(async () => {
    for (const one of open) await one.close()
  })

  test('the key that a token names is used, or any of its kind', async () => {
    const [one, two, three] = [signer('1'), signer('2'), signer('3', 'RS256')]
    const server = new KeyServer([one, two, three])
    const made = authenticator(await server.open())
    await ready(made)
    for (const each of [one, two, three]) {
      assert.equal(await decide(made, await tokenOf(each)), true)
      assert.equal(await decide(made, await tokenOf(each, false)), true)
    }
    assert.equal(await decide(made, await tokenOf(signer('1'))), 'ignore')
    assert.equal(await decide(made, 'a password'), 'ignore')
    await server.close()
  })

  test('a key that is new is fetched when a token names it, but not again and again', async () => {
    const [one, two] = [signer('1'), signer('2')]
    const server = new KeyServer([one])
    const clock = { ms: 0 }
    const made = authenticator(await server.open(), clock)
    await ready(made)
    server.answer = () => ({ text: setOf([two]) })
    assert.equal(await decide(made, await tokenOf(two)), 'ignore', 'too early')
    clock.ms = 6000
    assert.equal(await decide(made, await tokenOf(two)), true)
    assert.equal(await decide(made, await tokenOf(one)), 'ignore', 'the old one is gone')
    for (let round = 0; round < 10; round++) await decide(made, await tokenOf(signer('3')))
    assert.equal(server.fetched, 2)
    await server.close()
  })

  test('without a key set nobody is let in; the last one is used as long as it must', async () => {
    const one = signer('1')
    const server = new KeyServer([one])
    const port = await server.open()
    await server.close()
    const clock = { ms: 0 }
    const early = authenticator(port, clock)
    await ready(early, 'disconnected')
    assert.equal(await decide(early, await tokenOf(one)), 'unavailable')
    assert.match(early.status().reason ?? '', /cannot be fetched/)
    const again = new KeyServer([one])
    await again.open(port)
    const made = authenticator(port, clock, 1)
    await ready(made)
    assert.equal(await decide(made, await tokenOf(one)), true)
    again.answer = () => ({ status: 500, text: '' })
    await ready(made, 'disconnected')
    assert.equal(await decide(made, await tokenOf(one)), true, 'the keys that are known')
    await again.close()
  })

  const nonsense = {
    nothing: { text: '' },
    'no JSON': { text: 'no JSON' },
    'no set': { text: '[]' },
    'no keys': { text: '{"keys":1}' },
    'keys that are none': { text: '{"keys":[1]}' },
    'more than 1 MB': { text: `${setOf([signer('1')])}${' '.repeat(1_048_577)}` },
    'a redirect': { text: '', status: 302, location: '/keys' },
  }
  for (const [name, answer] of Object.entries(nonsense)) {
    test(`an answer that is no key set changes nothing: ${name}`, async () => {
      const server = new KeyServer([])
      server.answer = () => answer
      const made = authenticator(await server.open())
      await ready(made, 'disconnected')
      assert.equal(await decide(made, await tokenOf(signer('1'))), 'unavailable')
      assert.equal(server.fetched, 1)
      await server.close()
    })
  }
})
