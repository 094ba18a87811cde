/** Statements that are tested on live messages over the REST API, with real clients. */
import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import type { MqttClient } from 'mqtt'
import { LIVE_TESTS_MAX, type LiveTestEvent } from '#management/contract/rule-tests.ts'
import { until } from '../integrations/support/integration-rig.ts'
import { eventsOf, nextEvent } from './support/event-stream.ts'
import { type ManagedBroker, startManaged } from './support/managed-broker.ts'

type Events = AsyncGenerator<LiveTestEvent>
type Item = LiveTestEvent['items'][number]

describe('a live test of a statement', () => {
  let managed: ManagedBroker
  let device: MqttClient
  before(async () => {
    managed = await startManaged({ shards: 2 })
    device = await managed.connect('device')
  })
  after(async () => {
    await device.endAsync(true)
    await managed.stop()
  })

  function post(body: object, token = managed.token): Promise<Response> {
    return fetch(`http://127.0.0.1:${managed.port}/api/v5/rule_test/live`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body: JSON.stringify({ seconds: 300, ...body }),
    })
  }

  /** A test that runs. */
  async function start(body: object, token?: string): Promise<Events> {
    const events = eventsOf<LiveTestEvent>(await post(body, token))
    assert.deepEqual(await nextEvent(events), { items: [] })
    return events
  }

  const isNoneRunning = (): Promise<void> =>
    until('no test runs', () => managed.management.context.liveTests.count === 0)

  it('shows outputs, why there are none, and failures; it ends with the last record', async () => {
    const sql =
      'SELECT int(payload.t) AS t FROM "ovens/#", "$events/session_subscribed" WHERE t > 80'
    const events = await start({ sql, records: 4 })
    await device.publishAsync('elsewhere', '{"t": 99}', { qos: 1 })
    for (const t of ['99', '3', '"x"']) {
      await device.publishAsync('ovens/1', `{"t": ${t}}`, { qos: 1 })
    }
    await device.subscribeAsync('any')
    await device.publishAsync('ovens/1', '{"t": 100}', { qos: 1 })
    const items: Item[] = []
    let ended: string | undefined
    for await (const event of events) {
      items.push(...event.items)
      ;({ ended } = event)
    }
    assert.equal(ended, 'records')
    assert.deepEqual(
      items.map(({ step }) => step),
      ['output', 'no_result', 'sql_failed', 'sql_failed'],
    )
    const [output, none, failed, subscribed] = items.map(({ fields }) => fields)
    assert.deepEqual(output, {
      event: 'message.publish',
      clientid: 'device',
      topic: 'ovens/1',
      payload: '{"t": 99}',
      output: '{"t":99}',
    })
    assert.equal(none?.['condition'], 't > 80')
    assert.equal(none?.['values'], '{"t":3}')
    assert.match(failed?.['reason'] ?? '', /int takes a number/)
    assert.equal(subscribed?.['event'], 'session.subscribed')
    await isNoneRunning()
  })

  it('has no effect: no rule is there, nothing is counted, stores stay as they were', async () => {
    const put = `SELECT kv_store_put('k', payload) AS done, kv_store_get('k') AS v FROM "put"`
    const events = await start({ sql: put, records: 1 })
    assert.equal((await managed.call('GET', '/rules')).body.meta.count, 0)
    assert.deepEqual(await managed.management.context.node.rules.counters(), {})
    await device.publishAsync('put', 'inside', { qos: 1 })
    assert.equal((await lastOf(events)).fields['output'], '{"done":"inside","v":"inside"}')
    const get = await start({ sql: `SELECT kv_store_get('k') AS v FROM "get"`, records: 1 })
    await device.publishAsync('get', 'x', { qos: 1 })
    assert.doesNotMatch((await lastOf(get)).fields['output'] ?? '', /inside/)
    await isNoneRunning()
  })

  it('ends when its time is up', async () => {
    const events = await start({ sql: 'SELECT * FROM "quiet"', seconds: 1 })
    let last: LiveTestEvent | undefined
    for await (const event of events) last = event
    assert.deepEqual(last, { items: [], ended: 'time' })
    await isNoneRunning()
  })

  it('ends with the login', async () => {
    const user = { username: 'olga', password: 'operates-it-1' }
    await managed.call('POST', '/users', { body: { ...user, role: 'administrator' } })
    const { token } = (await managed.call('POST', '/login', { body: user })).body
    const events = await start({ sql: 'SELECT * FROM "quiet"' }, token)
    await managed.call('POST', '/logout', {
      body: { username: user.username },
      auth: `Bearer ${token}`,
    })
    for await (const { ended } of events) assert.equal(ended, undefined)
    await isNoneRunning()
  })

  it('is one of a few: a further one is refused until somebody goes away', async () => {
    const sql = 'SELECT * FROM "quiet"'
    const running = await Promise.all(Array.from({ length: LIVE_TESTS_MAX }, () => start({ sql })))
    const refused = await post({ sql })
    assert.equal(refused.status, 503)
    assert.match(await refused.text(), /live tests run already/)
    await running.pop()?.return(undefined)
    await until('there is a place', () => {
      return managed.management.context.liveTests.count < LIVE_TESTS_MAX
    })
    running.push(await start({ sql }))
    await Promise.all(running.map((events) => events.return(undefined)))
    await isNoneRunning()
  })

  it('is refused when the statement is wrong', async () => {
    for (const sql of ['SELEC', 'SELECT * FROM "$events/nothing"', 'SELECT * FROM "a/#/b"']) {
      const { status, body } = await managed.call('POST', '/rule_test/live', { body: { sql } })
      assert.equal(status, 400, sql)
      assert.match(body.message, /^body\.sql: /)
    }
  })
})

/** What came of the last record of a test. */
async function lastOf(events: Events): Promise<Item> {
  const items: Item[] = []
  for await (const event of events) items.push(...event.items)
  const last = items.at(-1)
  assert.ok(last)
  return last
}
