/** Bans over the REST API, with real clients. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { connectAsync } from 'mqtt'
import { startManaged } from './support/managed-broker.ts'

test('a ban closes who is connected, lets nobody in, and is lifted', async (t) => {
  const managed = await startManaged({ shards: 2 })
  t.after(() => managed.stop())
  const url = `mqtt://127.0.0.1:${managed.broker.port('tcp:default')}`
  const options = { clientId: 'bad', reconnectPeriod: 0, protocolVersion: 5 } as const
  const client = await connectAsync(url, options)
  const closed = new Promise((resolve) => client.on('close', () => resolve(undefined)))
  client.on('error', () => {})
  const body = { as: 'clientid', who: 'bad', reason: 'floods' }
  const made = await managed.call('POST', '/banned', { body })
  assert.equal(made.status, 200, JSON.stringify(made.body))
  assert.deepEqual([made.body.by, made.body.until, made.body.data.length], ['admin', 'infinity', 1])
  await closed
  await assert.rejects(connectAsync(url, options), /Banned/i)
  const again = await managed.call('POST', '/banned', { body })
  assert.deepEqual([again.status, again.body.code], [400, 'ALREADY_EXISTS'])
  const network = { as: 'peerhost_net', who: '10.0.0.0/8', until: '2099-01-01T00:00:00Z' }
  assert.equal((await managed.call('POST', '/banned', { body: network })).status, 200)
  const pattern = { as: 'clientid_re', who: '(' }
  const wrong = await managed.call('POST', '/banned', { body: pattern })
  assert.equal(wrong.status, 400)
  assert.match(wrong.body.message, /body\.who/)
  const find = async (query: string): Promise<readonly string[]> => {
    const { data } = (await managed.call('GET', `/banned?${query}`)).body
    return data.map(({ who }: { who: string }) => who)
  }
  assert.deepEqual((await find('')).toSorted(), ['10.0.0.0/8', 'bad'])
  assert.deepEqual(await find('clientid=bad'), ['bad'])
  assert.deepEqual(await find('like_clientid=x'), [])
  assert.deepEqual(await find('like_peerhost_net=10.'), ['10.0.0.0/8'])
  assert.equal((await managed.call('DELETE', '/banned/clientid/bad')).status, 204)
  assert.equal((await managed.call('DELETE', '/banned/clientid/bad')).status, 404)
  await (await connectAsync(url, options)).endAsync()
  assert.equal((await managed.call('DELETE', '/banned')).status, 204)
  assert.deepEqual(await find(''), [])
})
