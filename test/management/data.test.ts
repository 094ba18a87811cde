/** Backups over the REST API: what one node exports another one takes over. */
import assert from 'node:assert/strict'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { type AddressInfo, createServer } from 'node:net'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { packTar, unpackTar } from '#management/files/tar.ts'
import {
  type ApiCall,
  type ApiReply,
  basic,
  formWith,
  type ManagedBroker,
  PASSWORD,
  startManaged,
} from './support/managed-broker.ts'

const USERS = '/authentication/password_based%3Abuilt_in_database/users'
const CHAIN = `authentication = [{ mechanism = password_based, backend = built_in_database }]
  authorization.sources = [{ type = built_in_database }]`

let from: ManagedBroker
let to: ManagedBroker
/** Logins end when their users are replaced by those of a backup. */
let auth: string
const call: ApiCall = (method, path, options) => to.call(method, path, { auth, ...options })
before(async () => {
  from = await startManaged({ config: CHAIN })
  to = await startManaged({ config: CHAIN })
  const key = (await to.call('POST', '/api_key', { body: { name: 'own' } })).body
  auth = basic(key.api_key, key.api_secret)
})
after(async () => {
  await from.stop()
  await to.stop()
})

async function bring(name: string, archive: Uint8Array): Promise<ApiReply> {
  const uploaded = await call('POST', '/data/files', { body: formWith(name, archive) })
  assert.equal(uploaded.status, 204)
  return call('POST', '/data/import', { body: { filename: name } })
}

async function exported(body: object = {}): Promise<{ name: string; archive: Buffer }> {
  const made = await from.call('POST', '/data/export', { body })
  assert.equal(made.status, 200, JSON.stringify(made.body))
  const name: string = made.body.filename
  const url = `http://127.0.0.1:${from.port}/api/v5/data/files/${name}`
  const headers = { authorization: `Bearer ${from.token}` }
  const response = await fetch(url, { headers })
  return { name, archive: Buffer.from(await response.arrayBuffer()) }
}

describe('a backup', () => {
  it('carries configuration, users, keys, rules, bans, files and retained messages', async () => {
    const user = { user_id: 'ann', password: 'of-ann-1', is_superuser: true }
    assert.equal((await from.call('POST', USERS, { body: user })).status, 201)
    const rule = { action: 'publish', permission: 'deny', topic: 'no/#' }
    const rules = '/authorization/sources/built_in_database/rules'
    const subject = [{ clientid: 'c1', rules: [rule] }]
    await from.call('POST', `${rules}/clients`, { body: subject })
    await from.call('POST', '/banned', { body: { as: 'clientid', who: 'bad' } })
    await from.call('PUT', '/configs/delayed', { body: { max_delayed_messages: 5 } })
    const login = { username: 'eve', password: 'looking-at-1' }
    await from.call('POST', '/users', { body: { ...login, role: 'viewer' } })
    const key = (await from.call('POST', '/api_key', { body: { name: 'k' } })).body
    const kept = { topic: 'kept/1', payload: 'still', retain: true, qos: 1 }
    await from.call('POST', '/publish', { body: kept })
    mkdirSync(join(from.broker.dataDir, 'certs'), { recursive: true })
    writeFileSync(join(from.broker.dataDir, 'certs', 'own.pem'), 'a certificate')

    assert.equal((await from.call('POST', '/data/export')).status, 200, 'without a body')
    const { name, archive } = await exported()
    assert.match(name, /^tideway-export-[\d.-]+\.tar\.gz$/)
    const imported = await bring(name, archive)
    assert.equal(imported.status, 204, JSON.stringify(imported.body))

    const client = await to.connect('c2', { username: 'ann', password: 'of-ann-1' })
    assert.ok(client.connected)
    const shown = await call('GET', `${rules}/clients/c1`)
    assert.equal(shown.body.rules[0].topic, 'no/#')
    assert.equal((await call('GET', '/banned')).body.data[0].who, 'bad')
    assert.equal((await call('GET', '/configs/delayed')).body.max_delayed_messages, 5)
    assert.equal((await call('POST', '/login', { body: login })).status, 200)
    const carried = basic(key.api_key, key.api_secret)
    assert.equal((await call('GET', '/nodes', { auth: carried })).status, 200)
    const message = await call('GET', '/mqtt/retainer/message/kept%2F1')
    assert.equal(Buffer.from(message.body.payload, 'base64').toString(), 'still')
    const file = join(to.broker.dataDir, 'certs', 'own.pem')
    assert.equal(readFileSync(file, 'utf8'), 'a certificate')
  })

  it('holds only what was asked for, and is listed and removed', async () => {
    const { name, archive } = await exported({ root_keys: ['mqtt'], table_sets: ['banned'] })
    const files = unpackTar(archive, 1_000_000)
    const names = files.map((one) => one.name.split('/').slice(1).join('/'))
    assert.ok(names.includes('tables/banned.jsonl') && !names.includes('tables/api_keys.jsonl'))
    const config = files.find((one) => one.name.endsWith('cluster.hocon'))
    assert.equal(config?.content.toString(), '')
    const { body } = await from.call('GET', '/data/files?limit=1')
    assert.equal(body.data[0].filename, name)
    assert.equal((await from.call('DELETE', `/data/files/${name}`)).status, 204)
    assert.equal((await from.call('GET', `/data/files/${name}`)).status, 404)
  })

  it('of EMQX is taken over as far as that goes, and the rest is told', async () => {
    const cluster = `
      mqtt { max_qos_allowed = 1 }
      retainer { enable = true, max_payload_size = 2MB }
      nonsense { x = 1 }
      delayed { max_delayed_messages = many }`
    const archive = packTar(
      [
        { name: 'emqx-export/META.hocon', content: Buffer.from('version = "5.8.1"') },
        { name: 'emqx-export/cluster.hocon', content: Buffer.from(cluster) },
        { name: 'emqx-export/mnesia/emqx_banned', content: Buffer.from('\x01\x02') },
        { name: 'emqx-export/certs/../../escaped.pem', content: Buffer.from('x') },
        { name: 'emqx-export/certs/folder/', content: Buffer.from('x') },
      ],
      0,
    )
    const { status, body } = await bring('emqx-export.tar.gz', archive)
    assert.equal(status, 200)
    const told: string = body.warnings.join('\n')
    for (const part of [
      'nonsense',
      'delayed.max_delayed_messages',
      'mnesia/emqx_banned',
      'folder/',
    ]) {
      assert.ok(told.includes(part), `${part} in ${told}`)
    }
    assert.equal((await call('GET', '/configs/mqtt')).body.max_qos_allowed, 1)
    assert.equal((await call('GET', '/configs/retainer')).body.max_payload_size, '2MB')
    assert.ok(!existsSync(join(to.broker.dataDir, '..', 'escaped.pem')))
    assert.ok(!existsSync(join(to.broker.dataDir, 'escaped.pem')))
  })

  it('carries users whose password somebody else checks', async () => {
    const user = { username: 'oidc:ada', password: '', role: 'viewer', description: 'first' }
    const archive = packTar(
      [
        { name: 'x/META.hocon', content: Buffer.from('version = "1"') },
        { name: 'x/cluster.hocon', content: Buffer.alloc(0) },
        {
          name: 'x/tables/dashboard_users.jsonl',
          content: Buffer.from(JSON.stringify({ ...user, must_change: 0 })),
        },
      ],
      0,
    )
    const brought = await bring('single-sign-on.tar.gz', archive)
    assert.equal(brought.status, 204, JSON.stringify(brought.body))
    const { body: made } = await call('POST', '/data/export', { body: {} })
    const asUser = async (method: string, path: string): Promise<ApiReply> => {
      const login = { username: 'admin', password: PASSWORD }
      const { token } = (await call('POST', '/login', { body: login, auth: '' })).body
      return call(method, path, { auth: `Bearer ${token}` })
    }
    assert.equal((await asUser('DELETE', '/users/ada?backend=oidc')).status, 204)
    const imported = await call('POST', '/data/import', { body: { filename: made.filename } })
    assert.equal(imported.status, 204, JSON.stringify(imported.body))
    const { body: shown } = await asUser('GET', '/users')
    const [back] = shown.filter(({ username }: { username: string }) => username === 'ada')
    assert.deepEqual(back, {
      username: 'ada',
      role: 'viewer',
      description: 'first',
      backend: 'oidc',
    })
  })

  it('that is damaged or none changes nothing', async () => {
    assert.equal((await bring('damaged.tar.gz', Buffer.from('no archive'))).status, 400)
    const empty = packTar([{ name: 'a/b', content: Buffer.from('x') }], 0)
    assert.equal((await bring('empty.tar.gz', empty)).status, 400)
    const unknown = await call('POST', '/data/import', { body: { filename: 'x.tar.gz' } })
    assert.equal(unknown.status, 404)
    const body = formWith('../../evil.sh', empty)
    assert.equal((await call('POST', '/data/files', { body })).status, 400)
  })
})

describe('what is in a backup', () => {
  it('are certificates and keys where they were asked for, and that is said', async () => {
    const folder = join(from.broker.dataDir, 'certs', 'a'.repeat(90), 'b'.repeat(90))
    mkdirSync(folder, { recursive: true })
    writeFileSync(join(folder, `${'c'.repeat(180)}.pem`), 'far away')
    const namesOf = async (body: object): Promise<readonly string[]> => {
      return unpackTar((await exported(body)).archive, 1_000_000).map(({ name }) => name)
    }
    const has = (names: readonly string[]): boolean =>
      names.some((name) => name.includes('/certs/'))
    const whole = await namesOf({})
    assert.ok(has(whole) && whole.some((name) => name.endsWith(`b/${'c'.repeat(180)}.pem`)))
    assert.ok(!has(await namesOf({ root_keys: ['mqtt'] })))
    assert.ok(has(await namesOf({ root_keys: ['listeners'], files: true })))
    const made = await from.call('POST', '/data/export', { body: { files: false } })
    assert.match(made.body.notice, /Passwords .* as they are/)
  })

  it('are neither users nor keys for a key with scopes', async () => {
    const { name, archive } = await exported()
    const body = { name: 'backups', scopes: ['data_backup'] }
    const key = (await from.call('POST', '/api_key', { body })).body
    const limited = basic(key.api_key, key.api_secret)
    const asKey: ApiCall = (method, path, options) => {
      return from.call(method, path, { auth: limited, ...options })
    }
    const asked = await asKey('POST', '/data/export', { body: { table_sets: ['api_keys'] } })
    assert.deepEqual([asked.status, asked.body.code], [403, 'UNAUTHORIZED_ROLE'])
    const made = await asKey('POST', '/data/export', { body: {} })
    assert.equal(made.status, 200, JSON.stringify(made.body))
    assert.equal((await asKey('GET', `/data/files/${made.body.filename}`)).status, 200)
    assert.equal((await asKey('GET', `/data/files/${name}`)).status, 403)
    const form = formWith('whole.tar.gz', archive)
    assert.equal((await asKey('POST', '/data/files', { body: form })).status, 204)
    const whole = { body: { filename: 'whole.tar.gz' } }
    assert.equal((await asKey('POST', '/data/import', whole)).status, 403)
    const part = { body: { filename: made.body.filename } }
    assert.ok((await asKey('POST', '/data/import', part)).status < 300)
    const { body: audit } = await from.call('GET', '/audit?limit=50')
    const methods = audit.data.map(({ http_method: method }: { http_method: string }) => method)
    assert.ok(methods.includes('get'), 'who takes secrets away is kept')
  })

  it('is not taken over at all when it is wrong in one place', async () => {
    const user = {
      username: 'admin',
      password: 'scrypt$1$1$1$a$b',
      description: '',
      must_change: 0,
    }
    const key = {
      name: 'x',
      api_key: 'x',
      role: 'viewer',
      description: '',
      enable: 1,
      scopes: '[]',
    }
    const ban = { by: '', reason: '', atMs: 0 }
    const subject = { kind: 'client', name: 'c' }
    const cases: readonly (readonly [table: string, row: object, told: RegExp])[] = [
      [
        'api_keys',
        { ...key, secret_hash: 'c2hvcnQ=', expires_at_ms: null, created_at_ms: 0 },
        /api_keys.*line 1: secret_hash/,
      ],
      ['dashboard_users', { ...user, role: 'owner' }, /dashboard_users.*role/],
      [
        'dashboard_users',
        { ...user, password: '', role: 'viewer' },
        /line 1: password: the user admin has none/,
      ],
      ['dashboard_users', { ...user, role: 'viewer' }, /no administrator would be left/],
      ['banned', { ...ban, as: 'clientid_re', who: '(' }, /banned: .* no regular expression/],
      ['banned', { ...ban, as: 'shoe', who: 'x' }, /banned.*line 1: as /],
      ['builtin_authn', { chain: 'mqtt:global', mechanism: 'password_based' }, /builtin_authn/],
      ['builtin_authz', { subject, rules: [{ topic: 'a' }] }, /builtin_authz/],
      ['builtin_retainer', { topic: 'a/#', payload: '', qos: 0, publisher: '' }, /topic/],
    ]
    for (const [table, row, told] of cases) {
      const archive = packTar(
        [
          { name: 'x/META.hocon', content: Buffer.from('version = "1"') },
          { name: 'x/cluster.hocon', content: Buffer.from('mqtt.max_topic_levels = 3') },
          { name: 'x/certs/new.pem', content: Buffer.from('x') },
          { name: `x/tables/${table}.jsonl`, content: Buffer.from(JSON.stringify(row)) },
        ],
        0,
      )
      const { status, body } = await bring('wrong.tar.gz', archive)
      assert.equal(status, 400, `${table}: ${JSON.stringify(body)}`)
      assert.match(body.message, told)
    }
    assert.notEqual((await call('GET', '/configs/mqtt')).body.max_topic_levels, 3)
    assert.ok(!existsSync(join(to.broker.dataDir, 'certs', 'new.pem')))
  })

  it('leaves files as they were when the configuration cannot run', async (t) => {
    const busy = createServer().listen(0, '127.0.0.1')
    await new Promise((resolve) => busy.once('listening', resolve))
    t.after(() => busy.close())
    const { port } = busy.address() as AddressInfo
    const certs = join(to.broker.dataDir, 'certs')
    mkdirSync(certs, { recursive: true })
    writeFileSync(join(certs, 'kept.pem'), 'before')
    const listener = `listeners.tcp.taken.bind = "127.0.0.1:${port}"`
    const archive = packTar(
      [
        { name: 'x/META.hocon', content: Buffer.from('version = "1"') },
        { name: 'x/cluster.hocon', content: Buffer.from(listener) },
        { name: 'x/certs/kept.pem', content: Buffer.from('after') },
        { name: 'x/certs/new.pem', content: Buffer.from('x') },
      ],
      0,
    )
    const { status, body } = await bring('taken.tar.gz', archive)
    assert.equal(status, 400, JSON.stringify(body))
    assert.match(body.message, /tcp:taken cannot be started/)
    assert.equal(readFileSync(join(certs, 'kept.pem'), 'utf8'), 'before')
    assert.ok(!existsSync(join(certs, 'new.pem')))
    assert.equal((await call('GET', '/listeners/tcp:taken')).status, 404)
  })

  it('are files that the configuration names, which are there before it is looked at', async () => {
    const rules = '{allow, all, all, ["of/a/file"]}.'
    const source = { type: 'file', rules }
    assert.equal((await from.call('POST', '/authorization/sources', { body: source })).status, 204)
    const { name, archive } = await exported({ root_keys: ['authorization'], files: true })
    const { status, body } = await bring(name, archive)
    assert.equal(status, 204, JSON.stringify(body))
    assert.equal((await call('GET', '/authorization/sources/file')).body.rules, rules)
    const path = join(to.broker.dataDir, 'authz', 'acl.conf')
    const shown = await call('GET', '/configs/authorization')
    assert.ok(JSON.stringify(shown.body).includes(JSON.stringify(path)))
  })
})
