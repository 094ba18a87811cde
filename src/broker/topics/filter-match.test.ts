import assert from 'node:assert/strict'
import { test } from 'node:test'
import { hasWildcard, matchesFilter } from './filter-match.ts'

const MATCHING: readonly (readonly [filter: string, topic: string])[] = [
  ['a', 'a'],
  ['a/b', 'a/b'],
  ['+', 'a'],
  ['a/+', 'a/'],
  ['/+', '/a'],
  ['+/+', '/a'],
  ['#', 'a/b/c'],
  ['#', '/'],
  ['a/#', 'a'],
  ['a/#', 'a/'],
  ['a/#', 'a/b/c'],
  ['a/+/#', 'a/b'],
  ['a//b', 'a//b'],
  ['$SYS/#', '$SYS/x'],
  ['$SYS/+', '$SYS/x'],
  ['x/#', 'x/+/y'],
  ['x/+', 'x/#'],
]

const DIFFERENT: readonly (readonly [filter: string, topic: string])[] = [
  ['a', 'b'],
  ['a', 'a/'],
  ['a', 'aa'],
  ['a/+', 'a'],
  ['+', '/a'],
  ['+', 'a/b'],
  ['a/#', 'ab'],
  ['a/+/c', 'a/b/d'],
  ['a/b/+/#', 'a/b'],
  ['x/y', 'x/+'],
]

test('a filter matches the topics of MQTT 5 section 4.7 [MQTT-4.7.1-1] [MQTT-4.7.1-2]', () => {
  for (const [filter, topic] of MATCHING)
    assert.ok(matchesFilter(filter, topic), `${filter} ${topic}`)
  for (const [filter, topic] of DIFFERENT) {
    assert.ok(!matchesFilter(filter, topic), `${filter} ${topic}`)
  }
})

test('a leading wildcard does not match a topic that starts with $ [MQTT-4.7.2-1]', () => {
  for (const filter of ['#', '+', '+/x', '+/#']) assert.ok(!matchesFilter(filter, '$SYS/x'))
  assert.ok(!matchesFilter('+', '$SYS'))
  assert.ok(matchesFilter('a/+', 'a/$x'))
})

test('a filter with + or # has a wildcard', () => {
  assert.ok(hasWildcard('a/+'))
  assert.ok(hasWildcard('#'))
  assert.ok(!hasWildcard('a/b'))
})
