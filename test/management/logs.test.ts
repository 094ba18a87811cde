/** The log of the node over the REST API. */
import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import type { LogEvent } from '#management/contract/logs.ts'
import { until } from '../integrations/support/integration-rig.ts'
import { eventsOf, nextEvent } from './support/event-stream.ts'
import { type ManagedBroker, startManaged } from './support/managed-broker.ts'

describe('the log', () => {
  let managed: ManagedBroker
  before(async () => {
    managed = await startManaged({ threads: 'inline' })
  })
  after(() => managed.stop())

  async function open(query: string): Promise<Response> {
    const url = `http://127.0.0.1:${managed.port}/api/v5/logs/stream${query}`
    return fetch(url, { headers: { authorization: `Bearer ${managed.token}` } })
  }

  it('is read page by page, chosen by level and text, secrets hidden', async () => {
    const { broker, call } = managed
    broker.log.info('pump_started', { pump: 'p1' })
    broker.log.warn('pump_slow', { pump: 'p1', password: 'hunter2' })
    broker.log.error('pump_stopped', { pump: 'p2' })
    const { body } = await call('GET', '/logs?text=pump:%20p&limit=2')
    assert.deepEqual(
      body.data.map(({ message }: { message: string }) => message),
      ['pump_stopped', 'pump_slow'],
    )
    assert.deepEqual(body.data[1].fields, { pump: 'p1', password: '******' })
    assert.deepEqual(body.meta, { hasnext: true, level: 'debug' })
    const next = await call('GET', `/logs?text=pump:%20p&before=${body.data[1].id}`)
    assert.equal(next.body.data.length, 1)
    assert.equal(next.body.data[0].level, 'info')
    const errors = await call('GET', '/logs?level=error&text=pump_')
    assert.equal(errors.body.data.length, 1)
    assert.equal((await call('GET', '/logs?level=loud')).status, 400)
  })

  it('is followed: what was, then what comes', async () => {
    const { broker, management } = managed
    broker.log.warn('tank_full', { tank: 't1' })
    const events = eventsOf<LogEvent>(await open('?text=tank_'))
    const first = await nextEvent(events)
    assert.equal(first.is_first, true)
    assert.deepEqual(
      first.lines.map(({ message }) => message),
      ['tank_full'],
    )
    broker.log.info('other')
    broker.log.warn('tank_empty')
    for (;;) {
      const { lines, missed } = await nextEvent(events)
      assert.equal(missed, 0)
      if (lines.length === 0) continue
      assert.equal(lines[0]?.message, 'tank_empty')
      break
    }
    await events.return(undefined)
    await until('nobody listens', () => {
      broker.log.info('something')
      return management.context.logs.listenerCount === 0
    })
  })

  it('is for administrators only', async () => {
    const user = { username: 'vera', password: 'looks-only-1' }
    await managed.call('POST', '/users', { body: { ...user, role: 'viewer' } })
    const { token } = (await managed.call('POST', '/login', { body: user })).body
    const { status } = await managed.call('GET', '/logs', { auth: `Bearer ${token}` })
    assert.equal(status, 403)
  })
})
