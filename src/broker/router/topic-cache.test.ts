import assert from 'node:assert/strict'
import { test } from 'node:test'
import { EntryVersion, TopicEntry } from './topic-entry.ts'
import { TopicCache } from './topic-cache.ts'

const REFS_MAX = 1000

function entryOf(topic: string): TopicEntry {
  return new TopicEntry(topic, Buffer.from(topic))
}

function find(cache: TopicCache, topic: string): TopicEntry | undefined {
  const { bytes, hash } = entryOf(topic)
  const entry = cache.findBytes(Buffer.concat([Buffer.from('x'), bytes]), 1, bytes.length + 1, hash)
  assert.equal(cache.findText(topic, hash), entry)
  return entry
}

test('a topic is found by its bytes and by its text', () => {
  const cache = new TopicCache(10_000, REFS_MAX)
  const entries = Array.from({ length: 5_000 }, (_, i) => entryOf(`Größe/${i}`))
  for (const entry of entries) cache.add(entry)
  for (const entry of entries) assert.equal(find(cache, entry.topic), entry)
  assert.equal(find(cache, 'Größe/5000'), undefined)
  assert.equal(find(cache, 'Größe/'), undefined)
  assert.equal(cache.count, 5_000)
  assert.equal(cache.evictions, 0)
})

test('topics with the same hash are told apart by all their bytes', () => {
  const cache = new TopicCache(100, REFS_MAX)
  const entry = entryOf('a/b')
  cache.add(entry)
  for (const other of ['a/bc', 'a/', 'a/c', '']) {
    const bytes = Buffer.from(other)
    assert.equal(cache.findBytes(bytes, 0, bytes.length, entry.hash), undefined)
    assert.equal(cache.findText(other, entry.hash), undefined)
  }
})

test('random topics never make it larger than its limit and leave topics in use alone', () => {
  const cache = new TopicCache(1_000, REFS_MAX)
  const inUse = Array.from({ length: 200 }, (_, i) => entryOf(`hot/${i}`))
  for (const entry of inUse) cache.add(entry)
  let lost = 0
  for (let i = 0; i < 50_000; i++) {
    cache.add(entryOf(`random/${i}`))
    assert.ok(cache.count <= 1_000)
    if (find(cache, `hot/${i % 200}`) !== undefined) continue
    lost++
    cache.add(entryOf(`hot/${i % 200}`))
  }
  assert.ok(lost < 500, `${lost} of 50000 looks missed`)
  assert.equal(cache.evictions, 50_200 + lost - cache.count)
  assert.ok(cache.entries.length <= 4_096)
})

test('a dropped entry knows that it was dropped', () => {
  const cache = new TopicCache(1, REFS_MAX)
  const [a, b] = [entryOf('a'), entryOf('b')]
  cache.add(a)
  cache.add(b)
  assert.equal(a.version, EntryVersion.UNLISTED)
  assert.equal(b.version, EntryVersion.STALE)
  assert.equal(find(cache, 'a'), undefined)
  assert.equal(find(cache, 'b'), b)
})

test('topics with one and the same hash only crowd out each other', () => {
  const cache = new TopicCache(1_000, REFS_MAX)
  const others = Array.from({ length: 300 }, (_, i) => entryOf(`other/${i}`))
  for (const entry of others) cache.add(entry)
  const hash = 12_345
  for (let i = 0; i < 2_000; i++) cache.add(Object.assign(entryOf(`same/${i}`), { hash }))
  const same = Array.from({ length: 2_000 }, (_, i) => cache.findText(`same/${i}`, hash))
  assert.ok(same.filter((entry) => entry !== undefined).length <= 8)
  const lost = others.filter((entry) => find(cache, entry.topic) === undefined)
  assert.ok(lost.length <= 8, `${lost.length} others were lost`)
})

test('beyond the limit of references other entries lose their routes', () => {
  const cache = new TopicCache(100, 10)
  const [a, b, c] = [entryOf('a'), entryOf('b'), entryOf('c')]
  for (const entry of [a, b, c]) {
    cache.add(entry)
    entry.version = 7
    entry.remoteShards = 3
    cache.charge(entry, 4)
  }
  assert.equal(cache.refs, 8)
  assert.equal(c.version, 7)
  assert.equal([a, b].filter(({ version }) => version === EntryVersion.STALE).length, 1)
  // Whoever is routing a message right now may not have looked at them yet.
  assert.deepEqual([a.remoteShards, b.remoteShards], [3, 3])
  cache.charge(c, 50)
  assert.deepEqual([a.ownedRefs, b.ownedRefs, c.ownedRefs, cache.refs], [0, 0, 50, 50])
})

test('a sweep drops what is outdated and was not asked for since the last', () => {
  const cache = new TopicCache(100, REFS_MAX)
  const [fresh, idle, asked] = [entryOf('fresh'), entryOf('idle'), entryOf('asked')]
  for (const entry of [fresh, idle, asked]) cache.add(entry)
  fresh.version = 3
  find(cache, 'asked')
  cache.sweep(100_000, 3)
  assert.equal(cache.findText('idle', idle.hash), undefined)
  assert.equal(idle.version, EntryVersion.UNLISTED)
  assert.equal(cache.count, 2)
  cache.sweep(100_000, 3)
  assert.deepEqual([cache.count, asked.version], [1, EntryVersion.UNLISTED])
  assert.equal(find(cache, 'fresh'), fresh)
})

test('a full cache takes a topic in when it is met again', () => {
  const cache = new TopicCache(2, REFS_MAX)
  for (const topic of ['a', 'b']) {
    const entry = entryOf(topic)
    assert.equal(cache.admits(entry.hash), true)
    cache.add(entry)
  }
  const { hash } = entryOf('c')
  assert.deepEqual(
    [cache.admits(hash), cache.admits(hash), cache.admits(hash)],
    [false, true, true],
  )
})

test('topics of every length are told apart, up to the last byte', () => {
  const cache = new TopicCache(1_000, REFS_MAX)
  const topics = Array.from({ length: 100 }, (_, n) => 't'.repeat(n + 1))
  for (const topic of topics) cache.add(entryOf(topic))
  for (const topic of topics) {
    const bytes = Buffer.from(`/${topic}/`)
    const { hash } = entryOf(topic)
    assert.equal(cache.findBytes(bytes, 1, bytes.length - 1, hash)?.topic, topic)
    bytes[bytes.length - 2] = 0x75
    assert.equal(cache.findBytes(bytes, 1, bytes.length - 1, hash), undefined)
  }
})
