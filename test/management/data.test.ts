/** Backups over the REST API: what one node exports another one takes over. */
import assert from 'node:assert/strict'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { type AddressInfo, createServer } from 'node:net'
import { basename, join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { Table } from '#broker/ports.ts'
import { TABLE_SETS, type TableSetName } from '#management/contract/data.ts'
import { LOCAL_ACCESS_FILE } from '#management/contract/local-access.ts'
import { packTar, unpackTar } from '#management/files/tar.ts'
import { MANAGEMENT_SCHEMA } from '#management/schema.ts'
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
/** That of the command line: logins end when their users are replaced by those of a backup. */
let auth: string
const call: ApiCall = (method, path, options) => to.call(method, path, { auth, ...options })
before(async () => {
  from = await startManaged({ config: CHAIN })
  to = await startManaged({ config: CHAIN })
  auth = authOf(to)
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

  it('keeps to its folders', async () => {
    const archive = packTar(
      [
        { name: 'x/META.hocon', content: Buffer.from('version = "1"') },
        { name: 'x/cluster.hocon', content: Buffer.alloc(0) },
        { name: 'x/certs/../../escaped.pem', content: Buffer.from('x') },
        { name: 'x/certs/folder/', content: Buffer.from('x') },
        { name: 'x/../certs/upwards.pem', content: Buffer.from('x') },
        { name: '/x/certs/absolute.pem', content: Buffer.from('x') },
      ],
      0,
    )
    const { status, body } = await bring('escape.tar.gz', archive)
    assert.equal(status, 200)
    for (const name of ['escaped.pem', 'folder/']) {
      assert.ok(
        body.warnings.some((one: string) => one.includes(name)),
        JSON.stringify(body),
      )
    }
    for (const name of ['escaped.pem', 'upwards.pem', 'absolute.pem']) {
      for (const folder of ['..', '.', 'certs']) {
        assert.ok(!existsSync(join(to.broker.dataDir, folder, name)), `${folder}/${name}`)
      }
    }
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

  it('are neither users nor keys for an API key', async () => {
    const { name, archive } = await exported()
    for (const scopes of [['data_backup'], []]) {
      const body = { name: `backups-${scopes.length}`, scopes }
      const key = (await from.call('POST', '/api_key', { body })).body
      await checkKey(basic(key.api_key, key.api_secret), name, archive)
    }
    const { body: audit } = await from.call('GET', '/audit?limit=50')
    const methods = audit.data.map(({ http_method: method }: { http_method: string }) => method)
    assert.ok(methods.includes('get'), 'who takes secrets away is kept')
  })

  async function checkKey(auth: string, name: string, archive: Uint8Array): Promise<void> {
    const asKey: ApiCall = (method, path, options) => from.call(method, path, { auth, ...options })
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
  }

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

/** Tables of the store, with the table of a backup that has what is in them. */
const STORE_TABLES: Readonly<Record<Table, TableSetName | 'of sessions'>> = {
  meta: 'of sessions',
  sessions: 'of sessions',
  subscriptions: 'of sessions',
  queue: 'of sessions',
  bodies: 'of sessions',
  incoming: 'of sessions',
  retained: 'builtin_retainer',
  delayed: 'delayed',
  users: 'builtin_authn',
  rules: 'builtin_authz',
  bans: 'banned',
}
/** Those of management; a record of what this very node has seen stays with it. */
const DATABASE_TABLES: Readonly<Record<string, TableSetName | 'of this node'>> = {
  users: 'dashboard_users',
  api_keys: 'api_keys',
  watched_topics: 'topic_metrics',
  audit: 'of this node',
  chart: 'of this node',
  shard_chart: 'of this node',
  alarms: 'of this node',
  config_history: 'of this node',
  traces: 'of this node',
}

describe('a backup is whole', () => {
  it('every table of the node is in it, or known to stay', () => {
    assert.deepEqual(Object.keys(STORE_TABLES).toSorted(), Object.values(Table).toSorted())
    const created = MANAGEMENT_SCHEMA.flatMap(({ sql }) => {
      return [...sql.matchAll(/CREATE TABLE (\w+)/g)].map(([, name = '']) => name)
    })
    assert.deepEqual(Object.keys(DATABASE_TABLES).toSorted(), created.toSorted())
    const held = new Set([...Object.values(STORE_TABLES), ...Object.values(DATABASE_TABLES)])
    for (const name of TABLE_SETS) assert.ok(held.has(name), name)
  })

  it('every table of it comes back as it was', async () => {
    const empty = await startManaged({ config: CHAIN })
    try {
      await fill(from)
      const { archive } = await exported()
      const upload = { body: formWith('whole.tar.gz', archive), auth: authOf(empty) }
      assert.equal((await empty.call('POST', '/data/files', upload)).status, 204)
      const body = { filename: 'whole.tar.gz' }
      const imported = await empty.call('POST', '/data/import', { body, auth: authOf(empty) })
      assert.equal(imported.status, 204, JSON.stringify(imported.body))
      const again = await backupOf(empty)
      const before = tablesOf(archive)
      for (const name of TABLE_SETS) {
        const rows = before.get(name) ?? []
        assert.ok(rows.length > 0, `${name} has nothing in it`)
        assert.deepEqual(again.get(name), rows, name)
      }
      // Twice is as once: nothing is there double.
      await empty.call('POST', '/data/import', { body, auth: authOf(empty) })
      assert.deepEqual(await backupOf(empty), again)
    } finally {
      await empty.stop()
    }
  })

  it('is taken back as a whole when one table cannot be taken over', async () => {
    const before = await backupOf(to)
    const rule = { permission: 'allow', action: 'all', topic: 't' }
    const subject = { kind: 'client', name: 'c9' }
    const user = { username: 'new', password: '', role: 'viewer', description: '', must_change: 0 }
    const credential = { isSuperuser: false, hash: 'x', salt: '' }
    const stored = { chain: 'mqtt:global', mechanism: 'password_based', userId: 'new', credential }
    const tables = {
      dashboard_users: { ...user, username: 'oidc:new' },
      builtin_authn: stored,
      // More than `max_rules`.
      builtin_authz: { subject, rules: Array.from({ length: 101 }, () => rule) },
    }
    const archive = packTar(
      [
        { name: 'x/META.hocon', content: Buffer.from('version = "1"') },
        { name: 'x/cluster.hocon', content: Buffer.from('mqtt.max_topic_levels = 3') },
        { name: 'x/certs/unwanted.pem', content: Buffer.from('x') },
        ...Object.entries(tables).map(([name, row]) => {
          return { name: `x/tables/${name}.jsonl`, content: Buffer.from(JSON.stringify(row)) }
        }),
      ],
      0,
    )
    const { status, body } = await bring('half.tar.gz', archive)
    assert.equal(status, 400, JSON.stringify(body))
    assert.match(body.message, /^Nothing was taken over. builtin_authz: c9 may have at most 100/)
    assert.deepEqual(await backupOf(to), before)
    assert.notEqual((await call('GET', '/configs/mqtt')).body.max_topic_levels, 3)
    assert.ok(!existsSync(join(to.broker.dataDir, 'certs', 'unwanted.pem')))
  })
})

function authOf({ broker }: ManagedBroker): string {
  const local = readFileSync(join(broker.dataDir, LOCAL_ACCESS_FILE), 'utf8')
  return `Bearer ${JSON.parse(local).token}`
}

/** Rows of a new backup of a node, by their table. */
async function backupOf(node: ManagedBroker): Promise<ReadonlyMap<string, readonly unknown[]>> {
  const auth = authOf(node)
  const made = await node.call('POST', '/data/export', { body: {}, auth })
  const url = `http://127.0.0.1:${node.port}/api/v5/data/files/${made.body.filename}`
  const response = await fetch(url, { headers: { authorization: auth } })
  return tablesOf(Buffer.from(await response.arrayBuffer()))
}

function tablesOf(archive: Uint8Array): ReadonlyMap<string, readonly unknown[]> {
  const tables = unpackTar(archive, 10_000_000).filter(({ name }) => name.endsWith('.jsonl'))
  return new Map(
    tables.map(({ name, content }) => {
      const lines = content.toString().trimEnd().split('\n')
      const rows = lines.filter((line) => line !== '').map((line) => sameEverywhere(line))
      return [basename(name, '.jsonl'), rows.toSorted((a, b) => (a < b ? -1 : 1))]
    }),
  )
}

/** A row without what a node notes for itself, and with times as exact as they come back. */
function sameEverywhere(line: string): string {
  const { created_at_ms: _, dueAtMs, expiresAtMs, ...row } = JSON.parse(line)
  const due = dueAtMs && Math.ceil(dueAtMs / 1000)
  return JSON.stringify({ ...row, due, expires: expiresAtMs !== undefined })
}

/** Something in every table. */
async function fill(node: ManagedBroker): Promise<void> {
  const post = async (path: string, body: unknown): Promise<void> => {
    const { status, body: answer } = await node.call('POST', path, { body })
    assert.ok(status < 300 || status === 409, `${path}: ${JSON.stringify(answer)}`)
  }
  await post(USERS, { user_id: 'zoe', password: 'of-zoe-1' })
  const rules = '/authorization/sources/built_in_database/rules'
  const rule = { action: 'subscribe', permission: 'allow', topic: 'yes/#', qos: [0, 1] }
  await post(`${rules}/users`, [{ username: 'zoe', rules: [rule] }])
  await post(`${rules}/all`, { rules: [rule] })
  await post('/banned', { as: 'peerhost_net', who: '192.0.2.0/24', reason: 'noise' })
  await post('/api_key', { name: 'every', scopes: ['clients'], role: 'viewer' })
  await post('/mqtt/topic_metrics', { topic: 'counted/1' })
  const properties = {
    content_type: 'text/plain',
    response_topic: 'answer',
    correlation_data: 'c',
    message_expiry_interval: 86_400,
    user_properties: { k: 'v' },
  }
  const message = { payload: 'x', qos: 1, properties }
  await post('/publish', { ...message, topic: 'kept/2', retain: true })
  await post('/publish', { ...message, topic: '$delayed/3600/later' })
}
