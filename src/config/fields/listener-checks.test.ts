import { test } from 'node:test'
import assert from 'node:assert/strict'
import { parseAccessRule, parseBind } from './listener-checks.ts'

test('an address to listen on', () => {
  assert.deepEqual(parseBind('0.0.0.0:1883'), { host: '0.0.0.0', port: 1883 })
  assert.deepEqual(parseBind('1883'), { host: '0.0.0.0', port: 1883 })
  assert.deepEqual(parseBind(':1883'), { host: '0.0.0.0', port: 1883 })
  assert.deepEqual(parseBind('[::]:1883'), { host: '::', port: 1883 })
  assert.deepEqual(parseBind('[fe80::1%eth0]:0'), { host: 'fe80::1%eth0', port: 0 })
  assert.deepEqual(parseBind('broker.local:1883'), { host: 'broker.local', port: 1883 })
  for (const wrong of [
    '',
    'x',
    '1.2.3:1',
    '1.2.3.400:1',
    '[x]:1',
    '1:2:3',
    '::1',
    '65536',
    'a b:1',
  ]) {
    assert.equal(parseBind(wrong), undefined, wrong)
  }
})

test('an access rule', () => {
  assert.deepEqual(parseAccessRule('allow all'), { permission: 'allow' })
  assert.deepEqual(parseAccessRule('deny 10.0.0.0/8'), {
    permission: 'deny',
    address: '10.0.0.0',
    prefixBits: 8,
  })
  assert.equal(parseAccessRule('allow 127.0.0.1')?.prefixBits, 32)
  assert.equal(parseAccessRule('allow ::1')?.prefixBits, 128)
  assert.equal(parseAccessRule('deny fd00::/8')?.prefixBits, 8)
  for (const wrong of [
    'all',
    'permit all',
    'deny 10.0.0.0/33',
    'deny x',
    'deny 1.2.3.4/a',
    'deny ::/129',
  ]) {
    assert.equal(parseAccessRule(wrong), undefined, wrong)
  }
})
