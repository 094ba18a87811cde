/** Backups over the REST API: what one node exports another one takes over. */
import assert from 'node:assert/strict'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { packTar, unpackTar } from '#management/files/tar.ts'
import {
  type ApiCall,
  type ApiReply,
  basic,
  formWith,
  type ManagedBroker,
  startManaged,
} from './support/managed-broker.ts'

const USERS = '/authentication/password_based%3Abuilt_in_database/users'
const CHAIN = `authentication = [{ mechanism = password_based, backend = built_in_database }]
  authorization.sources = [{ type = built_in_database }]`

describe('a backup', () => {
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
      ],
      0,
    )
    const { status, body } = await bring('emqx-export.tar.gz', archive)
    assert.equal(status, 200)
    const told: string = body.warnings.join('\n')
    for (const part of ['nonsense', 'delayed.max_delayed_messages', 'mnesia/emqx_banned']) {
      assert.ok(told.includes(part), `${part} in ${told}`)
    }
    assert.equal((await call('GET', '/configs/mqtt')).body.max_qos_allowed, 1)
    assert.equal((await call('GET', '/configs/retainer')).body.max_payload_size, '2MB')
    assert.ok(!existsSync(join(to.broker.dataDir, '..', 'escaped.pem')))
    assert.ok(!existsSync(join(to.broker.dataDir, 'escaped.pem')))
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
