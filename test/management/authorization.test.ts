/** Sources and rules of authorization over the REST API, with clients that are connected. */
import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { connectAsync, type MqttClient } from 'mqtt'
import { publishCode, subscribeCodes } from '../access/access-rig.ts'
import { type ApiReply, type ManagedBroker, startManaged } from './support/managed-broker.ts'

const DENIED = 0x87
const SOURCES = '/authorization/sources'
const RULES = `${SOURCES}/built_in_database/rules`
const allow = (topic: string) => ({ permission: 'allow', action: 'all', topic })

describe('authorization over the REST API', () => {
  let managed: ManagedBroker
  const clients: MqttClient[] = []
  const call = (method: string, path: string, body?: unknown): Promise<ApiReply> =>
    managed.call(method, path, body === undefined ? {} : { body })
  const done = async (method: string, path: string, body?: unknown): Promise<void> => {
    const reply = await call(method, path, body)
    assert.equal(reply.status, 204, `${method} ${path}: ${JSON.stringify(reply.body)}`)
  }
  /** What each of several clients, in whatever shard, is told of a publish. */
  const codes = async (topic: string): Promise<readonly number[]> => {
    const all = await Promise.all(clients.map((client) => publishCode(client, topic)))
    return [...new Set(all)]
  }

  before(async () => {
    managed = await startManaged({ shards: 2 })
    const url = `mqtt://127.0.0.1:${managed.broker.port('tcp:default')}`
    for (let index = 0; index < 6; index++) {
      const options = { clientId: `c${index}`, protocolVersion: 5, reconnectPeriod: 0 } as const
      clients.push(await connectAsync(url, { ...options, username: 'ada' }))
    }
  })
  after(async () => {
    await Promise.all(clients.map((client) => client.endAsync(true)))
    await managed.stop()
  })

  it('holds for clients that are connected, as soon as a source is there', async () => {
    assert.deepEqual(await codes('a/1'), [0])
    await done('POST', SOURCES, { type: 'built_in_database' })
    assert.deepEqual(await codes('a/1'), [DENIED])
    assert.equal((await call('POST', SOURCES, { type: 'built_in_database' })).status, 409)
    assert.equal((await call('GET', '/authorization/settings')).body.no_match, 'deny')
  })

  it('keeps rules about clients, users and all', async () => {
    await done('POST', `${RULES}/clients`, [{ clientid: 'c0', rules: [allow('c/0')] }])
    assert.equal(await publishCode(clients[0]!, 'c/0'), 0)
    assert.equal(await publishCode(clients[1]!, 'c/0'), DENIED)
    await done('POST', `${RULES}/users`, [{ username: 'ada', rules: [allow('u/#')] }])
    assert.deepEqual(await codes('u/1'), [0])
    const again = await call('POST', `${RULES}/users`, [{ username: 'ada', rules: [] }])
    assert.deepEqual([again.status, again.body.code], [409, 'ALREADY_EXISTS'])
    await done('POST', `${RULES}/all`, { rules: [{ ...allow('r'), retain: true, qos: [1] }] })
    assert.equal(await publishCode(clients[0]!, 'r', 1, true), 0)
    assert.equal(await publishCode(clients[0]!, 'r', 1, false), DENIED)
    const { body: all } = await call('GET', `${RULES}/all`)
    assert.deepEqual(all.rules, [{ ...allow('r'), qos: [1], retain: true }])
    const { body: user } = await call('GET', `${RULES}/users/ada`)
    const whole = { ...allow('u/#'), qos: [0, 1, 2], retain: 'all' }
    assert.deepEqual(user, { username: 'ada', rules: [whole] })
    const { body: list } = await call('GET', `${RULES}/users?like_username=d`)
    assert.deepEqual([list.data, list.meta.count], [[user], 1])
    await done('PUT', `${RULES}/users/ada`, { rules: [allow('v')] })
    assert.deepEqual(await codes('u/1'), [DENIED])
    await done('DELETE', `${RULES}/users/ada`)
    assert.equal((await call('GET', `${RULES}/users/ada`)).status, 404)
    const wrong = { rules: [{ ...allow('a/#/b') }] }
    assert.equal((await call('PUT', `${RULES}/clients/c0`, wrong)).status, 400)
    const many = { rules: Array.from({ length: 101 }, (_, index) => allow(`t/${index}`)) }
    const refused = await call('PUT', `${RULES}/clients/c0`, many)
    assert.deepEqual([refused.status, refused.body.code], [400, 'EXCEED_LIMIT'])
  })

  it('shows what is remembered of a client, and has it forgotten', async () => {
    const path = '/clients/c0/authorization/cache'
    await done('DELETE', path)
    assert.deepEqual((await call('GET', path)).body, [])
    assert.equal(await publishCode(clients[0]!, 'c/0'), 0)
    assert.equal(await publishCode(clients[0]!, 'no'), DENIED)
    const { body } = await call('GET', path)
    const facts = body.map((one: object) => ({ ...one, updated_time: 0 }))
    const common = { access: 'publish', qos: 1, retain: false, updated_time: 0 }
    assert.deepEqual(facts, [
      { ...common, topic: 'c/0', result: 'allow' },
      { ...common, topic: 'no', result: 'deny' },
    ])
    assert.ok(Math.abs(body[0].updated_time - Date.now()) < 60_000)
    assert.equal((await call('GET', '/clients/nobody/authorization/cache')).status, 404)
  })

  it('takes the text of acl.conf, and refuses one with an error', async () => {
    const file = (rules: string) => ({ type: 'file', rules })
    const wrong = await call('POST', SOURCES, file('{allow, all'))
    assert.equal(wrong.status, 400)
    assert.match(wrong.body.message, /body\.rules: /)
    const path = join(managed.broker.dataDir, 'authz', 'acl.conf')
    assert.ok(!existsSync(path))
    await done('POST', SOURCES, file('{allow, all, all, ["f/1"]}.'))
    await done('POST', `${SOURCES}/file/move`, { position: 'before:built_in_database' })
    const { body } = await call('GET', SOURCES)
    assert.deepEqual(
      body.sources.map(({ type }: { type: string }) => type),
      ['file', 'built_in_database'],
    )
    assert.deepEqual(await codes('f/1'), [0])
    await done('PUT', `${SOURCES}/file`, file('{allow, all, all, ["f/2"]}.'))
    assert.deepEqual(await codes('f/1'), [DENIED])
    assert.deepEqual(await codes('f/2'), [0])
    assert.equal((await call('PUT', `${SOURCES}/file`, file('{no'))).status, 400)
    assert.equal((await call('GET', `${SOURCES}/file`)).body.rules, readFileSync(path, 'utf8'))
    assert.deepEqual(await codes('f/2'), [0])
  })

  it('shows the text of rules, and of no other file', async () => {
    const other = join(managed.broker.dataDir, 'configs', 'cluster.hocon')
    await done('PUT', `${SOURCES}/file`, { type: 'file', enable: false, path: other })
    assert.equal((await call('GET', `${SOURCES}/file`)).body.rules, undefined)
    await done('PUT', `${SOURCES}/file`, { type: 'file', rules: '{allow, all, all, ["f/2"]}.' })
    assert.deepEqual(await codes('f/2'), [0])
  })

  it('counts, and says how a source is doing', async () => {
    const { body } = await call('GET', `${SOURCES}/file/status`)
    assert.equal(body.status, 'connected')
    assert.ok(body.metrics.allow >= 1, JSON.stringify(body.metrics))
    assert.equal((await call('GET', `${SOURCES}/redis/status`)).status, 404)
  })

  it('removes all rules when the source is switched off', async () => {
    assert.equal((await call('DELETE', RULES)).status, 400)
    await done('PUT', `${SOURCES}/built_in_database`, { type: 'built_in_database', enable: false })
    await done('DELETE', RULES)
    assert.equal((await call('GET', `${RULES}/clients`)).body.meta.count, 0)
  })

  it('changes what holds without a rule, and goes back to open without sources', async () => {
    const settings = { no_match: 'allow', deny_action: 'disconnect', cache: { ttl: '5s' } }
    const { status, body } = await call('PUT', '/authorization/settings', settings)
    assert.equal(status, 200, JSON.stringify(body))
    assert.deepEqual([body.no_match, body.cache.ttl, body.cache.max_size], ['allow', '5s', 32])
    assert.deepEqual(await codes('anything'), [0])
    await done('DELETE', '/authorization/cache')
    await done('DELETE', `${SOURCES}/file`)
    await done('DELETE', `${SOURCES}/built_in_database`)
    assert.deepEqual((await call('GET', SOURCES)).body, { sources: [] })
    assert.deepEqual(await subscribeCodes(clients[0]!, 'x/#', 1), [1])
  })
})
