import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { AuthenticateResult } from '#broker/ports.ts'
import { connectRequest, namedRequest } from '../../../test/support/access-request.ts'
import { FailurePause } from './failure-pause.ts'
import { ResultCache } from './result-cache.ts'

const ACCEPTED: AuthenticateResult = { allowed: true, isSuperuser: false }
const WRONG: AuthenticateResult = { allowed: false, reason: 0x86, reasonString: 'wrong' }
const BUSY: AuthenticateResult = { allowed: false, reason: 0x89, reasonString: 'busy' }

describe('pauses after failures', () => {
  const settings = { freeAttempts: 3, firstPauseMs: 100, longestPauseMs: 1000 }
  const ada = namedRequest('ada', 'x')
  const make = () => {
    const clock = { ms: 1000 }
    const pause = new FailurePause(settings, () => clock.ms)
    const fail = (times: number) => {
      for (let time = 0; time < times; time++) pause.note(ada, WRONG)
    }
    return { clock, pause, fail }
  }

  test('begin after the free attempts and double', () => {
    const { clock, pause, fail } = make()
    fail(2)
    assert.equal(pause.refusal(ada), undefined)
    for (const pauseMs of [100, 200, 400, 800, 1000, 1000]) {
      fail(1)
      clock.ms += pauseMs - 1
      assert.equal(pause.refusal(ada)?.reason, 0x86)
      clock.ms += 1
      assert.equal(pause.refusal(ada), undefined)
    }
    assert.equal(pause.refused, 6)
  })

  test('concern one user at one address', () => {
    const { pause, fail } = make()
    fail(10)
    assert.ok(pause.refusal(ada))
    assert.equal(pause.refusal(namedRequest('bob', 'x')), undefined)
    const wire = { ...ada.wire, peerHost: '192.0.2.2' }
    assert.equal(pause.refusal(namedRequest('ada', 'x', { wire })), undefined)
    for (let time = 0; time < 9; time++) pause.note(connectRequest({ clientId: 'n' }), WRONG)
    assert.ok(pause.refusal(connectRequest({ clientId: 'n' })))
    assert.equal(pause.refusal(connectRequest({ clientId: 'm' })), undefined)
  })

  test('end with a success, and with time', () => {
    const { clock, pause, fail } = make()
    fail(3)
    pause.note(ada, ACCEPTED)
    assert.equal(pause.size, 0)
    fail(2)
    clock.ms += 1001
    fail(1)
    assert.equal(pause.refusal(ada), undefined)
  })

  test('are not for what the client cannot help', () => {
    const { pause } = make()
    for (let time = 0; time < 10; time++) pause.note(ada, BUSY)
    assert.equal(pause.refusal(ada), undefined)
  })

  test('are remembered for so many pairs only', () => {
    const { pause, fail } = make()
    fail(10)
    for (let name = 0; name < 20_000; name++) pause.note(namedRequest(`n${name}`, 'x'), WRONG)
    assert.equal(pause.size, 20_000)
    assert.equal(pause.refusal(ada), undefined, 'the oldest is forgotten')
  })
})

describe('the cache of results', () => {
  const make = () => {
    const clock = { ms: 1000 }
    const settings = { lifetimeMs: 100, entriesMax: 2 }
    return { clock, cache: new ResultCache(settings, Buffer.alloc(32), () => clock.ms) }
  }
  const keyOf = (cache: ResultCache, name: string, password: string) =>
    cache.keyOf(namedRequest(name, password)) ?? ''

  test('remembers acceptance for its time, for the same client and password', () => {
    const { clock, cache } = make()
    const key = keyOf(cache, 'ada', 'x')
    cache.put(key, ACCEPTED)
    assert.equal(cache.get(key), ACCEPTED)
    assert.equal(cache.get(keyOf(cache, 'ada', 'y')), undefined)
    assert.equal(cache.get(keyOf(cache, 'adax', '')), undefined)
    const elsewhere = { ...connectRequest().wire, listener: 'tcp:other' }
    const other = cache.keyOf(namedRequest('ada', 'x', { wire: elsewhere })) ?? ''
    assert.equal(cache.get(other), undefined)
    clock.ms += 100
    assert.equal(cache.get(key), undefined)
    assert.deepEqual([cache.hits, cache.misses, cache.size], [1, 4, 0])
  })

  test('remembers no refusal, and nothing beyond the end of credentials', () => {
    const { clock, cache } = make()
    cache.put('a', WRONG)
    assert.equal(cache.size, 0)
    cache.put('a', { allowed: true, isSuperuser: false, expiresAtMs: 1050 })
    assert.ok(cache.get('a'))
    clock.ms += 50
    assert.equal(cache.get('a'), undefined)
  })

  test('holds so many at most, the latest of them', () => {
    const { cache } = make()
    for (const key of ['a', 'b', 'c']) cache.put(key, ACCEPTED)
    assert.equal(cache.size, 2)
    assert.equal(cache.get('a'), undefined)
    assert.ok(cache.get('b') && cache.get('c'))
  })

  test('keeps no password, and leaves exchanges alone', () => {
    const { cache } = make()
    assert.ok(!keyOf(cache, 'ada', 'pepper').includes('pepper'))
    assert.equal(cache.keyOf(connectRequest({ method: 'SCRAM-SHA-256' })), undefined)
  })
})
