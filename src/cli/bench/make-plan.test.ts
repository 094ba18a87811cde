import assert from 'node:assert/strict'
import { test } from 'node:test'
import { makePlan, OptionError } from './make-plan.ts'

function refused(...[mode, options]: Parameters<typeof makePlan>): RegExp | string {
  try {
    makePlan(mode, options)
  } catch (error) {
    assert.ok(error instanceof OptionError)
    return error.message
  }
  return 'accepted'
}

test('every mode has a complete plan without options', () => {
  const facts = (['conn', 'pub', 'sub', 'pair', 'fanin', 'fanout', 'shared'] as const).map(
    (mode) => {
      const { publishers, subscribers, filter, copies, tracking } = makePlan(mode, {})
      return [mode, publishers, subscribers, filter, copies, tracking]
    },
  )
  assert.deepEqual(facts, [
    ['conn', 1000, 0, '', 0, 'none'],
    ['pub', 100, 0, '', 0, 'none'],
    ['sub', 0, 100, 'bench/#', 0, 'none'],
    ['pair', 100, 100, 'bench/%i/data', 1, 'order'],
    ['fanin', 100, 1, 'bench/in/+', 1, 'order'],
    ['fanout', 1, 100, 'bench/out', 100, 'order'],
    ['shared', 100, 20, '$share/bench/bench/in/+', 1, 'once'],
  ])
  const retained = makePlan('retained', {})
  assert.deepEqual([retained.topics, retained.messagesMax, retained.qos], [10_000, 10_000, 1])
})

test('the port follows the transport', () => {
  assert.equal(makePlan('pub', {}).target.port, 1883)
  assert.equal(makePlan('pub', { tls: true }).target.port, 8883)
  assert.equal(makePlan('pub', { ws: true }).target.port, 8083)
  assert.equal(makePlan('pub', { ws: '/mqtt', tls: true }).target.port, 8084)
  assert.equal(makePlan('pub', { port: 7000, tls: true }).target.port, 7000)
})

test('an interval of each publisher becomes a rate of all', () => {
  assert.equal(makePlan('pub', { clients: 50, interval: 10 }).ratePerSecond, 5000)
  assert.equal(makePlan('pub', { rate: 300 }).ratePerSecond, 300)
  assert.match(String(refused('pub', { rate: 300, interval: 10 })), /exclude each other/)
})

test('random topics are tracked over all receivers', () => {
  const plan = makePlan('pair', { topic: 'w/{r}/x', filter: 'w/%i/+', filters: 10, topics: 500 })
  const { tracking, copies, topics, filter, filtersEach } = plan
  assert.deepEqual(
    { tracking, copies, topics, filter, filtersEach },
    { tracking: 'once', copies: 1, topics: 500, filter: 'w/%i/+', filtersEach: 10 },
  )
})

test('a duration of 0 has no end', () => {
  assert.equal(makePlan('sub', { duration: 0 }).durationMs, Infinity)
})

test('options that do not go together are refused with the reason', () => {
  assert.match(String(refused('pair', { publishers: 3, subscribers: 4 })), /multiple/)
  assert.match(String(refused('pub', { cafile: 'x' })), /without --tls/)
  assert.match(String(refused('pub', { tls: true, cafile: '/does/not/exist' })), /ENOENT/)
  assert.match(String(refused('pub', { tls: true, cert: 'x' })), /belong together/)
  assert.match(String(refused('pub', { password: 'x' })), /needs --username/)
  assert.match(String(refused('sub', { clean: false })), /needs --prefix/)
  assert.match(String(refused('pub', { topics: 5 })), /needs a topic with/)
  assert.match(String(refused('pub', { topic: '{s}/%i' })), /do not go with/)
  assert.match(String(refused('pub', { topic: '{s}/{r}' })), /do not go together/)
  assert.match(String(refused('retained', { topic: 'a' })), /differ from message to message/)
  assert.match(String(refused('pair', { filters: 2 })), /--filters is for sub/)
  assert.match(
    String(refused('fanin', { publishers: 100_000, subscribers: 100_000 })),
    /too many to follow/,
  )
})
