import assert from 'node:assert/strict'
import { test } from 'node:test'
import { AUTO_SUBSCRIBE_MAX, AutoSubscriber } from './auto-subscribe.ts'

const SWITCHES = {
  wildcardSubscription: true,
  sharedSubscription: true,
  exclusiveSubscription: false,
  topicLevelsMax: 128,
}
const PLAIN = { qos: 0, noLocal: false, retainAsPublished: false, retainHandling: 0 } as const
const CLIENT = { clientId: 'c1', username: 'ada', host: '192.0.2.7', port: 5001 }

test('each client gets the configured subscriptions with its own values', () => {
  const subscriber = new AutoSubscriber([
    { ...PLAIN, topic: 'device/${clientid}/${username}/#', qos: 1, retainHandling: 2 },
    { ...PLAIN, topic: 'net/${host}/${port}', noLocal: true },
  ])
  assert.equal(subscriber.size, 2)
  assert.deepEqual(subscriber.subscriptionsFor(CLIENT, SWITCHES), [
    { ...PLAIN, filter: 'device/c1/ada/#', qos: 1, retainHandling: 2 },
    { ...PLAIN, filter: 'net/192.0.2.7/5001', noLocal: true },
  ])
})

test('left out is what the client has no safe value for, what is invalid or switched off', () => {
  const subscriber = new AutoSubscriber([
    { ...PLAIN, topic: 'u/${username}' },
    { ...PLAIN, topic: 'c/${clientid}' },
    { ...PLAIN, topic: 'a/#/b' },
    { ...PLAIN, topic: '$exclusive/a' },
    { ...PLAIN, topic: '$share/g/a', noLocal: true },
    { ...PLAIN, topic: '$share/g/b' },
  ])
  const client = { clientId: '+', username: undefined }
  const filters = subscriber.subscriptionsFor(client, SWITCHES).map(({ filter }) => filter)
  assert.deepEqual(filters, ['$share/g/b'])
})

test('too many topics and unknown placeholders are refused', () => {
  const many = Array.from({ length: AUTO_SUBSCRIBE_MAX + 1 }, () => ({ ...PLAIN, topic: 'a' }))
  assert.throws(() => new AutoSubscriber(many), /31 auto-subscribe topics/u)
  const unknown = [{ ...PLAIN, topic: 'a/${password}' }]
  assert.throws(() => new AutoSubscriber(unknown), /unknown placeholder \$\{password\}/u)
})
