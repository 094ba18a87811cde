import assert from 'node:assert/strict'
import { test } from 'node:test'
import { LevelTable, UNKNOWN_LEVEL } from './level-table.ts'

test('a level keeps its number as long as it is used', () => {
  const levels = new LevelTable()
  assert.equal(levels.find('a'), UNKNOWN_LEVEL)
  const number = levels.use('a')
  assert.equal(levels.use('a'), number)
  levels.release(number)
  assert.equal(levels.find('a'), number)
  levels.release(number)
  assert.equal(levels.find('a'), UNKNOWN_LEVEL)
  assert.equal(levels.count, 0)
})

test('numbers are given again, never to two levels at once', () => {
  const levels = new LevelTable()
  const [a, b] = [levels.use('a'), levels.use('')]
  assert.notEqual(a, b)
  levels.release(a)
  assert.equal(levels.use('c'), a)
  assert.equal(levels.find(''), b)
  assert.equal(levels.find('c'), a)
})

test('long levels and such that are not well-formed are found again and released', () => {
  const levels = new LevelTable()
  for (const level of [
    'a long level of a filter',
    'Größe in Millimeter',
    'lone \ud800 surrogate',
  ]) {
    const number = levels.use(level)
    assert.equal(levels.find(level), number)
    levels.release(number)
    assert.equal(levels.find(level), UNKNOWN_LEVEL)
  }
})
