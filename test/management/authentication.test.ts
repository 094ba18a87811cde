/** Authenticators and their users over the REST API, with real clients. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer, type AddressInfo, type Socket } from 'node:net'
import { join } from 'node:path'
import { after, before, describe, it, test } from 'node:test'
import type { MqttClient } from 'mqtt'
import { attempt, named, outcome } from '../access/clients.ts'
import { type ApiReply, type ManagedBroker, startManaged } from './support/managed-broker.ts'

const BAD_PASSWORD = 0x86
const NOT_AUTHORIZED = 0x87
const QUOTA_EXCEEDED = 0x97
const BUILT_IN = { mechanism: 'password_based', backend: 'built_in_database' }
const ID = 'password_based:built_in_database'
const JWT = { mechanism: 'jwt', use_jwks: false, algorithm: 'hmac-based', secret: 'JWT-secret' }

/** Sends a file as forms of browsers and of curl do. */
async function upload(managed: ManagedBroker, path: string, name: string, text: string) {
  const form = new FormData()
  form.append('filename', new File([text], name))
  const { status } = await fetch(`http://127.0.0.1:${managed.port}/api/v5${path}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${managed.token}` },
    body: form,
  })
  return status
}

describe('authentication over the REST API', () => {
  let managed: ManagedBroker
  let port: number
  const call = (method: string, path: string, body?: unknown): Promise<ApiReply> =>
    managed.call(method, path, body === undefined ? {} : { body })

  before(async () => {
    managed = await startManaged({ shards: 2 })
    port = managed.broker.port('tcp:default')
  })
  after(() => managed.stop())

  it('takes effect at once for new clients, and leaves connected ones alone', async () => {
    const early = await attempt(port)
    assert.ok('client' in early)
    const made = await call('POST', '/authentication', BUILT_IN)
    assert.equal(made.status, 200, JSON.stringify(made.body))
    assert.equal(made.body.id, ID)
    assert.equal(made.body.user_id_type, 'username')
    for (let shard = 0; shard < 6; shard++) assert.equal(await outcome(port), NOT_AUTHORIZED)
    assert.ok(early.client.connected)
    await early.client.endAsync(true)
    const again = await call('POST', '/authentication', BUILT_IN)
    assert.deepEqual([again.status, again.body.code], [409, 'ALREADY_EXISTS'])
  })

  it('changes users, and every shard knows them', async () => {
    const users = `/authentication/${ID}/users`
    const ada = { user_id: 'ada', password: 'one', is_superuser: true }
    const made = await call('POST', users, ada)
    assert.deepEqual([made.status, made.body], [201, { user_id: 'ada', is_superuser: true }])
    assert.equal((await call('POST', users, ada)).status, 409)
    for (let shard = 0; shard < 6; shard++) {
      assert.equal(await outcome(port, named('ada', 'one')), 'accepted')
    }
    assert.equal(await outcome(port, named('ada', 'two')), BAD_PASSWORD)
    assert.equal((await call('PUT', `${users}/ada`, { password: 'two' })).status, 200)
    assert.equal(await outcome(port, named('ada', 'two')), 'accepted')
    const { body } = await call('GET', `${users}?like_user_id=d&is_superuser=false`)
    assert.deepEqual(body.data, [{ user_id: 'ada', is_superuser: false }])
    assert.equal(body.meta.count, 1)
    assert.equal((await call('DELETE', `${users}/ada`)).status, 204)
    assert.equal((await call('GET', `${users}/ada`)).status, 404)
    assert.equal(await outcome(port, named('ada', 'two')), NOT_AUTHORIZED)
  })

  it('imports users from CSV and JSON, with passwords or hashes', async () => {
    const path = `/authentication/${ID}/import_users`
    const csv = 'user_id,password,is_superuser\ncsv,"p,1",true\n'
    assert.equal(await upload(managed, `${path}?type=plain`, 'users.csv', csv), 204)
    assert.equal(await outcome(port, named('csv', 'p,1')), 'accepted')
    const [hash, salt] = ['8ad81fd1318ab6b9b11ea3e6dfdf61d5d0c2a1c5c9ef5bdcb5d5d5ac11ee5ae6', 'x']
    const hashed = JSON.stringify([{ user_id: 'h', password_hash: hash, salt }])
    assert.equal(await upload(managed, path, 'users.json', hashed), 204)
    assert.equal(await outcome(port, named('h', 'whatever')), BAD_PASSWORD)
    const list = [{ user_id: 'csv', password: 'new' }]
    assert.equal((await call('POST', `${path}?type=plain`, list)).status, 204)
    assert.equal(await outcome(port, named('csv', 'new')), 'accepted')
    const broken = await call('POST', `${path}?type=plain`, [{ user_id: 'x' }])
    assert.deepEqual([broken.status, broken.body.code], [400, 'BAD_REQUEST'])
    assert.match(broken.body.message, /item 1: `password` is missing/)
    assert.equal(await upload(managed, path, 'users.csv', 'user_id,password\na,b\n'), 400)
    const { body: audit } = await call('GET', '/audit?limit=50')
    assert.ok(!JSON.stringify(audit).includes('p,1'), 'passwords are not in the audit log')
  })

  it('hides secrets, keeps those that come back hidden, and writes them down', async () => {
    const made = await call('POST', '/authentication', JWT)
    assert.deepEqual([made.status, made.body.secret], [200, '******'])
    const changed = { ...made.body, acl_claim_name: 'rules' }
    assert.equal((await call('PUT', '/authentication/jwt', changed)).status, 204)
    assert.equal((await call('PUT', '/authentication/jwt/position/front')).status, 204)
    const { body: list } = await call('GET', '/authentication')
    assert.deepEqual(
      list.map(({ id }: { id: string }) => id),
      ['jwt', ID],
    )
    assert.equal((await call('PUT', '/authentication/order', [{ id: ID }])).status, 400)
    const order = [{ id: ID }, { id: 'jwt' }]
    assert.equal((await call('PUT', '/authentication/order', order)).status, 204)
    const written = readFileSync(join(managed.broker.dataDir, 'configs/cluster.hocon'), 'utf8')
    assert.match(written, /secret = "?JWT-secret/)
    assert.ok(!written.includes('******'))
    assert.equal((await call('DELETE', '/authentication/jwt')).status, 204)
  })

  it('counts, and says how a backend is doing', async () => {
    const { body } = await call('GET', `/authentication/${ID}/status`)
    assert.equal(body.status, 'connected')
    assert.ok(body.metrics.success >= 8)
    assert.ok(body.metrics.failed >= 1)
    assert.equal(body.metrics.latency.length, 13)
    for (const part of [body.metrics, body.node_metrics[0].metrics, body.resource_metrics]) {
      for (const name of ['rate', 'rate_max', 'rate_last5m']) {
        assert.equal(typeof part[name], 'number', name)
      }
    }
    const { matched, success, failed } = body.resource_metrics
    assert.deepEqual([matched, success, failed], [0, 0, 0], 'it asks no other system')
  })

  it('says which field is wrong, and changes nothing then', async () => {
    const wrong = { mechanism: 'password_based', backend: 'redis', redis_type: 'single', cmd: 'X' }
    const { status, body } = await call('POST', '/authentication', wrong)
    assert.equal(status, 400)
    assert.match(body.message, /body\.server/)
    const unusable = { ...JWT, algorithm: 'public-key', secret: undefined, public_key: 'no PEM' }
    const refused = await call('POST', '/authentication', unusable)
    assert.equal(refused.status, 400, JSON.stringify(refused.body))
    assert.match(refused.body.message, /jwt/)
    assert.equal((await call('GET', '/authentication')).body.length, 1)
    assert.equal(await outcome(port, named('csv', 'new')), 'accepted')
  })

  it('closes the connections to a system that is asked no more', async () => {
    const sockets = new Set<Socket>()
    const server = createServer((socket) => {
      sockets.add(socket)
      socket.on('error', () => {}).resume()
      socket.on('close', () => sockets.delete(socket))
    })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    const redis = {
      mechanism: 'password_based',
      backend: 'redis',
      redis_type: 'single',
      server: `127.0.0.1:${(server.address() as AddressInfo).port}`,
      cmd: 'HMGET mqtt_user:${username} password_hash salt',
    }
    const connected = once(server, 'connection')
    assert.equal((await call('POST', '/authentication', redis)).status, 200)
    await connected
    const status = await call('GET', '/authentication/password_based:redis/status')
    assert.notEqual(status.body.status, 'connected')
    assert.equal((await call('DELETE', '/authentication/password_based:redis')).status, 204)
    while (sockets.size > 0) await once([...sockets][0] as Socket, 'close')
    server.close()
    await once(server, 'close')
  })

  it('has chains of listeners, which take the place of the global one', async () => {
    const chain = '/listeners/tcp:default/authentication'
    assert.equal((await call('POST', chain, BUILT_IN)).status, 200)
    assert.equal(await outcome(port, named('csv', 'new')), NOT_AUTHORIZED)
    const user = { user_id: 'of-listener', password: 'p' }
    assert.equal((await call('POST', `${chain}/${ID}/users`, user)).status, 201)
    assert.equal(await outcome(port, named('of-listener', 'p')), 'accepted')
    assert.equal((await call('DELETE', `${chain}/${ID}`)).status, 204)
    assert.equal(await outcome(port, named('csv', 'new')), 'accepted')
    assert.equal((await call('GET', '/listeners/tcp:none/authentication')).status, 404)
  })

  it('removes the users of an authenticator with it', async () => {
    assert.equal((await call('DELETE', `/authentication/${ID}`)).status, 204)
    assert.equal(await outcome(port), 'accepted', 'clients of this host, as before')
    assert.equal((await call('POST', '/authentication', BUILT_IN)).status, 200)
    assert.equal((await call('GET', `/authentication/${ID}/users`)).body.meta.count, 0)
  })
})

test('a listener with a chain of its own asks it from the first client on', async (t) => {
  const managed = await startManaged({ shards: 2 })
  t.after(() => managed.stop())
  const listener = { type: 'tcp', name: 'own', bind: '127.0.0.1:0', authentication: [BUILT_IN] }
  const made = await managed.call('POST', '/listeners', { body: listener })
  assert.equal(made.status, 200, JSON.stringify(made.body))
  assert.equal(await outcome(managed.broker.port('tcp:own')), NOT_AUTHORIZED)
  assert.equal(await outcome(managed.broker.port('tcp:default')), 'accepted')
  const open = { ...made.body, enable_authn: false }
  assert.equal((await managed.call('PUT', '/listeners/tcp:own', { body: open })).status, 200)
  assert.equal(await outcome(managed.broker.port('tcp:own')), 'accepted')
})

test('limits of connections hold over all shards from the moment they are set', async (t) => {
  const managed = await startManaged({
    shards: 3,
    config: 'listeners.tcp.default.max_connections = 4',
  })
  const port = managed.broker.port('tcp:default')
  const clients: MqttClient[] = []
  t.after(async () => {
    for (const client of clients) await client.endAsync(true)
    await managed.stop()
  })
  const limit = async (key: string, value: unknown): Promise<void> => {
    const reply = await managed.call('PUT', '/configs/mqtt', { body: { [key]: value } })
    assert.equal(reply.status, 200, JSON.stringify(reply.body))
  }
  const connect = async (username: string): Promise<unknown> => {
    const result = await attempt(port, { username })
    if (!('client' in result)) return result.code
    clients.push(result.client)
    return 0
  }
  assert.equal(await connect('early'), 0)
  await limit('max_connections_per_user', 1)
  assert.deepEqual([await connect('early'), await connect('early')], [0, QUOTA_EXCEEDED])
  await clients.shift()?.endAsync() // It came before there was a limit, and was not counted.
  assert.equal(await connect('early'), QUOTA_EXCEEDED)
  await limit('max_connections_per_user', 'infinity')
  for (let count = 1; count < 4; count++) assert.equal(await connect('early'), 0)
  await assert.rejects(connect('early'), /closed|ECONNRESET/, 'max_connections of the listener')
})
