/** Subscriptions and filters as the REST API lists them, with real clients. */
import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { type ManagedBroker, startManaged } from './support/managed-broker.ts'

describe('subscriptions', () => {
  let managed: ManagedBroker
  before(async () => {
    managed = await startManaged({ shards: 2 })
  })
  after(() => managed.stop())

  const connect: ManagedBroker['connect'] = (...args) => managed.connect(...args)

  it('lists subscriptions by every condition, and pages through them', async () => {
    const ann = await connect('ann', { clean: false, properties: { sessionExpiryInterval: 1000 } })
    const bob = await connect('bob')
    await ann.subscribeAsync(['subs/a', 'subs/b', '$share/g/subs/c', 'subs/+'])
    await bob.subscribeAsync(['subs/a', 'subs/d'], { qos: 2 })
    const find = async (query: string): Promise<readonly string[]> => {
      const { status, body } = await managed.call('GET', `/subscriptions?${query}`)
      assert.equal(status, 200, JSON.stringify(body))
      return body.data
        .map((one: { clientid: string; topic: string }) => `${one.clientid} ${one.topic}`)
        .toSorted()
    }
    const whole = ['ann $share/g/subs/c', 'ann subs/+', 'ann subs/a', 'ann subs/b']
    assert.deepEqual(await find('clientid=ann'), whole)
    assert.deepEqual(await find('topic=subs%2Fa'), ['ann subs/a', 'bob subs/a'])
    assert.deepEqual(await find('qos=2&match_topic=subs%2Fd'), ['bob subs/d'])
    assert.deepEqual(await find('match_topic=subs%2Fd'), ['ann subs/+', 'bob subs/d'])
    assert.deepEqual(await find('share_group=g'), ['ann $share/g/subs/c'])
    assert.deepEqual(await find('durable=true&clientid=bob'), [])
    const paged: string[] = []
    let cursor = ''
    for (;;) {
      const { body } = await managed.call('GET', `/subscriptions?limit=2${cursor}`)
      paged.push(...body.data.map((one: { topic: string }) => one.topic))
      if (body.meta.hasnext === false) break
      cursor = `&cursor=${body.meta.cursor}`
    }
    const all = await managed.call('GET', '/subscriptions?limit=1000')
    assert.equal(all.body.meta.count, all.body.data.length)
    assert.deepEqual(
      paged.toSorted(),
      all.body.data.map((one: { topic: string }) => one.topic).toSorted(),
    )
    const second = await managed.call('GET', '/subscriptions?limit=4&page=2')
    assert.deepEqual(second.body.data, all.body.data.slice(4, 8))
    const topics = await managed.call('GET', '/topics?limit=1000')
    const names = topics.body.data.map(({ topic }: { topic: string }) => topic)
    assert.ok(names.includes('$share/g/subs/c') && names.includes('subs/+'))
    assert.equal(topics.body.meta.count, names.length)
    const one = await managed.call('GET', `/topics/${encodeURIComponent('subs/d')}`)
    assert.deepEqual(one.body, [{ topic: 'subs/d', node: 'tideway@127.0.0.1' }])
  })

  it('lists who holds topics exclusively, and takes them away', async () => {
    const holder = await connect('holder')
    const other = await connect('other')
    const topics = ['x/1', 'x/2', 'x/3', 'x/4', 'x/5']
    await holder.subscribeAsync([...topics.map((topic) => `$exclusive/${topic}`), 'x/2'])
    const list = async (query: string) => {
      return (await managed.call('GET', `/exclusive_subscriptions?${query}`)).body
    }
    const names = (data: readonly { topic: string }[]) => data.map(({ topic }) => topic)
    const { data, meta } = await list('')
    assert.deepEqual(names(data).toSorted(), topics)
    const { topic } = data[0]
    assert.deepEqual(data[0], { topic, clientid: 'holder', node: 'tideway@127.0.0.1' })
    assert.equal(meta.hasnext, false)
    const first = await list('limit=2')
    const second = await list(`limit=2&cursor=${first.meta.cursor}`)
    const third = await list(`limit=2&cursor=${second.meta.cursor}`)
    const paged = [first, second, third].flatMap((page) => page.data)
    assert.deepEqual([paged, third.meta.hasnext], [data, false])
    assert.deepEqual((await list('limit=2&page=2')).data, second.data)

    const take = async (name: string): Promise<number> => {
      const path = `/exclusive_subscriptions/${encodeURIComponent(name)}`
      return (await managed.call('DELETE', path)).status
    }
    for (const name of topics) assert.deepEqual([await take(name), await take(name)], [204, 404])
    assert.deepEqual((await list('')).data, [])
    await other.subscribeAsync(topics.map((name) => `$exclusive/${name}`))
    assert.equal((await list('')).data[0].clientid, 'other')
    const left = (await managed.call('GET', '/clients/holder/subscriptions')).body
    assert.deepEqual(names(left), ['x/2'])

    const kept = { clean: false, properties: { sessionExpiryInterval: 1000 } }
    const away = await connect('away', kept)
    await away.subscribeAsync('$exclusive/x/away')
    await away.endAsync()
    assert.equal(await take('x/away'), 204)
    await other.subscribeAsync('$exclusive/x/away')
  })

  it('shows topics level by level, with what was met, subscribed to and retained', async () => {
    const eve = await connect('eve')
    await eve.subscribeAsync(['tree/+/x', 'tree/a', '$share/g/tree/b/#'])
    await eve.publishAsync('tree/a/one', 'x', { retain: true, qos: 1 })
    await eve.publishAsync('tree/a', 'x', { retain: true, qos: 1 })
    await eve.publishAsync('tree/ü', 'x', { qos: 1 })
    await eve.publishAsync('tree//deep', 'x', { retain: true, qos: 1 })
    const levels = async (query: string) => {
      const { status, body } = await managed.call('GET', `/topic_levels?${query}`)
      assert.equal(status, 200, JSON.stringify(body))
      return body
    }
    const below = await levels('parent=tree')
    assert.deepEqual(
      below.data.map((level: { name: string }) => level.name),
      ['', '+', 'a', 'b', 'ü'],
    )
    const [empty, plus, a, b, last] = below.data
    assert.deepEqual([empty.topic, empty.deeper, empty.retained], ['tree/', true, false])
    assert.deepEqual([plus.filters, plus.deeper, plus.topics], [1, true, 0])
    assert.deepEqual(a, {
      name: 'a',
      topic: 'tree/a',
      topics: 2,
      filters: 1,
      met: true,
      retained: true,
      deeper: true,
    })
    assert.deepEqual([b.filters, b.met], [1, false])
    assert.deepEqual([last.met, last.deeper, last.filters], [true, false, 0])
    const first = await levels('parent=tree&limit=2')
    assert.deepEqual([first.data.length, first.meta.hasnext], [2, true])
    const rest = await levels('parent=tree&limit=9&after=%2B')
    assert.deepEqual([rest.data.length, rest.meta.hasnext], [3, false])
    assert.deepEqual((await levels('parent=tree%2F')).data[0].topic, 'tree//deep')
  })
})
