import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { matchesFilter } from '#broker/topics/filter-match.ts'
import { MemoryDisk } from '#storage/memory/memory-store.ts'
import { drain, Retainer } from './retainer.ts'

/** Levels around the bytes that the order of keys turns on, and long ones that share a start. */
const LONG = 'l'.repeat(700)
const LEVELS = [
  '',
  'a',
  'b',
  'a\u0001',
  '!',
  ' ',
  '\u0001',
  '~',
  '$x',
  'é',
  '日本',
  '\u{10000}',
  '\uffff',
]
const LONG_LEVELS = [LONG, `${LONG}a`, `${LONG}b`, `${LONG}${LONG}`, `${LONG}${LONG}é`]

function topicsOf(levels: readonly string[]): fc.Arbitrary<string> {
  return fc
    .array(fc.constantFrom(...levels), { minLength: 1, maxLength: 5 })
    .map((parts) => parts.join('/'))
    .filter((topic) => topic !== '')
}

function filtersOf(levels: readonly string[]): fc.Arbitrary<string> {
  return fc
    .tuple(topicsOf([...levels, '+', '+', '+']), fc.boolean())
    .map(([filter, below]) => (below ? `${filter}/#` : filter))
}

function bytesOf(topics: readonly string[]): string[] {
  return [...topics].sort((a, b) => Buffer.compare(orderBytes(a), orderBytes(b)))
}

function orderBytes(topic: string): Buffer {
  return Buffer.from(topic.replaceAll('/', '\0'))
}

function checkMatches(levels: readonly string[], ordered: boolean): void {
  const filters = fc.array(fc.oneof(filtersOf(levels), fc.constant('#')), {
    minLength: 5,
    maxLength: 5,
  })
  const topics = fc.uniqueArray(topicsOf(levels), { maxLength: 60 })
  fc.assert(
    fc.property(topics, filters, fc.integer({ min: 1, max: 7 }), (kept, asked, limit) => {
      const retainer = new Retainer({ store: new MemoryDisk().open({ automatic: true }) })
      for (const topic of kept) assert.equal(retainer.set(topic), 'stored')
      for (const filter of asked) {
        const expected = bytesOf(kept.filter((topic) => matchesFilter(filter, topic)))
        const found = retainer.topics(filter, limit)
        assert.deepEqual(ordered ? found : bytesOf(found), expected, filter)
      }
      assert.deepEqual(bytesOf(retainer.topics(undefined)), bytesOf(kept))
    }),
    { numRuns: 150 },
  )
}

test('a filter finds what comparing it with every topic finds, in the order of topics', () => {
  checkMatches(LEVELS, true)
})

test('the same with topics too long for a key, in any order', () => {
  checkMatches([...LEVELS.slice(0, 4), ...LONG_LEVELS], false)
})

test('what stays is given once, whatever changes between the steps', () => {
  const change = fc.record({ topic: topicsOf(LEVELS), remove: fc.boolean() })
  const changes = fc.array(fc.array(change, { maxLength: 4 }), { minLength: 10, maxLength: 10 })
  const topics = fc.uniqueArray(topicsOf(LEVELS), { maxLength: 40 })
  fc.assert(
    fc.property(topics, filtersOf(LEVELS), changes, (kept, filter, rounds) => {
      const retainer = new Retainer({ store: new MemoryDisk().open({ automatic: true }) })
      for (const topic of kept) retainer.set(topic)
      const touched = new Set<string>()
      const given: string[] = []
      const cursor = retainer.retained.open(filter)
      for (const round of rounds) {
        cursor.next(2, (message) => {
          assert.ok(retainer.retained.get(message.topic.topic) !== undefined)
          given.push(message.topic.topic)
          return true
        })
        for (const { topic, remove } of round) {
          touched.add(topic)
          if (remove) retainer.retained.remove(topic)
          else retainer.set(topic)
        }
      }
      given.push(...drain(cursor, 100))
      assert.equal(new Set(given).size, given.length)
      for (const topic of given) assert.ok(matchesFilter(filter, topic))
      for (const topic of kept) {
        if (!touched.has(topic) && matchesFilter(filter, topic)) assert.ok(given.includes(topic))
      }
    }),
    { numRuns: 150 },
  )
})

test('a step looks at a bounded number of keys and of ms, and goes on where it stopped', () => {
  const retainer = new Retainer({ store: new MemoryDisk().open({ automatic: true }) })
  for (let device = 0; device < 15_000; device++) retainer.set(`d/${device}/other`)
  retainer.set('d/9999999/x')
  const cursor = retainer.retained.open('d/+/x')
  let found = 0
  let steps = 1
  while (cursor.next(10, () => ++found > 0)) steps++
  assert.equal(found, 1)
  assert.ok(steps >= 2, `${steps} steps`)
  retainer.clock.stepMs = 1
  const slow = retainer.retained.open('d/+/x')
  slow.next(10, () => true)
  assert.ok(slow.examined <= 64, `${slow.examined} keys in a step with a slow clock`)
})

test('a wildcard walk skips what cannot match', () => {
  const retainer = new Retainer({ store: new MemoryDisk().open({ automatic: true }) })
  for (let room = 0; room < 100; room++) {
    for (let device = 0; device < 100; device++) retainer.set(`room${room}/dev${device}/on`)
    retainer.set(`room${room}/state`)
  }
  const cursor = retainer.retained.open('+/state')
  assert.equal(drain(cursor, 1_000).length, 100)
  assert.ok(cursor.examined < 1_200, `${cursor.examined} of 10100 keys`)
  const none = retainer.retained.open('+/zone/+/x')
  assert.equal(drain(none, 1_000).length, 0)
  assert.ok(none.examined < 1_200, `${none.examined} of 10100 keys`)
})

test('pages skip and go on by position', () => {
  const retainer = new Retainer({ store: new MemoryDisk().open({ automatic: true }) })
  for (const topic of ['a/1', 'a/2', 'a/3', 'a/4', '$a/5']) retainer.set(topic)
  assert.deepEqual(drain(retainer.retained.open('a/+', { skip: 2 }), 10), ['a/3', 'a/4'])
  assert.deepEqual(drain(retainer.retained.open('a/1', { skip: 1 }), 10), [])
  const first = retainer.retained.open(undefined)
  first.next(2, () => true)
  const second = retainer.retained.open(undefined, { position: first.position })
  assert.deepEqual(drain(second, 10), ['a/2', 'a/3', 'a/4'])
})

test('a visitor that has had enough ends the step behind its message', () => {
  const retainer = new Retainer({ store: new MemoryDisk().open({ automatic: true }) })
  for (const topic of ['a', 'b', 'c']) retainer.set(topic)
  const cursor = retainer.retained.open('#')
  const given: string[] = []
  const more = cursor.next(10, (message) => {
    given.push(message.topic.topic)
    return false
  })
  assert.ok(more)
  assert.deepEqual([...given, ...drain(cursor, 10)], ['a', 'b', 'c'])
})
