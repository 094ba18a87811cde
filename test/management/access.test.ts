/** Who may use the REST API, and for what. */
import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { basic, type ManagedBroker, PASSWORD, startManaged } from './support/managed-broker.ts'

describe('users and logins', () => {
  let managed: ManagedBroker
  before(async () => {
    managed = await startManaged()
  })
  after(() => managed.stop())

  it('lets nobody in without credentials, and says how to get them', async () => {
    const { status, body, headers } = await managed.call('GET', '/clients', { auth: '' })
    assert.equal(status, 401)
    assert.equal(body.code, 'AUTHORIZATION_HEADER_ERROR')
    assert.match(body.message, /POST \/api\/v5\/login/)
    assert.match(headers.get('www-authenticate') ?? '', /Basic/)
  })

  it('refuses wrong passwords, unknown users, and tokens that it has not given', async () => {
    for (const [username, password] of [
      ['admin', 'wrong'],
      ['nobody', PASSWORD],
    ]) {
      const body = { username, password }
      const reply = await managed.call('POST', '/login', { auth: '', body })
      assert.equal(reply.status, 401)
      assert.equal(reply.body.code, 'BAD_USERNAME_OR_PWD')
    }
    const { status, body } = await managed.call('GET', '/nodes', { auth: 'Bearer abc' })
    assert.equal(status, 401)
    assert.equal(body.code, 'BAD_TOKEN')
  })

  it('does not take the password of a user as an API key', async () => {
    const reply = await managed.call('GET', '/nodes', { auth: basic('admin', PASSWORD) })
    assert.equal(reply.status, 401)
    assert.equal(reply.body.code, 'BAD_API_KEY_OR_SECRET')
  })

  it('ends a login when its user logs out', async () => {
    const body = { username: 'admin', password: PASSWORD }
    const { token } = (await managed.call('POST', '/login', { auth: '', body })).body
    const auth = `Bearer ${token}`
    assert.equal((await managed.call('GET', '/nodes', { auth })).status, 200)
    assert.equal((await managed.call('POST', '/logout', { auth, body: {} })).status, 204)
    assert.equal((await managed.call('GET', '/nodes', { auth })).status, 401)
  })

  it('lets a viewer look and not change, and a publisher only publish', async () => {
    const viewer = { username: 'eve', password: 'looking-at-1', role: 'viewer' }
    assert.equal((await managed.call('POST', '/users', { body: viewer })).status, 200)
    const login = await managed.call('POST', '/login', {
      body: { username: 'eve', password: 'looking-at-1' },
    })
    const auth = `Bearer ${login.body.token}`
    assert.equal((await managed.call('GET', '/clients', { auth })).status, 200)
    const kick = await managed.call('DELETE', '/clients/x', { auth })
    assert.equal(kick.status, 403)
    assert.equal(kick.body.code, 'UNAUTHORIZED_ROLE')
    const made = await managed.call('POST', '/api_key', { body: { name: 'p', role: 'publisher' } })
    const key = basic(made.body.api_key, made.body.api_secret)
    const message = { topic: 'a', payload: 'b' }
    assert.equal((await managed.call('POST', '/publish', { auth: key, body: message })).status, 202)
    assert.equal((await managed.call('GET', '/clients', { auth: key })).status, 403)
  })

  it('keeps users and keys out of the reach of API keys', async () => {
    const made = await managed.call('POST', '/api_key', { body: { name: 'all' } })
    const auth = basic(made.body.api_key, made.body.api_secret)
    assert.equal((await managed.call('GET', '/nodes', { auth })).status, 200)
    for (const path of ['/users', '/api_key']) {
      const { status, body } = await managed.call('GET', path, { auth })
      assert.equal(status, 401)
      assert.equal(body.code, 'API_KEY_NOT_ALLOW')
    }
  })

  it('limits a key with scopes to their operations', async () => {
    const key = { name: 'scoped', role: 'administrator', scopes: ['clients', 'topics'] }
    const { body } = await managed.call('POST', '/api_key', { body: key })
    assert.deepEqual(body.scopes, ['clients', 'topics'])
    const auth = basic(body.api_key, body.api_secret)
    assert.equal((await managed.call('GET', '/clients', { auth })).status, 200)
    assert.equal((await managed.call('DELETE', '/clients/none', { auth })).status, 404)
    const refused = await managed.call('GET', '/nodes', { auth })
    assert.deepEqual([refused.status, refused.body.code], [403, 'UNAUTHORIZED_ROLE'])
    const path = '/api_key/scoped'
    assert.equal((await managed.call('PUT', path, { body: { scopes: ['no'] } })).status, 400)
    await managed.call('PUT', path, { body: { scopes: [] } })
    assert.equal((await managed.call('GET', '/nodes', { auth })).status, 200)
    const scopes = (await managed.call('GET', '/api_key_scopes')).body
    const clients = scopes.find(({ name }: { name: string }) => name === 'clients')
    assert.ok(clients.operations.includes('GET /clients'))
  })

  it('never shows the secret of a key again', async () => {
    const made = await managed.call('POST', '/api_key', { body: { name: 'once' } })
    assert.ok(made.body.api_secret.length > 20)
    const { body } = await managed.call('GET', '/api_key/once')
    assert.equal(body.api_secret, undefined)
    assert.equal(body.name, 'once')
    assert.equal(body.expired_at, 'infinity')
  })

  it('refuses keys that have expired, are switched off, or are gone', async () => {
    const made = await managed.call('POST', '/api_key', { body: { name: 'short' } })
    const auth = basic(made.body.api_key, made.body.api_secret)
    const status = async (): Promise<number> =>
      (await managed.call('GET', '/nodes', { auth })).status
    assert.equal(await status(), 200)
    await managed.call('PUT', '/api_key/short', { body: { enable: false } })
    assert.equal(await status(), 401)
    await managed.call('PUT', '/api_key/short', { body: { enable: true } })
    assert.equal(await status(), 200)
    const past = { expired_at: '2020-01-01T00:00:00Z' }
    const { body } = await managed.call('PUT', '/api_key/short', { body: past })
    assert.equal(body.expired, true)
    assert.equal(await status(), 401)
    await managed.call('PUT', '/api_key/short', { body: { expired_at: 'infinity' } })
    assert.equal(await status(), 200)
    await managed.call('DELETE', '/api_key/short')
    assert.equal(await status(), 401)
  })

  it('asks for good passwords', async () => {
    for (const password of ['short1', 'onlyletters', 'with space 1', 'x'.repeat(65)]) {
      const body = { username: 'new', password }
      const reply = await managed.call('POST', '/users', { body })
      assert.equal(reply.status, 400, password)
      assert.match(reply.body.message, /body\.password/)
    }
  })

  it('keeps the last administrator', async () => {
    assert.equal((await managed.call('DELETE', '/users/admin')).status, 400)
    const viewer = await managed.call('PUT', '/users/admin', { body: { role: 'viewer' } })
    assert.equal(viewer.status, 400)
    assert.equal((await managed.call('DELETE', '/users/nobody')).status, 404)
  })

  it('ends the other logins of a user whose password changes', async () => {
    const user = { username: 'bob', password: 'first-pass-1', role: 'administrator' }
    await managed.call('POST', '/users', { body: user })
    const login = async (password: string) =>
      managed.call('POST', '/login', { body: { username: 'bob', password } })
    const one = `Bearer ${(await login('first-pass-1')).body.token}`
    const two = `Bearer ${(await login('first-pass-1')).body.token}`
    const change = { old_pwd: 'wrong', new_pwd: 'second-pass-2' }
    const path = '/users/bob/change_pwd'
    assert.equal((await managed.call('POST', path, { auth: one, body: change })).status, 400)
    change.old_pwd = 'first-pass-1'
    assert.equal((await managed.call('POST', path, { auth: one, body: change })).status, 204)
    assert.equal((await managed.call('GET', '/nodes', { auth: one })).status, 200)
    assert.equal((await managed.call('GET', '/nodes', { auth: two })).status, 401)
    assert.equal((await login('first-pass-1')).status, 401)
    assert.equal((await login('second-pass-2')).status, 200)
  })
})

describe('the first start', () => {
  it('asks for another password before anything is changed', async (t) => {
    const managed = await startManaged({ fresh: true })
    t.after(() => managed.stop())
    assert.equal((await managed.call('GET', '/clients')).status, 200)
    const refused = await managed.call('DELETE', '/clients/x')
    assert.equal(refused.status, 403)
    assert.equal(refused.body.code, 'PASSWORD_MUST_BE_CHANGED')
    const change = { old_pwd: 'public', new_pwd: PASSWORD }
    const changed = await managed.call('POST', '/users/admin/change_pwd', { body: change })
    assert.equal(changed.status, 204)
    assert.equal((await managed.call('DELETE', '/clients/x')).status, 404)
  })
})

describe('guessing', () => {
  it('makes an address wait after some wrong passwords', async (t) => {
    const managed = await startManaged()
    t.after(() => managed.stop())
    const body = { username: 'admin', password: 'wrong' }
    const statuses: number[] = []
    for (let attempt = 0; attempt < 6; attempt++) {
      statuses.push((await managed.call('POST', '/login', { body })).status)
    }
    assert.deepEqual(statuses, [401, 401, 401, 401, 401, 429])
    const right = { username: 'admin', password: PASSWORD }
    const reply = await managed.call('POST', '/login', { body: right })
    assert.equal(reply.status, 429)
    assert.match(reply.headers.get('retry-after') ?? '', /^\d+$/)
  })
})

describe('the server', () => {
  it('sends headers that protect browsers, and lets no other origin in', async (t) => {
    const managed = await startManaged()
    t.after(() => managed.stop())
    const { headers } = await managed.call('GET', '/nodes')
    assert.equal(headers.get('x-content-type-options'), 'nosniff')
    assert.equal(headers.get('cache-control'), 'no-store')
    assert.equal(headers.get('access-control-allow-origin'), null)
    assert.equal((await managed.call('OPTIONS', '/nodes')).status, 404)
  })

  it('lets other origins in when told so', async (t) => {
    const managed = await startManaged({ config: 'dashboard.cors = true' })
    t.after(() => managed.stop())
    const asked = await managed.call('OPTIONS', '/clients', { auth: '' })
    assert.equal(asked.status, 204)
    assert.match(asked.headers.get('access-control-allow-headers') ?? '', /authorization/)
    assert.equal(asked.headers.get('access-control-allow-origin'), '*')
  })

  it('refuses what is too large, is no JSON, or is nowhere', async (t) => {
    const managed = await startManaged()
    t.after(() => managed.stop())
    const body = { topics: 'x'.repeat(1024 * 1024) }
    const large = await managed.call('PUT', '/mqtt/topic_rewrite', { body })
    assert.deepEqual([large.status, large.body.code], [413, 'PAYLOAD_TOO_LARGE'])
    const headers = { 'content-type': 'application/json' }
    const broken = await managed.call('POST', '/publish', { body: '{"topic":', headers })
    assert.equal(broken.status, 400)
    assert.match(broken.body.message, /body is not JSON/)
    const secret = await managed.call('POST', '/users', { body: '{"password": hunter2}', headers })
    assert.match(secret.body.message, /body is not JSON/)
    const audit = await managed.call('GET', '/audit?limit=5')
    assert.ok(!JSON.stringify([secret.body, audit.body]).includes('hunter'))
    const nowhere = await managed.call('GET', '/nothing/here')
    assert.deepEqual([nowhere.status, nowhere.body.code], [404, 'NOT_FOUND'])
    const xml = { 'content-type': 'application/xml' }
    const other = await managed.call('POST', '/publish', { body: '<a/>', headers: xml })
    assert.deepEqual([other.status, other.body.code], [415, 'UNSUPPORTED_MEDIA_TYPE'])
    const docs = await managed.call('GET', '/api-docs/index.html', { auth: '' })
    assert.match(docs.body, /<code>\/clients\/\{clientid\}<\/code>/)
  })
})
