import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isFailure } from '#codec/mqtt/decode-failure.ts'
import { ReasonCode } from '#codec/mqtt/reason-codes.ts'
import { joinSubscription, parseSubscription, splitSubscription } from './special-topic.ts'

const ALL_ON = {
  wildcardSubscription: true,
  sharedSubscription: true,
  exclusiveSubscription: true,
  topicLevelsMax: 128,
}

function reasonOf(filter: string, switches = ALL_ON): number | undefined {
  const target = parseSubscription(filter, switches)
  return isFailure(target) ? target.reason : undefined
}

test('filters are taken apart by their prefix and put together again', () => {
  const expected = {
    'a/+/#': { kind: 'ordinary', group: '', filter: 'a/+/#' },
    '$SYS/#': { kind: 'ordinary', group: '', filter: '$SYS/#' },
    '$share/g/a/+': { kind: 'shared', group: 'g', filter: 'a/+' },
    '$share/g//a': { kind: 'shared', group: 'g', filter: '/a' },
    '$queue/a/b': { kind: 'queue', group: '$queue', filter: 'a/b' },
    '$exclusive/a/b': { kind: 'exclusive', group: '', filter: 'a/b' },
  } as const
  for (const [text, target] of Object.entries(expected)) {
    assert.deepEqual(parseSubscription(text, ALL_ON), target)
    assert.deepEqual(splitSubscription(text), target)
    assert.equal(joinSubscription(target), text)
  }
})

test('a shared subscription needs a group name and a filter [MQTT-4.8.2-1] [MQTT-4.8.2-2]', () => {
  for (const filter of [
    '$share/',
    '$share/g',
    '$share/g/',
    '$share//a',
    '$share/+/a',
    '$share/#',
  ]) {
    assert.equal(reasonOf(filter), ReasonCode.TOPIC_FILTER_INVALID, filter)
  }
})

test('invalid filters, empty ones and special prefixes inside others are refused', () => {
  const invalid = [
    '',
    'a/#/b',
    'a+',
    '$queue/',
    '$exclusive/',
    '$share/g/$queue/a',
    '$share/g/$share/h/a',
    '$queue/$exclusive/a',
    '$exclusive/$share/g/a',
    '$share/$queue/a',
    'a/'.repeat(128),
  ]
  for (const filter of invalid) {
    assert.equal(reasonOf(filter), ReasonCode.TOPIC_FILTER_INVALID, filter)
  }
  // An UNSUBSCRIBE of a malformed one names a subscription that nobody has.
  assert.deepEqual(splitSubscription('$share/g'), {
    kind: 'ordinary',
    group: '',
    filter: '$share/g',
  })
})

test('what is switched off has its own reason code', () => {
  const noShare = { ...ALL_ON, sharedSubscription: false }
  const refused = ReasonCode.SHARED_SUBSCRIPTIONS_NOT_SUPPORTED
  assert.equal(reasonOf('$share/g/a', noShare), refused)
  assert.equal(reasonOf('$queue/a', noShare), refused)
  assert.equal(reasonOf('a', noShare), undefined)
  const noWildcard = { ...ALL_ON, wildcardSubscription: false }
  for (const filter of ['a/+', '#', '$share/g/+/b', '$queue/a/#']) {
    assert.equal(reasonOf(filter, noWildcard), ReasonCode.WILDCARD_SUBSCRIPTIONS_NOT_SUPPORTED)
  }
  assert.equal(reasonOf('a/b', noWildcard), undefined)
  const noExclusive = { ...ALL_ON, exclusiveSubscription: false }
  assert.equal(reasonOf('$exclusive/a', noExclusive), ReasonCode.TOPIC_FILTER_INVALID)
})
