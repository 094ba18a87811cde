import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { matchesFilter } from '#broker/topics/filter-match.ts'
import { coversFilter } from './topic-pattern.ts'

const level = fc.constantFrom('a', 'b', '', '$S')
const topic = fc.array(level, { minLength: 1, maxLength: 4 }).map((levels) => levels.join('/'))
const filter = fc
  .tuple(
    fc.array(fc.constantFrom('a', 'b', '', '$S', '+'), { maxLength: 3 }),
    fc.constantFrom('#', '+', 'a', undefined),
  )
  .map(([levels, last]) => (last === undefined ? levels : [...levels, last]).join('/'))
  .filter((text) => text !== '')

test('a filter that covers another one matches every topic that the other one matches', () => {
  fc.assert(
    fc.property(filter, filter, topic, (rule, asked, name) => {
      if (!coversFilter(rule, asked) || !matchesFilter(asked, name)) return
      assert.ok(matchesFilter(rule, name), `${rule} covers ${asked}, and not ${name}`)
    }),
    { numRuns: 20_000 },
  )
})

test('a filter covers itself, and what is inside it', () => {
  fc.assert(fc.property(filter, (rule) => assert.ok(coversFilter(rule, rule))))
  for (const [rule, asked] of [
    ['#', 'a/#'],
    ['a/#', 'a'],
    ['a/#', 'a/+/#'],
    ['a/+', 'a/b'],
    ['$SYS/#', '$SYS/a/#'],
  ] as const) {
    assert.ok(coversFilter(rule, asked), `${rule} ${asked}`)
  }
})

test('a level wildcard does not cover all levels', () => {
  for (const [rule, asked] of [
    ['a/+', 'a/#'],
    ['a/+/#', 'a/#'],
    ['+', '#'],
    ['+/#', '#'],
    ['#', '$SYS/#'],
  ] as const) {
    assert.ok(!coversFilter(rule, asked), `${rule} ${asked}`)
  }
})
