import assert from 'node:assert/strict'
import { test } from 'node:test'
import { coveringFilter, parseTopicTemplate } from './topic-template.ts'

const VALUES = { i: 7, s: 123_456, r: 5, c: 'client-7', u: 'alice' }

function rendered(text: string): string {
  return parseTopicTemplate(text).render(VALUES)
}

test('places are filled in', () => {
  assert.equal(rendered('a/%i/%c/%u/%s'), 'a/7/client-7/alice/123456')
  assert.equal(rendered('{i}{s}{r}'), '71234565')
  assert.equal(rendered('plain'), 'plain')
})

test('divisions and remainders go from left to right', () => {
  assert.equal(rendered('site{s/1000%50}/dev{s%1000}'), 'site23/dev456')
  assert.equal(rendered('{s%1000/10}'), '45')
})

test('what is no place stays as it is', () => {
  assert.equal(rendered('100%/{x}/%d'), '100%/{x}/%d')
})

test('a division by zero is refused', () => {
  assert.throws(() => parseTopicTemplate('{s%0}'), RangeError)
})

test('a template knows what it varies by', () => {
  const byMessage = parseTopicTemplate('a/{r}')
  assert.deepEqual([byMessage.variesByMessage, byMessage.variesByClient], [true, false])
  const byClient = parseTopicTemplate('a/%i')
  assert.deepEqual([byClient.variesByMessage, byClient.variesByClient], [false, true])
})

test('the covering filter has + where a level varies', () => {
  assert.equal(coveringFilter('a/%i/b'), 'a/+/b')
  assert.equal(coveringFilter('site{s/10}/x-%c/y'), '+/+/y')
  assert.equal(coveringFilter('plain/topic'), 'plain/topic')
})
