import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isFailure } from '#codec/mqtt/decode-failure.ts'
import { ReasonCode } from '#codec/mqtt/reason-codes.ts'
import { delayedPrefixLength, parseDelayedTopic } from './delayed-topic.ts'

const NOW_MS = 1_700_000_000_500

test('small numbers are seconds from now, large ones seconds since the epoch', () => {
  const expected: readonly (readonly [text: string, topic: string, dueAtMs: number])[] = [
    ['$delayed/15/a/b', 'a/b', NOW_MS + 15_000],
    ['$delayed/0/a', 'a', NOW_MS],
    ['$delayed/4294966/a', 'a', NOW_MS + 4_294_966_000],
    ['$delayed/1700000100//a', '/a', 1_700_000_100_000],
    ['$delayed/4294967/a', 'a', 4_294_967_000],
    ['$delayed/1/$SYS/x', '$SYS/x', NOW_MS + 1_000],
  ]
  for (const [text, topic, dueAtMs] of expected) {
    assert.deepEqual(parseDelayedTopic(text, NOW_MS, 128), { topic, dueAtMs })
  }
})

test('without a number, a valid topic or a sensible time the topic name is invalid', () => {
  const invalid = [
    '$delayed/',
    '$delayed/5',
    '$delayed/5/',
    '$delayed//a',
    '$delayed/x/a',
    '$delayed/-5/a',
    '$delayed/1.5/a',
    '$delayed/1e3/a',
    '$delayed/5/a/+',
    '$delayed/5/$delayed/5/a',
    '$delayed/1705000000/a',
    `$delayed/${'9'.repeat(30)}/a`,
    `$delayed/5/${'a/'.repeat(128)}`,
  ]
  for (const text of invalid) {
    const target = parseDelayedTopic(text, NOW_MS, 128)
    assert.ok(isFailure(target), text)
    assert.equal(target.reason, ReasonCode.TOPIC_NAME_INVALID, text)
  }
})

test('the prefix ends before the topic', () => {
  assert.equal(delayedPrefixLength('$delayed/5/a/b'), '$delayed/5/'.length)
  assert.equal(delayedPrefixLength('$delayed/5'), '$delayed/'.length)
})
