/** The configuration over the REST API: what it shows, what a change does, and how it is undone. */
import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { connectAsync } from 'mqtt'
import { type ApiReply, basic, type ManagedBroker, startManaged } from './support/managed-broker.ts'

const ENV = { EMQX_MQTT__MAX_INFLIGHT: '9' }

describe('the configuration', () => {
  let managed: ManagedBroker
  before(async () => {
    managed = await startManaged({ env: ENV, config: 'mqtt.max_mqueue_len = 77' })
  })
  after(() => managed.stop())

  const get = (path: string, accept = 'application/json'): Promise<ApiReply> =>
    managed.call('GET', path, { headers: { accept } })

  it('is shown as HOCON and as JSON, as a whole and in parts, without secrets', async () => {
    const whole = (await get('/configs')).body
    assert.equal(whole.mqtt.max_mqueue_len, 77)
    assert.equal(whole.dashboard.default_password, '******')
    const part = await get('/configs?key=mqtt.max_mqueue_len', '*/*')
    assert.match(part.headers.get('content-type') ?? '', /^text\/plain/)
    assert.equal(part.body, 'mqtt {\n  max_mqueue_len = 77\n}\n')
    assert.deepEqual(Object.keys((await get('/configs/global_zone')).body)[0], 'mqtt')
    assert.equal((await get('/configs/nothing')).status, 404)
    assert.equal((await get('/configs?key=mqtt.nothing')).status, 404)
  })

  it('leaves no secret of a text or of a header where others may read it', async () => {
    const headers = { authorization: 'Bearer one-secret', 'x-api-key': 'one-secret', accept: '*/*' }
    const connector = { url: 'http://127.0.0.1:1', headers }
    const body = `connectors.http.hook = ${JSON.stringify(connector)}`
    const text = { 'content-type': 'text/plain' }
    const made = await managed.call('PUT', '/configs?mode=merge', { body, headers: text })
    assert.equal(made.status, 200, JSON.stringify(made.body))
    const kept = { ...headers, authorization: '******', 'x-api-key': '******' }
    const again = { body: { connectors: { http: { hook: { ...connector, headers: kept } } } } }
    assert.equal((await managed.call('PUT', '/configs?mode=merge', again)).status, 200)
    for (const path of ['/configs', '/connectors', '/audit']) {
      const { status, body: shown } = await get(path)
      assert.equal(status, 200)
      assert.ok(!JSON.stringify(shown).includes('one-secret'), path)
    }
    const stored = JSON.stringify(managed.management.context.node.config.snapshot())
    assert.ok(stored.includes('Bearer one-secret'), 'what is hidden is not what is kept')
  })

  it('tells of each key where its value comes from', async () => {
    await managed.call('PUT', '/configs/delayed', { body: { max_delayed_messages: 5 } })
    const of = async (key: string) => (await get(`/configs/keys?key=${key}`)).body[0]
    const queue = await of('mqtt.max_mqueue_len')
    assert.deepEqual([queue.value, queue.origin, queue.default], [77, 'file', 100_000])
    assert.match(queue.place, /^test:\d+/)
    const pinned = await of('mqtt.max_inflight')
    assert.deepEqual([pinned.value, pinned.pinned], [9, true])
    assert.equal(pinned.place, 'environment EMQX_MQTT__MAX_INFLIGHT')
    assert.equal((await of('delayed.max_delayed_messages')).origin, 'api')
    assert.equal((await of('mqtt.upgrade_qos')).origin, 'default')
    assert.equal((await get('/configs/keys?key=none')).status, 404)
  })

  it('changes at once what can be changed at once', async () => {
    const url = `mqtt://127.0.0.1:${managed.broker.port('tcp:default')}`
    const options = { protocolVersion: 5, reconnectPeriod: 0 } as const
    const { body } = await managed.call('PUT', '/configs', { body: 'mqtt.max_qos_allowed = 0' })
    assert.deepEqual(body.changes, [
      { key: 'mqtt.max_qos_allowed', before: 2, after: 0, effect: 'new-connections' },
    ])
    const client = await connectAsync(url, options)
    const [granted] = await client.subscribeAsync('a', { qos: 1 })
    assert.equal(granted?.qos, 0)
    await client.endAsync()
    await managed.call('POST', '/configs_reset/mqtt?conf_path=mqtt.max_qos_allowed')
    assert.equal((await get('/configs/mqtt')).body.max_qos_allowed, 2)
  })

  it('only says what a dry run would change', async () => {
    const plan = { body: 'durability.mode = sync, retainer.enable = false' }
    const { body } = await managed.call('POST', '/configs/plan', plan)
    assert.deepEqual(
      body.changes.map((one: { key: string; effect: string }) => [one.key, one.effect]),
      [
        ['durability.mode', 'restart-node'],
        ['retainer.enable', 'live'],
      ],
    )
    assert.equal(body.waits_for_restart, true)
    assert.equal((await get('/configs/retainer')).body.enable, true)
  })

  it('refuses what is wrong, with every place, and what the environment decides', async () => {
    const body = 'mqtt { max_inflght = 1, max_qos_allowed = 7 }'
    const wrong = await managed.call('PUT', '/configs', { body })
    assert.equal(wrong.status, 400)
    assert.match(wrong.body.message, /max_qos_allowed.*max_inflght|max_inflght.*max_qos_allowed/s)
    const broken = await managed.call('PUT', '/configs', { body: 'mqtt {' })
    assert.equal(broken.status, 400)
    const pinned = await managed.call('PUT', '/configs/mqtt', { body: { max_inflight: 3 } })
    assert.equal(pinned.status, 409)
    assert.match(pinned.body.message, /mqtt\.max_inflight.*EMQX_MQTT__MAX_INFLIGHT/)
    const mqtt = (await get('/configs/mqtt')).body
    const back = await managed.call('PUT', '/configs/mqtt', {
      body: { ...mqtt, upgrade_qos: true },
    })
    assert.deepEqual(
      [back.status, back.body.upgrade_qos],
      [200, true],
      'what was read is no change',
    )
  })

  it('restarts a listener that changes, and gives it back when it cannot run', async () => {
    const listeners = 'listeners.tcp.more'
    const text = (bind: string) => ({ body: `${listeners}.bind = "${bind}"` })
    assert.equal((await managed.call('PUT', '/configs', text('127.0.0.1:0'))).status, 200)
    const port = managed.broker.port('tcp:more')
    const client = await connectAsync(`mqtt://127.0.0.1:${port}`, { reconnectPeriod: 0 })
    await client.endAsync()
    const taken = `127.0.0.1:${managed.broker.port('ws:default')}`
    const refused = await managed.call('PUT', '/configs', text(taken))
    assert.equal(refused.status, 400)
    assert.match(refused.body.message, /tcp:more cannot be started/)
    assert.equal((await get(`/configs/keys?key=${listeners}.bind`)).body[0].value, '127.0.0.1:0')
    assert.ok(managed.broker.port('tcp:more') > 0)
    await managed.call('PUT', '/configs', { body: `${listeners} = null` })
    assert.throws(() => managed.broker.port('tcp:more'))
  })

  it('keeps every version with who made it, and goes back to one', async () => {
    const body = { max_delayed_messages: 11 }
    await managed.call('PUT', '/configs/delayed', { body })
    const { data } = (await get('/configs/history?limit=1')).body
    assert.equal(data[0].source, 'admin')
    assert.equal(data[0].changes[0].key, 'delayed.max_delayed_messages')
    const { version } = data[0]
    await managed.call('PUT', '/configs/delayed', { body: { max_delayed_messages: 12 } })
    const shown = (await get(`/configs/history/${version}`)).body
    assert.deepEqual([shown.rollback.changes[0].before, shown.rollback.changes[0].after], [12, 11])
    const path = `/configs/history/${version}/rollback`
    assert.equal((await managed.call('POST', path)).status, 200)
    assert.equal((await get('/configs/delayed')).body.max_delayed_messages, 11)
    assert.equal((await get('/configs/history/99999')).status, 404)
    const since = (await get('/configs/diff?since=start')).body.changes
    assert.ok(since.some((one: { key: string }) => one.key === 'delayed.max_delayed_messages'))
  })

  it('lets no API key decide who gets in, whichever way it comes', async () => {
    const sso = { backend: 'oidc', enable: false, issuer: 'http://127.0.0.1:9', clientid: 'x' }
    const set = { body: { sso: { oidc: { ...sso, secret: 'y' } } } }
    const { version } = (await get('/configs/history?limit=1')).body.data[0]
    assert.equal((await managed.call('PUT', '/configs/dashboard', set)).status, 200)
    const before = (await get('/configs/dashboard')).body.sso
    for (const scopes of [[], ['configs']]) {
      const body = { name: `key-${scopes.length}`, scopes }
      const key = (await managed.call('POST', '/api_key', { body })).body
      const auth = basic(key.api_key, key.api_secret)
      const tries: readonly (readonly [method: string, path: string, body?: unknown])[] = [
        ['PUT', '/configs', 'dashboard.sso.oidc.issuer = "http://127.0.0.1:8"'],
        ['PUT', '/configs?mode=replace', 'dashboard.cors = true'],
        ['PUT', '/configs/dashboard', { sso: { oidc: { enable: true } } }],
        ['PUT', '/configs', 'api_key.bootstrap_file = "etc/keys"'],
        ['POST', `/configs/history/${version}/rollback`],
      ]
      for (const [method, path, body] of tries) {
        const { status, body: told } = await managed.call(method, path, { body, auth })
        assert.deepEqual([status, told.code], [403, 'UNAUTHORIZED_ROLE'], `${method} ${path}`)
        assert.match(told.message, /API keys may not change (dashboard\.sso|api_key), which/)
      }
      const other = { body: { max_topic_levels: 60 + scopes.length }, auth }
      assert.equal((await managed.call('PUT', '/configs/mqtt', other)).status, 200)
    }
    assert.deepEqual((await get('/configs/dashboard')).body.sso, before)
    const back = await managed.call('PUT', '/configs/dashboard', { body: { sso: { oidc: null } } })
    assert.equal(back.status, 200)
  })

  it('has a JSON schema for forms', async () => {
    const { body } = await managed.call('GET', '/schemas/hotconf?key=mqtt', { auth: '' })
    assert.equal(body.properties.max_qos_allowed['x-hot'], 'new-connections')
    const headers = { 'accept-language': 'zh-CN,zh;q=0.9,en;q=0.8' }
    const chinese = await managed.call('GET', '/schemas/hotconf?key=mqtt', { headers })
    assert.equal(chinese.body.properties.max_inflight.default, 1024)
    assert.match(chinese.body.properties.max_inflight.description, /^发往一个客户端/)
    assert.equal((await get('/schemas/hotconf?key=nothing')).status, 404)
  })
})
