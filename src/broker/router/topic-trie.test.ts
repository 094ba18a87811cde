import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { TopicTrie } from './topic-trie.ts'
import type { FilterRoute } from './filter-route.ts'

function trieOf(...filters: readonly string[]): TopicTrie {
  const trie = new TopicTrie()
  for (const filter of filters) trie.obtain(filter)
  return trie
}

function matching(trie: TopicTrie, topic: string): readonly string[] {
  const routes: FilterRoute[] = []
  trie.match(topic, routes)
  return routes.map(({ filter }) => filter).sort()
}

function assertMatches(filter: string, yes: readonly string[], no: readonly string[]): void {
  const trie = trieOf(filter)
  for (const topic of yes) assert.deepEqual(matching(trie, topic), [filter], `${filter}: ${topic}`)
  for (const topic of no) assert.deepEqual(matching(trie, topic), [], `${filter}: not ${topic}`)
}

test('# matches its parent and everything below it [MQTT-4.7.1-1]', () => {
  const below = ['sport/tennis', 'sport/tennis/player1', 'sport/tennis/player1/ranking/x']
  assertMatches('sport/tennis/#', [...below, 'sport/tennis/'], ['sport', 'sport/tenni', '/sport'])
  assertMatches('#', ['a', '/', '/a', 'a/b/c', 'a//'], [])
  assertMatches('/#', ['/', '/a', '//', '/a/b', ''], ['a', 'a/'])
})

test('+ matches exactly one level at any place, also an empty one [MQTT-4.7.1-2]', () => {
  assertMatches('sport/+', ['sport/', 'sport/a'], ['sport', 'sport/a/b', '/sport/a'])
  assertMatches('+/tennis/#', ['/tennis', 'a/tennis', 'a/tennis/b'], ['tennis', 'a/b/tennis'])
  assertMatches('+', ['a', 'finance'], ['/finance', 'a/b', 'a/', '/'])
  assertMatches('+/+', ['/finance', '/', 'a/b'], ['a', 'a/b/c'])
  assertMatches('/+', ['/finance', '/'], ['finance', '/a/b'])
  assertMatches('a/+/c', ['a/b/c', 'a//c'], ['a/c', 'a/b/b/c', 'a/b/c/'])
})

test('wildcards in front do not match topics that begin with $ [MQTT-4.7.2-1]', () => {
  assertMatches('#', ['a$', 'a/$b'], ['$SYS', '$SYS/a', '$'])
  assertMatches('+/#', ['a', 'a/$b'], ['$SYS', '$SYS/a'])
  assertMatches('+/a', ['b/a'], ['$SYS/a'])
  assertMatches('$SYS/#', ['$SYS', '$SYS/a/b'], ['SYS', '$SY', 'a/$SYS'])
  assertMatches('$SYS/+/b', ['$SYS/a/b', '$SYS/$a/b'], ['$SYS/b'])
})

test('levels are compared as they are, without normalisation [MQTT-4.7.3-4]', () => {
  assertMatches('Sport/+', ['Sport/a'], ['sport/a', 'SPORT/a'])
  assertMatches('a//+', ['a//b'], ['a/b', 'a///b'])
  assertMatches('\u00e9/+', ['\u00e9/a'], ['e\u0301/a'])
  assertMatches(' a /+', [' a /b'], ['a/b', ' a/b'])
  assertMatches('./../+', ['./../b'], ['+/b', 'b'])
})

test('all filters that match are found, each once', () => {
  const filters = ['#', '+/#', 'a/#', 'a/+', '+/+', '+/b', 'a/b/#', 'a/+/#', 'b/+', 'a/b/+']
  const trie = trieOf(...filters)
  const expected = ['#', '+/#', 'a/#', 'a/+', '+/+', '+/b', 'a/b/#', 'a/+/#'].sort()
  assert.deepEqual(matching(trie, 'a/b'), expected)
})

test('a filter has one route until it is removed', () => {
  const trie = trieOf('a/+/b', 'a/#')
  const route = trie.obtain('a/+/b')
  assert.equal(trie.obtain('a/+/b'), route)
  assert.equal(trie.find('a/+/b'), route)
  assert.equal(trie.find('a/+'), undefined)
  assert.equal(trie.find('a/+/c'), undefined)
  assert.equal(trie.find('+/#'), undefined)
  trie.remove(route)
  assert.equal(trie.find('a/+/b'), undefined)
  assert.throws(() => trie.remove(route))
  assert.deepEqual(
    Array.from(trie, ({ filter }) => filter),
    ['a/#'],
  )
})

test('branches without routes are removed, and their nodes used again', () => {
  const filter = fc
    .array(fc.constantFrom('', 'a', 'b', 'c', '+', '$x'), { minLength: 1, maxLength: 5 })
    .map((levels) => `${levels.join('/')}/#`)
  fc.assert(
    fc.property(
      fc.array(fc.tuple(filter, fc.boolean()), { maxLength: 80, size: 'max' }),
      (steps) => {
        const trie = new TopicTrie()
        const present = new Set<string>()
        let nodesMost = 0
        for (const [name, add] of steps) {
          const route = trie.find(name)
          assert.equal(route !== undefined, present.has(name))
          if (add) {
            trie.obtain(name)
            present.add(name)
          } else if (route !== undefined) {
            trie.remove(route)
            present.delete(name)
          }
          assert.equal(trie.nodes.count, branches(present).size)
          assert.equal(trie.routeCount, present.size)
          nodesMost = Math.max(nodesMost, trie.nodes.count)
        }
        assert.ok(
          trie.nodes.end <= nodesMost + 2,
          'no more nodes were made than were needed at once',
        )
        for (const route of Array.from(trie)) trie.remove(route)
        assert.equal(trie.nodes.count + trie.levels.count + trie.edges.count, 0)
      },
    ),
    { numRuns: 100 },
  )
})

/** Every beginning of a filter that is a node of its own. */
function branches(filters: ReadonlySet<string>): ReadonlySet<string> {
  const found = new Set<string>()
  for (const filter of filters) {
    const levels = filter.slice(0, -2).split('/')
    for (let length = 1; length <= levels.length; length++) {
      found.add(levels.slice(0, length).join('/'))
    }
  }
  return found
}

test('filters and topics of 65,536 levels are handled without recursion', () => {
  const slashes = '/'.repeat(65_535)
  const pluses = '+/'.repeat(32_767)
  const trie = trieOf(`${slashes}#`, `${pluses}+`, `${pluses}#`, '#')
  assert.deepEqual(matching(trie, slashes), [`${slashes}#`, '#', `${pluses}#`].sort())
  assert.deepEqual(matching(trie, `x${slashes.slice(0, 32_767)}`), [
    '#',
    `${pluses}#`,
    `${pluses}+`,
  ])
  for (const route of Array.from(trie)) trie.remove(route)
  assert.equal(trie.nodes.count, 0)
})

test('filters by the thousand share levels and are all found again', () => {
  const trie = new TopicTrie()
  const filters = Array.from({ length: 20_000 }, (_, i) => `site/${i % 100}/device-${i}/+/#`)
  for (const filter of filters) trie.obtain(filter)
  assert.equal(trie.routeCount, 20_000)
  for (let i = 0; i < 20_000; i += 997) {
    const topic = `site/${i % 100}/device-${i}/a/b`
    assert.deepEqual(matching(trie, topic), [filters[i]])
  }
  for (const filter of filters) trie.remove(trie.obtain(filter))
  assert.equal(trie.nodes.count + trie.levels.count, 0)
})
