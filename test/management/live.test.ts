/** What the REST API pushes as server-sent events. */
import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import type { LiveSample } from '#management/contract/observe.ts'
import { type ManagedBroker, startManaged } from './support/managed-broker.ts'

describe('the stream of numbers', () => {
  let managed: ManagedBroker
  before(async () => {
    managed = await startManaged()
  })
  after(() => managed.stop())

  async function open(token: string, query = ''): Promise<Response> {
    const url = `http://127.0.0.1:${managed.port}/api/v5/monitor_current/stream${query}`
    return fetch(url, { headers: { authorization: `Bearer ${token}` } })
  }

  it('pushes rates and alarms, once a second for all who listen', async () => {
    const { alarms, live } = managed.management.context
    const first = eventsOf(await open(managed.token))
    const second = eventsOf(await open(managed.token))
    const begin = await next(first)
    assert.equal(begin.current.received_msg_rate, 0)
    assert.deepEqual(begin.alarms, [])
    await next(second)
    assert.equal(live.listenerCount, 2)
    await managed.call('POST', '/publish', { body: { topic: 'a', payload: 'x' } })
    alarms.set('too_warm', true, 'It is warm.', { degrees: 99 })
    const sample = await next(first)
    assert.deepEqual(await next(second), sample)
    assert.ok(sample.current.dropped_msg_rate >= 1)
    assert.equal(sample.alarms_count, 1)
    assert.deepEqual(sample.alarms[0]?.details, { degrees: 99 })
    assert.equal(sample.stats['sessions.count'], 0)
    assert.ok(sample.time_stamp - begin.time_stamp >= 900)
    await first.return(undefined)
    await second.return(undefined)
    while (live.listenerCount > 0) await new Promise((resolve) => setTimeout(resolve, 20))
  })

  it('ends after as many events as were asked for', async () => {
    const response = await open(managed.token, '?count=1')
    assert.equal(response.headers.get('content-type'), 'text/event-stream')
    assert.equal((await response.text()).match(/^data: /gm)?.length, 1)
  })

  it('ends with the login', async () => {
    const body = { username: 'eve', password: 'looking-at-1' }
    await managed.call('POST', '/users', { body: { ...body, role: 'viewer' } })
    const { token } = (await managed.call('POST', '/login', { body })).body
    const events = eventsOf(await open(token))
    await next(events)
    await managed.call('DELETE', '/users/eve')
    assert.equal((await events.next()).done, true)
  })
})

async function* eventsOf(response: Response): AsyncGenerator<LiveSample> {
  assert.equal(response.status, 200)
  assert.ok(response.body)
  let text = ''
  for await (const chunk of response.body.pipeThrough(new TextDecoderStream())) {
    text += chunk
    for (let end = text.indexOf('\n\n'); end !== -1; end = text.indexOf('\n\n')) {
      const event = text.slice(0, end)
      text = text.slice(end + 2)
      if (event.startsWith('data: ')) yield JSON.parse(event.slice(6))
    }
  }
}

async function next(events: AsyncGenerator<LiveSample>): Promise<LiveSample> {
  const { value, done } = await events.next()
  assert.notEqual(done, true)
  return value
}
