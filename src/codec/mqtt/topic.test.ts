import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isFailure } from './decode-failure.ts'
import {
  isSharedFilter,
  parseSharedFilter,
  validateTopicFilter,
  validateTopicFilterText,
  validateTopicName,
  validateTopicNameText,
} from './topic.ts'

/** Reason and tag of a topic name, judged as text and as bytes inside a larger buffer. */
function judgeName(topic: string, levelsMax?: number): string {
  const bytes = Buffer.from(`#${topic}+`)
  const fromBytes = validateTopicName(bytes, 1, bytes.length - 1, levelsMax)
  const fromText = validateTopicNameText(topic, levelsMax)
  assert.equal(fromBytes, fromText, topic)
  return fromText === undefined ? 'fine' : `${fromText.reason.toString(16)} ${fromText.tag}`.trim()
}

function judgeFilter(filter: string, levelsMax?: number): string {
  const bytes = Buffer.from(`a${filter}a`)
  const fromBytes = validateTopicFilter(bytes, 1, bytes.length - 1, levelsMax)
  const fromText = validateTopicFilterText(filter, levelsMax)
  assert.equal(fromBytes, fromText, filter)
  return fromText === undefined ? 'fine' : `${fromText.reason.toString(16)} ${fromText.tag}`.trim()
}

test('topic names of every shape', () => {
  for (const topic of ['a', '/', '//', '/a', 'a/', 'a//b', ' ', '$SYS/x', '$share/g/a', '厂/é']) {
    assert.equal(judgeName(topic), 'fine', topic)
  }
})

test('[MQTT-3.3.2-2] [MQTT-4.7.0-1] [MQTT311-4.7.1-1] a name has no wildcard', () => {
  for (const topic of ['#', '+', 'a/#', 'a/+/b', 'a#', '+a']) {
    assert.equal(judgeName(topic), '90 [MQTT-3.3.2-2]', topic)
  }
})

test('[MQTT-4.7.3-1] names and filters are not empty', () => {
  assert.equal(judgeName(''), '90 [MQTT-4.7.3-1]')
  assert.equal(judgeFilter(''), '8f [MQTT-4.7.3-1]')
})

test('[MQTT-4.7.3-2] names and filters have no U+0000', () => {
  assert.equal(judgeName('a\0'), '81 [MQTT-1.5.4-2]')
  assert.equal(judgeFilter('a/\0/#'), '81 [MQTT-1.5.4-2]')
})

test('[MQTT-1.5.4-1] ill-formed bytes and lone surrogates are refused', () => {
  const bytes = Buffer.from([0x61, 0xff])
  assert.equal(validateTopicName(bytes, 0, 2)?.tag, '[MQTT-1.5.4-1]')
  assert.equal(validateTopicFilter(bytes, 0, 2)?.tag, '[MQTT-1.5.4-1]')
  assert.equal(validateTopicNameText('a\uD800')?.tag, '[MQTT-1.5.4-1]')
  assert.equal(validateTopicFilterText('\uDC00')?.tag, '[MQTT-1.5.4-1]')
  const both = Buffer.from([0x00, 0xff])
  assert.equal(validateTopicName(both, 0, 2)?.tag, '[MQTT-1.5.4-1]')
})

test('[MQTT-4.7.3-3] names and filters take at most 65535 bytes', () => {
  const longest = 'é'.repeat(32_767) + 'a'
  assert.equal(judgeName(longest), 'fine')
  assert.equal(judgeFilter(longest), 'fine')
  assert.equal(validateTopicNameText(`${longest}a`)?.tag, '[MQTT-4.7.3-3]')
  assert.equal(validateTopicFilterText(`${longest}a`)?.tag, '[MQTT-4.7.3-3]')
})

test('[MQTT-4.7.1-1] [MQTT311-4.7.1-2] # is the whole last level', () => {
  for (const filter of ['#', '/#', 'a/#', '+/#', '$SYS/#']) {
    assert.equal(judgeFilter(filter), 'fine', filter)
  }
  for (const filter of ['a#', '#/', '#/a', 'a/#/b', 'a/b#', '##', '#a', 'a/#b']) {
    assert.equal(judgeFilter(filter), '8f [MQTT-4.7.1-1]', filter)
  }
})

test('[MQTT-4.7.1-2] [MQTT311-4.7.1-3] + is a whole level anywhere', () => {
  for (const filter of ['+', '+/', '/+', '+/+', 'a/+/b', '+/a/+', '+/#']) {
    assert.equal(judgeFilter(filter), 'fine', filter)
  }
  for (const filter of ['a+', '+a', 'a/+b', 'a/b+/c', '++', '+#']) {
    assert.equal(judgeFilter(filter), '8f [MQTT-4.7.1-2]', filter)
  }
})

test('[MQTT-4.8.2-1] the group of a shared subscription is not empty', () => {
  for (const filter of ['$share/', '$share//', '$share//a']) {
    assert.equal(judgeFilter(filter), '8f [MQTT-4.8.2-1]', filter)
    assert.equal((parseSharedFilter(filter) as { tag: string }).tag, '[MQTT-4.8.2-1]')
  }
})

test('[MQTT-4.8.2-2] the group has no wildcard and a filter follows it', () => {
  for (const filter of ['$share/+/a', '$share/g#/a', '$share/a+b', '$share/g', '$share/g/']) {
    assert.equal(judgeFilter(filter), '8f [MQTT-4.8.2-2]', filter)
    assert.equal((parseSharedFilter(filter) as { tag: string }).tag, '[MQTT-4.8.2-2]')
  }
})

test('the filter of a shared subscription keeps its own rules', () => {
  assert.equal(judgeFilter('$share/g/#'), 'fine')
  assert.equal(judgeFilter('$share/g//'), 'fine')
  assert.equal(judgeFilter('$share/g/a#'), '8f [MQTT-4.7.1-1]')
  assert.equal(judgeFilter('$share/g/+a'), '8f [MQTT-4.7.1-2]')
  assert.equal(judgeFilter('$share'), 'fine')
  assert.equal(judgeFilter('$shared/a'), 'fine')
  assert.equal(judgeFilter('a/$share//'), 'fine')
})

test('shared filters are split into group and filter', () => {
  assert.deepEqual(parseSharedFilter('$share/g/a/b'), { group: 'g', filter: 'a/b' })
  assert.deepEqual(parseSharedFilter('$share/工//'), { group: '工', filter: '/' })
  assert.ok(isFailure(parseSharedFilter('$share/g')))
  assert.equal(isSharedFilter('$share/'), true)
  assert.equal(isSharedFilter('$share'), false)
  assert.equal(isSharedFilter('$SHARE/g/a'), false)
})

test('levels are counted up to a limit, in shared subscriptions without the prefix', () => {
  assert.equal(judgeName('a/b/c', 3), 'fine')
  assert.equal(judgeName('a/b/c/', 3), '90')
  assert.equal(judgeFilter('a/+/#', 3), 'fine')
  assert.equal(judgeFilter('a/b/c/#', 3), '8f')
  assert.equal(judgeFilter('$share/g/a/b/c', 3), 'fine')
  assert.equal(judgeFilter('$share/g/a/b/c/d', 3), '8f')
})
