import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ExclusiveRegistry } from './exclusive.ts'

test('a topic has one holder until it gives it back', () => {
  const registry = new ExclusiveRegistry()
  assert.ok(registry.acquire('t', 'first'))
  assert.ok(registry.acquire('t', 'first'))
  assert.ok(!registry.acquire('t', 'second'))
  assert.equal(registry.holderOf('t'), 'first')
  assert.ok(!registry.release('t', 'second'))
  assert.ok(registry.release('t', 'first'))
  assert.ok(!registry.release('t', 'first'))
  assert.ok(registry.acquire('t', 'second'))
  assert.deepEqual([...registry.entries()], [['t', 'second']])
})

test('a full registry refuses until a topic is given back', () => {
  const registry = new ExclusiveRegistry(2)
  registry.acquire('a', 'c')
  registry.acquire('b', 'c')
  assert.ok(!registry.acquire('d', 'other'))
  registry.release('a', 'c')
  assert.equal(registry.size, 1)
  assert.ok(registry.acquire('d', 'other'))
})
