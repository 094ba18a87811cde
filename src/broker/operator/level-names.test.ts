import assert from 'node:assert/strict'
import { test } from 'node:test'
import { LevelNames } from './level-names.ts'

test('the first levels are found in any order, however many there are', () => {
  const names = new LevelNames({ parent: 'p', after: '0005', limit: 3 })
  for (let number = 999; number >= 0; number--) {
    const level = names.level(`p/${String(number).padStart(4, '0')}/x`)
    if (level !== undefined) level.topics++
  }
  assert.equal(names.level('other/0006'), undefined)
  assert.deepEqual(
    names.views().map(({ name, topics, isDeeper }) => [name, topics, isDeeper]),
    [
      ['0006', 1, true],
      ['0007', 1, true],
      ['0008', 1, true],
    ],
  )
})
