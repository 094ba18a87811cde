/** Traces over the REST API, with real clients. */
import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { inflateRawSync } from 'node:zlib'
import { type ManagedBroker, startManaged } from './support/managed-broker.ts'

describe('a trace', () => {
  let managed: ManagedBroker
  before(async () => {
    managed = await startManaged({
      shards: 2,
      config: `rule_engine.rules.copy { sql = "SELECT topic FROM 'traced/r'", actions = [] }`,
    })
  })
  after(() => managed.stop())

  async function trace(name: string, body: Readonly<Record<string, unknown>>): Promise<void> {
    const reply = await managed.call('POST', '/trace', { body: { name, ...body } })
    assert.equal(reply.status, 200, JSON.stringify(reply.body))
    assert.equal(reply.body.status, 'running')
  }

  async function linesOf(name: string): Promise<readonly string[]> {
    const { body } = await managed.call('GET', `/trace/${name}/log?bytes=100000`)
    assert.equal(body.meta.hint, 'eof')
    return body.items.trimEnd().split('\n')
  }

  it('of a client notes all it does, from its connection to its end', async () => {
    await trace('client', { type: 'clientid', clientid: 'watched' })
    const client = await managed.connect('watched', { username: 'ann' })
    const other = await managed.connect('other')
    await client.subscribeAsync('traced/#', { qos: 1 })
    await other.publishAsync('traced/a', 'hello', { qos: 1 })
    await other.publishAsync('elsewhere', 'x', { qos: 1 })
    await client.publishAsync('nobody', 'there', { qos: 1 })
    await client.endAsync()
    await other.endAsync()
    const lines = await linesOf('client')
    const events = lines.map((line) => /msg: (\w+)/.exec(line)?.[1])
    for (const event of [
      'authentication_result',
      'connack_sent',
      'client_connected',
      'session_subscribed',
      'message_delivered',
      'message_acked',
      'publish_to',
      'message_dropped',
      'client_disconnected',
    ]) {
      assert.ok(events.includes(event), `${event} in ${lines.join('\n')}`)
    }
    const delivered = lines.find((line) => line.includes('message_delivered')) ?? ''
    const begin = /^\d{4}-\S+ \[debug\] tag: DELIVER, clientid: watched, msg: message_delivered, /
    assert.match(delivered, begin)
    assert.match(delivered, /peername: 127.*username: ann, topic: traced\/a, .*payload: hello$/)
    const allowed = lines.find((line) => line.includes('authorization_result')) ?? ''
    assert.match(allowed, /topic: traced\/#, action: subscribe, result: allow, source: \w+/)
    assert.ok(!lines.some((line) => line.includes('elsewhere')))
  })

  it('of a topic or a rule notes what concerns it, as JSON and with payloads in hex', async () => {
    const json = { formatter: 'json', payload_encode: 'hex' }
    await trace('topic', { type: 'topic', topic: 'traced/+', ...json })
    await trace('rule', { type: 'ruleid', ruleid: 'copy', formatter: 'json' })
    await trace('place', { type: 'ip_address', ip_address: '127.0.0.1' })
    const client = await managed.connect('rules')
    await client.publishAsync('traced/r', Buffer.from([1, 2, 255]), { qos: 1 })
    await client.publishAsync('other/r', 'x', { qos: 1 })
    const published = (await linesOf('topic')).map((line) => JSON.parse(line))
    const [first] = published.filter(({ msg }) => msg === 'publish_to')
    assert.equal(first.payload, '0102ff')
    assert.equal(first.clientid, 'rules')
    assert.ok(published.every(({ topic }) => topic === 'traced/r'))
    const ran = (await linesOf('rule')).map((line) => JSON.parse(line))
    const output = ran.find(({ msg }) => msg === 'output')
    assert.deepEqual([output.rule_id, output.output], ['copy', '{"topic":"traced/r"}'])
    assert.ok((await linesOf('place')).length > published.length)
    await client.endAsync()
  })

  it('is read on from where one was, stopped, downloaded and removed', async () => {
    await trace('paged', { type: 'clientid', clientid: 'p' })
    const client = await managed.connect('p')
    for (let index = 0; index < 20; index++) await client.publishAsync('a/b', `${index}`)
    await client.endAsync()
    let text = ''
    for (let position = 0; ;) {
      const { body } = await managed.call('GET', `/trace/paged/log?position=${position}`)
      assert.ok(body.items.endsWith('\n'))
      text += body.items
      position = body.meta.position
      if (body.meta.hint === 'eof') break
    }
    const stopped = await managed.call('PUT', '/trace/paged/stop')
    assert.equal(stopped.body.status, 'stopped')
    assert.equal(stopped.body.log_size['tideway@127.0.0.1'], Buffer.byteLength(text))
    await (await managed.connect('p')).endAsync()
    const detail = (await managed.call('GET', '/trace/paged/log_detail')).body
    assert.equal(detail[0].size, Buffer.byteLength(text))
    const url = `http://127.0.0.1:${managed.port}/api/v5/trace/paged/download`
    const response = await fetch(url, { headers: { authorization: `Bearer ${managed.token}` } })
    assert.equal(response.headers.get('content-type'), 'application/zip')
    const archive = Buffer.from(await response.arrayBuffer())
    const begin = 30 + archive.readUInt16LE(26)
    const content = inflateRawSync(archive.subarray(begin, begin + archive.readUInt32LE(18)))
    assert.equal(content.toString(), text)
    assert.equal((await managed.call('DELETE', '/trace/paged')).status, 204)
    assert.equal((await managed.call('DELETE', '/trace/paged')).status, 404)
  })

  it('leaves the broker alone once none runs, and refuses what it cannot do', async () => {
    assert.equal((await managed.call('DELETE', '/trace')).status, 204)
    assert.deepEqual((await managed.call('GET', '/trace')).body, [])
    const post = async (body: object) => (await managed.call('POST', '/trace', { body })).status
    assert.equal(await post({ name: 'x', type: 'topic' }), 400)
    assert.equal(await post({ name: '1x', type: 'clientid', clientid: 'c' }), 400)
    const long = { type: 'clientid', clientid: 'c' }
    assert.equal(await post({ name: 'x'.repeat(241), ...long }), 400)
    assert.equal(await post({ name: 'x'.repeat(240), ...long }), 200)
    assert.equal((await managed.call('DELETE', `/trace/${'x'.repeat(240)}`)).status, 204)
    assert.equal(await post({ name: 'x', type: 'ip_address', ip_address: '1.2.3' }), 400)
    assert.equal(await post({ name: 'x', type: 'topic', topic: 'a/#/b' }), 400)
    assert.equal(await post({ name: 'x', type: 'topic', topic: 'a', end_at: 1000 }), 400)
    const later = { start_at: new Date(Date.now() + 60_000).toISOString() }
    const body = { name: 'later', type: 'topic', topic: 'a', ...later }
    assert.equal((await managed.call('POST', '/trace', { body })).body.status, 'waiting')
    assert.equal(await post({ name: 'later', type: 'topic', topic: 'b' }), 409)
    assert.equal(await post({ name: 'same', type: 'topic', topic: 'a' }), 409)
    for (let index = 0; index < 29; index++) {
      assert.equal(await post({ name: `t${index}`, type: 'topic', topic: `${index}` }), 200)
    }
    assert.equal(await post({ name: 'more', type: 'topic', topic: 'more' }), 400)
  })
})
