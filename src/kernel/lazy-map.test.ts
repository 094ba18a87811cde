import assert from 'node:assert/strict'
import { test } from 'node:test'
import { LazyMap, LazySet } from './lazy-map.ts'

test('an empty map answers like one and has no memory for entries', () => {
  const map = new LazyMap<string, number>()
  assert.equal(map.get('a'), undefined)
  assert.equal(map.has('a'), false)
  assert.equal(map.delete('a'), false)
  assert.equal(map.size, 0)
  assert.deepEqual([...map.keys(), ...map.values(), ...map.entries()], [])
  assert.equal(map.map, undefined)
})

test('entries come back in the order they were first set', () => {
  const map = new LazyMap<string, number>()
  map.set('b', 1)
  map.set('a', 2)
  map.set('b', 3)
  assert.deepEqual(
    [...map.entries()],
    [
      ['b', 3],
      ['a', 2],
    ],
  )
  assert.deepEqual([...map.keys()], ['b', 'a'])
  assert.deepEqual([...map.values()], [3, 2])
  assert.equal(map.size, 2)
  assert.equal(map.get('b'), 3)
  assert.equal(map.delete('b'), true)
  assert.equal(map.has('b'), false)
  map.clear()
  assert.equal(map.size, 0)
  assert.deepEqual([...map.values()], [])
})

test('a set holds each value once', () => {
  const set = new LazySet<number>()
  assert.equal(set.has(1), false)
  assert.equal(set.delete(1), false)
  assert.deepEqual([...set.values()], [])
  set.add(2)
  set.add(1)
  set.add(2)
  assert.equal(set.size, 2)
  assert.deepEqual([...set.values()], [2, 1])
  assert.equal(set.delete(2), true)
  assert.equal(set.has(2), false)
})
