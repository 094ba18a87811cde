/** Users of the dashboard whom a provider of OpenID Connect knows. */
import assert from 'node:assert/strict'
import { generateKeyPairSync, sign } from 'node:crypto'
import { after, before, describe, it, type TestContext } from 'node:test'
import { launchHttp } from '../support/servers/local-server.ts'
import { CLIENT, startProvider, type TestProvider } from '../support/servers/oidc-provider.ts'
import { type ManagedBroker, startManaged } from './support/managed-broker.ts'

const ROLE_EXPR =
  'if any(.groups[]?; . == "iot-admins") then "administrator" ' +
  'elif (.groups | length) > 0 then "viewer" else empty end'

/** A browser that follows redirects by hand and keeps cookies by host. */
class Browser {
  readonly #cookies = new Map<string, Map<string, string>>()

  async get(url: string, init: RequestInit = {}): Promise<Response> {
    const jar = this.#jarOf(url)
    const cookie = [...jar].map(([name, value]) => `${name}=${value}`).join('; ')
    const headers = new Headers(init.headers)
    if (cookie !== '') headers.set('cookie', cookie)
    const response = await fetch(url, { ...init, headers, redirect: 'manual' })
    for (const line of response.headers.getSetCookie()) {
      const [name = '', value = ''] = (line.split(';', 1)[0] ?? '').split(/=(.*)/s)
      jar.set(name, value)
    }
    return response
  }

  /** Follows redirects up to one that begins with `end`; gives that. */
  async follow(start: string, end: string): Promise<URL> {
    let url = start
    for (let steps = 0; steps < 20; steps++) {
      if (url.startsWith(end)) return new URL(url)
      const response = await this.get(url)
      const location = response.headers.get('location')
      url =
        location === null ? await this.#submit(url, await response.text()) : absolute(url, location)
    }
    throw new Error(`it does not lead to ${end}`)
  }

  name = 'ada'

  async #submit(at: string, page: string): Promise<string> {
    const [, action = ''] = /action="([^"]+)"/.exec(page) ?? []
    const [, prompt = ''] = /name="prompt" value="([^"]+)"/.exec(page) ?? []
    const body = new URLSearchParams({ prompt, login: this.name, password: 'x' })
    const response = await this.get(absolute(at, action), { method: 'POST', body })
    return absolute(at, response.headers.get('location') ?? '')
  }

  #jarOf(url: string): Map<string, string> {
    const { host } = new URL(url)
    const jar = this.#cookies.get(host) ?? new Map<string, string>()
    this.#cookies.set(host, jar)
    return jar
  }
}

function absolute(base: string, url: string): string {
  return new URL(url, base).href
}

function oidc(issuer: string, port: number, more: object = {}) {
  return {
    backend: 'oidc',
    enable: true,
    issuer,
    clientid: CLIENT.id,
    secret: CLIENT.secret,
    dashboard_addr: `http://127.0.0.1:${port}`,
    ...more,
  }
}

const JSON_HEADERS = { 'content-type': 'application/json', accept: 'application/json' }

/** Where a browser is sent to sign in. */
async function begin(browser: Browser, address: string): Promise<Response> {
  return browser.get(`${address}/api/v5/sso/login/oidc`, {
    method: 'POST',
    headers: JSON_HEADERS,
    body: JSON.stringify({ backend: 'oidc' }),
  })
}

async function exchange(browser: Browser, address: string, back: URL) {
  const response = await browser.get(`${address}/api/v5/sso/token_exchange`, {
    method: 'POST',
    headers: JSON_HEADERS,
    body: JSON.stringify({ code: back.searchParams.get('sso_code') }),
  })
  // The tests look into whatever they get.
  // oxlint-disable-next-line no-explicit-any
  return { status: response.status, body: (await response.json()) as any }
}

async function signIn(browser: Browser, address: string) {
  const { location } = (await (await begin(browser, address)).json()) as { location: string }
  const back = await browser.follow(location, `${address}/?`)
  return exchange(browser, address, back)
}

describe('a provider of OpenID Connect', () => {
  let managed: ManagedBroker
  let provider: TestProvider
  let address: string
  before(async () => {
    managed = await startManaged({ threads: 'inline' })
    address = `http://127.0.0.1:${managed.port}`
    provider = await startProvider(address)
  })
  after(async () => {
    await managed.stop()
    await provider.close()
  })

  async function configure(more: object = {}): Promise<void> {
    const body = oidc(provider.issuer, managed.port, more)
    const { status, body: answer } = await managed.call('PUT', '/sso/oidc', { body })
    assert.equal(status, 200, JSON.stringify(answer))
    assert.equal(answer.secret, '******')
  }

  it('is offered once it is switched on, and its secret is hidden', async () => {
    assert.deepEqual((await managed.call('GET', '/sso/running', { auth: '' })).body, [])
    const none = await managed.call('POST', '/sso/login/oidc', { body: { backend: 'oidc' } })
    assert.deepEqual([none.status, none.body.code], [404, 'NOT_FOUND'])
    await configure()
    assert.deepEqual((await managed.call('GET', '/sso/running', { auth: '' })).body, ['oidc'])
    assert.equal((await managed.call('GET', '/sso/oidc')).body.secret, '******')
    assert.equal((await managed.call('GET', '/sso/oidc', { auth: '' })).status, 401)
    const [shown] = (await managed.call('GET', '/sso')).body
    assert.deepEqual(shown, { backend: 'oidc', enable: true, running: true, last_error: '' })
    const wrong = await managed.call('PUT', '/sso/oidc', {
      body: oidc('no address', managed.port),
    })
    assert.equal(wrong.status, 400)
    assert.match(wrong.body.message, /issuer must be an address/)
  })

  it('lets its users in: viewers, who are no local users of the same name', async () => {
    await configure()
    const browser = new Browser()
    browser.name = 'admin'
    const { status, body } = await signIn(browser, address)
    assert.equal(status, 200, JSON.stringify(body))
    const { token, ...rest } = body
    const license = { edition: 'opensource' }
    assert.deepEqual(rest, { ...rest, username: 'admin', role: 'viewer', backend: 'oidc', license })
    const auth = `Bearer ${token}`
    assert.equal((await managed.call('GET', '/clients', { auth })).status, 200)
    assert.equal((await managed.call('DELETE', '/clients/x', { auth })).status, 403)
    const change = { body: { new_pwd: 'another-one-9' }, auth }
    assert.equal((await managed.call('POST', '/users/admin/change_pwd', change)).status, 403)
    const users = (await managed.call('GET', '/users')).body
    assert.deepEqual(
      users.map(({ username, backend, role }: Record<string, string>) => [username, backend, role]),
      [
        ['admin', 'local', 'administrator'],
        ['admin', 'oidc', 'viewer'],
      ],
    )
    // Nobody comes in by a password under the name by which it is kept.
    const login = { body: { username: 'oidc:admin', password: '' }, auth: '' }
    assert.ok([400, 401].includes((await managed.call('POST', '/login', login)).status))
    // An administrator may change what the user may do, and remove it with its logins.
    const raised = { body: { role: 'administrator' } }
    const path = '/users/admin?backend=oidc'
    assert.equal((await managed.call('PUT', path, raised)).body.role, 'administrator')
    assert.equal((await managed.call('DELETE', '/clients/x', { auth })).status, 404)
    assert.equal((await signIn(browser, address)).body.role, 'administrator')
    // When the provider does not answer, somebody has to get in all the same.
    const lowered = { body: { role: 'viewer' }, auth }
    const last = [
      await managed.call('PUT', '/users/admin', lowered),
      await managed.call('DELETE', '/users/admin', { auth }),
    ]
    for (const { status, body: told } of last) {
      assert.equal(status, 400)
      assert.match(told.message, /last administrator/)
    }
    assert.equal((await managed.call('DELETE', path)).status, 204)
    assert.equal((await managed.call('GET', '/clients', { auth })).status, 401)
  })

  it('may name users and roles; who has none is refused, and it is in the audit', async () => {
    await configure({
      name_var: '${email}',
      scopes: ['openid', 'email'],
      role_expr: ROLE_EXPR,
      preferred_auth_methods: ['client_secret_post'],
    })
    const browser = new Browser()
    const admin = await signIn(browser, address)
    assert.deepEqual([admin.body.username, admin.body.role], ['ada@example.org', 'administrator'])
    const guest = new Browser()
    guest.name = 'bob'
    assert.equal((await signIn(guest, address)).body.role, 'viewer')
    const nobody = new Browser()
    nobody.name = 'eve'
    const refused = await signIn(nobody, address)
    assert.deepEqual([refused.status, refused.body.code], [401, 'BAD_USERNAME_OR_PWD'])
    assert.match(refused.body.message, /no role here/)
    const { data } = (await managed.call('GET', '/audit')).body
    const callbacks = data.filter((one: { operation_id: string }) => {
      return one.operation_id === '/sso/oidc/callback'
    })
    const text = JSON.stringify(callbacks)
    assert.match(text, /oidc:ada@example\.org/)
    assert.match(text, /no role here/)
    assert.ok(!JSON.stringify(data).includes(CLIENT.secret))
  })

  it('asks for what it must, and a code is worth something once, to one browser', async () => {
    await configure()
    const browser = new Browser()
    const begun = await begin(browser, address)
    const cookie = begun.headers.get('set-cookie') ?? ''
    assert.match(cookie, /^tideway_sso=[\w-]{43}; Path=\/api\/v5\/sso; HttpOnly; SameSite=Lax$/)
    const { location } = (await begun.json()) as { location: string }
    const { searchParams } = new URL(location)
    assert.equal(searchParams.get('redirect_uri'), `${address}/api/v5/sso/oidc/callback`)
    assert.equal(searchParams.get('code_challenge_method'), 'S256')
    for (const name of ['state', 'nonce', 'code_challenge']) {
      assert.ok((searchParams.get(name) ?? '').length >= 32, name)
    }
    const callback = await browser.follow(location, `${address}/api/v5/sso/oidc/callback`)
    const other = new Browser()
    const stolen = await other.follow(callback.href, `${address}/?`)
    const denied = await exchange(other, address, stolen)
    assert.equal(denied.status, 401)
    assert.match(denied.body.message, /began elsewhere/)
    // The state was used up by that.
    const late = await browser.follow(callback.href, `${address}/?`)
    assert.equal((await exchange(browser, address, late)).status, 401)
    const again = (await (await begin(browser, address)).json()) as { location: string }
    const back = await browser.follow(again.location, `${address}/?`)
    assert.equal((await exchange(new Browser(), address, back)).status, 401)
    assert.equal((await exchange(browser, address, back)).status, 401)
    const third = (await (await begin(browser, address)).json()) as { location: string }
    const good = await browser.follow(third.location, `${address}/?`)
    assert.equal((await exchange(browser, address, good)).status, 200)
    assert.equal((await exchange(browser, address, good)).status, 401)
    // Without a script: the browser is sent there at once.
    const plain = await browser.get(`${address}/api/v5/sso/login/oidc`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{"backend":"oidc"}',
    })
    assert.equal(plain.status, 302)
    assert.ok(plain.headers.get('location')?.startsWith(provider.issuer))
  })

  it('that is switched off or removed ends the logins of its users', async () => {
    await configure()
    const browser = new Browser()
    const login = async () => `Bearer ${(await signIn(browser, address)).body.token}`
    const statusOf = async (auth: string) =>
      (await managed.call('GET', '/clients', { auth })).status
    const first = await login()
    assert.equal(await statusOf(first), 200)
    await configure({ enable: false })
    assert.equal(await statusOf(first), 401)
    await configure()
    assert.equal(await statusOf(first), 401, 'it does not come back')
    const second = await login()
    assert.equal(await statusOf(second), 200)
    assert.equal((await managed.call('DELETE', '/sso/oidc')).status, 204)
    assert.equal(await statusOf(second), 401)
    assert.equal((await managed.call('GET', '/clients')).status, 200, 'of local users nothing ends')
  })

  it('that is away is told as such, and passwords go on', async () => {
    await configure({ issuer: 'http://127.0.0.1:1' })
    const { status, body } = await managed.call('POST', '/sso/login/oidc', {
      body: { backend: 'oidc' },
      auth: '',
    })
    assert.deepEqual([status, body.code], [503, 'SERVICE_UNAVAILABLE'])
    assert.match(body.message, /provider http:\/\/127\.0\.0\.1:1 cannot be asked: .*ECONNREFUSED/)
    assert.match((await managed.call('GET', '/sso')).body[0].last_error, /ECONNREFUSED/)
    const login = { body: { username: 'admin', password: 'correct-horse-7' }, auth: '' }
    assert.equal((await managed.call('POST', '/login', login)).status, 200)
    assert.equal((await managed.call('DELETE', '/sso/oidc')).status, 204)
    assert.equal((await managed.call('DELETE', '/sso/oidc')).status, 404)
    assert.deepEqual((await managed.call('GET', '/sso/running', { auth: '' })).body, [])
  })
})

/** What a provider that lies says. */
interface Lie {
  readonly issuer?: string
  readonly audience?: string
  readonly nonce?: string
  readonly expiresInS?: number
  readonly isForged?: true
  readonly claims?: object
}

const KEYS = generateKeyPairSync('rsa', { modulusLength: 2048 })
const OTHER_KEYS = generateKeyPairSync('rsa', { modulusLength: 2048 })

/** A provider that gives one token to whoever asks, made of what it is told to lie about. */
async function startLiar(context: TestContext) {
  const state: { lie: Lie; nonce: string; issuer: string } = { lie: {}, nonce: '', issuer: '' }
  const server = await launchHttp((request, response) => {
    const { issuer } = state
    const answers: Readonly<Record<string, () => object>> = {
      '/.well-known/openid-configuration': () => ({
        issuer,
        authorization_endpoint: `${issuer}/auth`,
        token_endpoint: `${issuer}/token`,
        jwks_uri: `${issuer}/jwks`,
        response_types_supported: ['code'],
        subject_types_supported: ['public'],
      }),
      '/jwks': () => ({ keys: [{ ...KEYS.publicKey.export({ format: 'jwk' }), alg: 'RS256' }] }),
      '/token': () => ({ access_token: 'a', token_type: 'Bearer', id_token: tokenOf(state) }),
    }
    response.setHeader('content-type', 'application/json')
    response.end(JSON.stringify(answers[request.url ?? '']?.() ?? {}))
  })
  context.after(() => server.remove())
  state.issuer = `http://127.0.0.1:${server.port}`
  return state
}

function tokenOf({ lie, nonce, issuer }: { lie: Lie; nonce: string; issuer: string }): string {
  const nowS = Math.floor(Date.now() / 1000)
  const claims = {
    iss: lie.issuer ?? issuer,
    aud: lie.audience ?? CLIENT.id,
    sub: 'ada',
    iat: nowS,
    exp: nowS + (lie.expiresInS ?? 60),
    nonce: lie.nonce ?? nonce,
    ...lie.claims,
  }
  const encode = (part: object) => Buffer.from(JSON.stringify(part)).toString('base64url')
  const content = `${encode({ alg: 'RS256' })}.${encode(claims)}`
  const { privateKey } = lie.isForged === true ? OTHER_KEYS : KEYS
  return `${content}.${sign('sha256', Buffer.from(content), privateKey).toString('base64url')}`
}

/** A login at the provider that lies. */
async function attemptOf(liar: Awaited<ReturnType<typeof startLiar>>, address: string, lie: Lie) {
  liar.lie = lie
  const browser = new Browser()
  const { location } = (await (await begin(browser, address)).json()) as { location: string }
  const { searchParams } = new URL(location)
  liar.nonce = searchParams.get('nonce') ?? ''
  const state = searchParams.get('state') ?? ''
  const url = `${address}/api/v5/sso/oidc/callback?code=c&state=${state}`
  return exchange(browser, address, await browser.follow(url, `${address}/?`))
}

describe('a token of a provider', () => {
  it('names nobody without the claims that make the name', async (t) => {
    const managed = await startManaged({ threads: 'inline' })
    t.after(() => managed.stop())
    const address = `http://127.0.0.1:${managed.port}`
    const liar = await startLiar(t)
    const names = { name_var: '${given}.${family}', name_var_source: 'id_token' }
    const body = oidc(liar.issuer, managed.port, names)
    assert.equal((await managed.call('PUT', '/sso/oidc', { body })).status, 200)
    const whole = await attemptOf(liar, address, { claims: { given: 'Ada', family: 7 } })
    assert.deepEqual([whole.status, whole.body.username], [200, 'Ada.7'])
    for (const claims of [
      {},
      { given: 'Ada' },
      { given: null, family: 'Byron' },
      { given: 'Ada', family: '' },
      { given: ['Ada'], family: 'Byron' },
      { given: {}, family: 'Byron' },
    ]) {
      const { status, body: told } = await attemptOf(liar, address, { claims })
      assert.equal(status, 401, JSON.stringify(claims))
      assert.match(told.message, /claim/)
    }
    const users = (await managed.call('GET', '/users')).body
    assert.equal(users.length, 2, JSON.stringify(users))
  })

  it('is believed only when issuer, audience, nonce, time and signature are right', async (t) => {
    const managed = await startManaged({ threads: 'inline' })
    t.after(() => managed.stop())
    const address = `http://127.0.0.1:${managed.port}`
    const liar = await startLiar(t)
    const body = oidc(liar.issuer, managed.port)
    assert.equal((await managed.call('PUT', '/sso/oidc', { body })).status, 200)
    const attempt = (lie: Lie) => attemptOf(liar, address, lie)
    assert.equal((await attempt({})).status, 200)
    // Clocks may differ by half a minute.
    assert.equal((await attempt({ expiresInS: -10 })).status, 200)
    const lies: readonly Lie[] = [
      { issuer: 'http://127.0.0.1:9' },
      { audience: 'somebody-else' },
      { nonce: 'of-another-login' },
      { expiresInS: -60 },
      { isForged: true },
    ]
    for (const lie of lies) {
      const { status, body: told } = await attempt(lie)
      assert.equal(status, 401, JSON.stringify({ lie, told }))
      assert.match(told.message, /^Sign-in failed: /)
    }
  })
})

describe('sign-ins that wait', () => {
  it('have room for some of one address; nothing made up is in the audit', async (t) => {
    const managed = await startManaged({ threads: 'inline' })
    t.after(() => managed.stop())
    const address = `http://127.0.0.1:${managed.port}`
    const liar = await startLiar(t)
    const config = oidc(liar.issuer, managed.port, { session_expiry: '1h' })
    assert.equal((await managed.call('PUT', '/sso/oidc', { body: config })).status, 200)
    const statuses: number[] = []
    for (let count = 0; count < 21; count++) {
      statuses.push((await begin(new Browser(), address)).status)
    }
    assert.equal(statuses.at(-1), 429)
    const begun = statuses.filter((status) => status === 200).length
    assert.ok(begun >= 10, JSON.stringify(statuses))
    const operations = async () => {
      const { data } = (await managed.call('GET', '/audit?limit=500')).body
      return data.map((one: { operation_id: string }) => one.operation_id) as string[]
    }
    const before = (await operations()).length
    const callback = `${address}/api/v5/sso/oidc/callback?code=c&state=made-up`
    const browser = new Browser()
    const back = await browser.follow(callback, `${address}/?`)
    assert.equal((await begin(browser, address)).status, 429)
    assert.equal((await operations()).length, before)
    assert.equal((await exchange(browser, address, back)).status, 401)
    const body = { backend: 'ldap', username: 'ada', password: 'x' }
    const absent = await managed.call('POST', '/sso/login/ldap', { body, auth: '' })
    assert.equal(absent.status, 404)
    assert.equal((await operations()).length, before)
  })
})
