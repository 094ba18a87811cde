/** Clients as the REST API shows and commands them, with real MQTT clients. */
import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { type ManagedBroker, startManaged } from './support/managed-broker.ts'

describe('clients', () => {
  let managed: ManagedBroker
  before(async () => {
    managed = await startManaged({ shards: 2 })
  })
  after(() => managed.stop())

  const connect: ManagedBroker['connect'] = (...args) => managed.connect(...args)

  it('shows what a client is like', async () => {
    await connect('one', { username: 'ann', keepalive: 30, properties: { receiveMaximum: 7 } })
    const { status, body } = await managed.call('GET', '/clients/one')
    assert.equal(status, 200)
    assert.equal(body.clientid, 'one')
    assert.equal(body.username, 'ann')
    assert.equal(body.node, 'tideway@127.0.0.1')
    assert.equal(body.connected, true)
    assert.equal(body.proto_name, 'MQTT')
    assert.equal(body.proto_ver, 5)
    assert.equal(body.keepalive, 30)
    assert.equal(body.ip_address, '127.0.0.1')
    assert.equal(body.clean_start, true)
    assert.equal(body.inflight_max, 7)
    assert.equal(body.listener, 'tcp:default')
    assert.ok(Math.abs(Date.parse(body.connected_at) - Date.now()) < 10_000)
    const unknown = await managed.call('GET', '/clients/none')
    assert.equal(unknown.status, 404)
    assert.equal(unknown.body.code, 'CLIENTID_NOT_FOUND')
  })

  it('counts what came from a client and went to it', async () => {
    const client = await connect('counted', { properties: { maximumPacketSize: 100 } })
    await client.subscribeAsync('counted/#', { qos: 1 })
    const arrived = new Promise((resolve) => client.once('message', resolve))
    await client.publishAsync('counted/1', 'x', { qos: 1 })
    await arrived
    const { body } = await managed.call('GET', '/clients/counted')
    const { recv_msg: came, send_msg: went, 'recv_msg.qos1': came1, 'send_msg.qos1': went1 } = body
    assert.deepEqual([came, went, came1, went1], [1, 1, 1, 1])
    // CONNACK, SUBACK, PUBACK and PUBLISH.
    assert.deepEqual([body.send_pkt, body['send_msg.dropped']], [4, 0])
    assert.ok(body.recv_pkt >= 3 && body.recv_cnt >= 3 && body.send_cnt >= 3)
    await client.publishAsync('counted/1', 'x'.repeat(100), { qos: 1 })
    await client.publishAsync('counted/2', 'x')
    await client.publishAsync('other', 'x', { qos: 2 })
    const later = (await managed.call('GET', '/clients/counted')).body
    const lost = [later['send_msg.dropped'], later['send_msg.dropped.too_large']]
    assert.deepEqual([later['send_msg.qos0'], later['recv_msg.qos2'], ...lost], [1, 1, 1, 1])
    assert.ok(body.recv_oct > 'counted/1'.length && body.send_oct > 'counted/1'.length)
  })

  it('finds clients by every condition', async () => {
    await connect('filter-a', { username: 'fu', protocolVersion: 4 })
    const gone = await connect('filter-b', {
      username: 'bar',
      clean: false,
      properties: { sessionExpiryInterval: 100 },
    })
    await gone.endAsync()
    const find = async (query: string): Promise<string[]> => {
      const { status, body } = await managed.call('GET', `/clients?like_clientid=filter-&${query}`)
      assert.equal(status, 200, JSON.stringify(body))
      return body.data.map(({ clientid }: { clientid: string }) => clientid).toSorted()
    }
    assert.deepEqual(await find(''), ['filter-a', 'filter-b'])
    assert.deepEqual(await find('username=fu'), ['filter-a'])
    assert.deepEqual(await find('username=fu&username=bar'), ['filter-a', 'filter-b'])
    assert.deepEqual(await find('like_username=a'), ['filter-b'])
    assert.deepEqual(await find('conn_state=connected'), ['filter-a'])
    assert.deepEqual(await find('conn_state=disconnected'), ['filter-b'])
    assert.deepEqual(await find('conn_state=idle'), [])
    assert.deepEqual(await find('proto_ver=4'), ['filter-a'])
    assert.deepEqual(await find('clean_start=false'), ['filter-b'])
    assert.deepEqual(await find('ip_address=127.0.0.1'), ['filter-a', 'filter-b'])
    assert.deepEqual(await find('ip_address=127.0.0.2'), [])
    assert.deepEqual(await find('clientid=filter-a&clientid=none'), ['filter-a'])
    assert.deepEqual(await find('gte_created_at=2020-01-01T00:00:00Z'), ['filter-a', 'filter-b'])
    assert.deepEqual(await find(`gte_connected_at=${Date.now() + 60_000}`), [])
    assert.deepEqual(await find(`lte_created_at=${Date.now() + 60_000}`), ['filter-a', 'filter-b'])
    assert.deepEqual(await find('node=other@host'), [])
    const offline = await managed.call('GET', '/clients/filter-b')
    assert.equal(offline.body.connected, false)
    assert.equal(offline.body.expiry_interval, 100)
    assert.equal(offline.body.ip_address, '127.0.0.1')
    assert.ok(Date.parse(offline.body.disconnected_at) > 0)
  })

  it('pages through the list by number and by cursor, each client once', async () => {
    for (let index = 0; index < 11; index++) await connect(`page-${index}`)
    const all = Array.from({ length: 11 }, (_, index) => `page-${index}`).toSorted()
    const byPage: string[] = []
    for (let page = 1; page <= 4; page++) {
      const path = `/clients?like_clientid=page-&limit=3&page=${page}`
      const { body } = await managed.call('GET', path)
      byPage.push(...body.data.map(({ clientid }: { clientid: string }) => clientid))
      assert.equal(body.meta.page, page)
      assert.equal(body.meta.limit, 3)
      assert.equal(body.meta.hasnext, page < 4)
    }
    assert.deepEqual(byPage.toSorted(), all)
    const byCursor: string[] = []
    let cursor = ''
    for (;;) {
      const path = `/clients_v2?like_clientid=page-&limit=4&cursor=${cursor}`
      const { body } = await managed.call('GET', path)
      byCursor.push(...body.data.map(({ clientid }: { clientid: string }) => clientid))
      if (body.meta.hasnext === false) break
      cursor = body.meta.cursor
    }
    assert.deepEqual(byCursor.toSorted(), all)
    const whole = await managed.call('GET', '/clients?limit=1')
    assert.ok(whole.body.meta.count >= 11)
    const wrong = await managed.call('GET', '/clients?cursor=none')
    assert.equal(wrong.status, 400)
    assert.match(wrong.body.message, /query\.cursor/)
  })

  it('sorts over all shards, page by page', async () => {
    for (let index = 0; index < 9; index++) {
      const client = await connect(`sort-${index}`, { username: `u${index % 3}` })
      for (let filter = 0; filter < index; filter++) await client.subscribeAsync(`sort/${filter}`)
    }
    const ids = async (query: string): Promise<readonly string[]> => {
      const { status, body } = await managed.call('GET', `/clients?like_clientid=sort-&${query}`)
      assert.equal(status, 200, JSON.stringify(body))
      assert.equal(body.meta.count, 9)
      return body.data.map(({ clientid }: { clientid: string }) => clientid.slice(5))
    }
    assert.deepEqual(await ids('sort_by=clientid&limit=4&page=2'), ['4', '5', '6', '7'])
    const most = await ids('sort_by=subscriptions_cnt&sort_order=desc&limit=3')
    assert.deepEqual(most, ['8', '7', '6'])
    const byUser = await ids('sort_by=username&limit=100')
    assert.deepEqual(byUser, ['0', '3', '6', '1', '4', '7', '2', '5', '8'])
    assert.deepEqual((await ids('sort_by=connected_at&limit=2')).length, 2)
    const deep = await managed.call('GET', '/clients?sort_by=clientid&limit=1000&page=11')
    assert.equal(deep.status, 400)
    assert.match(deep.body.message, /query\.page/)
  })

  it('shows only the fields that are asked for', async () => {
    const { body } = await managed.call('GET', '/clients?clientid=one&fields=clientid,username')
    assert.deepEqual(body.data, [{ clientid: 'one', username: 'ann' }])
    const wrong = await managed.call('GET', '/clients?fields=colour')
    assert.equal(wrong.status, 400)
    assert.match(wrong.body.message, /query\.fields names colour/)
  })

  it('kicks a client out, with its session', async () => {
    const kept = { clean: false, properties: { sessionExpiryInterval: 100 } }
    const client = await connect('kicked', kept)
    const reason = new Promise<number | undefined>((resolve) => {
      client.on('disconnect', (packet) => resolve(packet.reasonCode))
    })
    assert.equal((await managed.call('DELETE', '/clients/kicked')).status, 204)
    assert.equal(await reason, 0x98)
    assert.equal((await managed.call('GET', '/clients/kicked')).status, 404)
    assert.equal((await managed.call('DELETE', '/clients/kicked')).status, 404)
    await connect('bulk-1')
    await connect('bulk-2')
    const body = ['bulk-1', 'none', 'bulk-2']
    assert.equal((await managed.call('POST', '/clients/kickout/bulk', { body })).status, 204)
    const left = await managed.call('GET', '/clients?like_clientid=bulk-')
    assert.deepEqual(left.body.data, [])
  })

  it('subscribes and unsubscribes for a client', async () => {
    const client = await connect('served')
    const wanted = { topic: 'orders/#', qos: 1, nl: 1 }
    const made = await managed.call('POST', '/clients/served/subscribe', { body: wanted })
    assert.equal(made.status, 200)
    assert.deepEqual(made.body, {
      clientid: 'served',
      node: 'tideway@127.0.0.1',
      topic: 'orders/#',
      qos: 1,
      nl: 1,
      rap: 0,
      rh: 0,
      durable: false,
    })
    const came = new Promise<string>((resolve) => client.on('message', (topic) => resolve(topic)))
    const message = { topic: 'orders/7', payload: 'x', qos: 1 }
    assert.equal((await managed.call('POST', '/publish', { body: message })).status, 200)
    assert.equal(await came, 'orders/7')
    const list = await managed.call('GET', '/clients/served/subscriptions')
    assert.equal(list.body.length, 1)
    const bulk = [{ topic: 'a' }, { topic: '$share/g/b', qos: 2 }]
    const both = await managed.call('POST', '/clients/served/subscribe/bulk', { body: bulk })
    assert.equal(both.body.length, 2)
    const off = [{ topic: 'a' }, { topic: '$share/g/b' }, { topic: 'orders/#' }]
    const none = await managed.call('POST', '/clients/served/unsubscribe/bulk', { body: off })
    assert.equal(none.status, 204)
    assert.deepEqual((await managed.call('GET', '/clients/served/subscriptions')).body, [])
    const wrong = await managed.call('POST', '/clients/served/subscribe', { body: { topic: 'a#' } })
    assert.equal(wrong.status, 400)
    assert.equal(wrong.body.code, 'BAD_TOPIC')
    const gone = await managed.call('POST', '/clients/none/subscribe', { body: { topic: 'a' } })
    assert.equal(gone.status, 404)
  })
})
